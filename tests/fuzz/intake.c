/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV and JSON to a stream: whatever comes in, and in whatever pieces, what
 * comes out is a whole stream, whose records are as many as were counted and
 * fit to their fields; a failure says which line it is about.  The first byte
 * says the format, the fields, and how long the pieces are.
 */
#include <string.h>

#include "fuzz.h"
#include "intake/intake.h"
#include "stream/stream.h"

static const char *const fields[] = { NULL, "saddr:ip,n:uint,t:time,x",
	"saddr,*", "a:bool,b:list,c:map,d:int,e:bytes" };

struct copy {
	int fd;
};

static int
keep(void *ctx, const unsigned char *p, size_t n, uint64_t records)
{
	struct copy *c = ctx;

	(void)records;
	HOLDS(write(c->fd, p, n) == (ssize_t)n);
	return 0;
}

/* All of the bytes, by pieces.  -1: the reason is in intake_error. */
static int
feed(struct intake *in, const uint8_t *p, size_t n, size_t piece)
{
	unsigned char *room;
	size_t size, i;

	for (i = 0; i < n; i += size) {
		room = intake_room(in, &size);
		HOLDS(size > 0);
		size = size < piece ? size : piece;
		size = size < n - i ? size : n - i;
		memcpy(room, p + i, size);
		if (intake_took(in, size) == -1)
			return -1;
		if (size % 7 == 3 && intake_idle(in) == -1)
			return -1;
	}
	return intake_ended(in);
}

/* What has come out is a stream, and has so many records. */
static void
check(int fd, uint64_t records)
{
	struct stream_item item;
	struct stream_in *in;
	uint64_t n = 0;
	int rc;

	HOLDS(lseek(fd, 0, SEEK_SET) == 0);
	in = stream_in_new(fd, "results");
	HOLDS(in != NULL);
	while ((rc = stream_read(in, &item)) == 1) {
		if (item.what != STREAM_RECORD)
			continue;
		HOLDS(item.nvalues == item.header->nfields);
		n++;
	}
	HOLDS(rc == 0 || stream_error(in)[0] != '\0');
	/* of nothing nothing comes; and what was begun has an end */
	HOLDS(rc == 0 || n == 0);
	HOLDS(n == records);
	stream_in_free(in);
}

static int
fuzz_one(const uint8_t *p, size_t n)
{
	char *argv[] = { (char *)"zmap-in", NULL };
	struct intake_config config = { .argv = argv };
	struct copy copy;
	struct stream_out *out;
	struct intake *in;
	char why[256], path[32];

	if (n == 0)
		return 0;
	config.format = (enum intake_format)(p[0] % 3);
	config.fields = fields[p[0] / 3 % 4];
	config.header_row = !(p[0] & 128);
	copy.fd = fuzz_file(p, 0, path);
	out = stream_out_sink((struct stream_sink){ keep, &copy });
	HOLDS(out != NULL);
	in = intake_open(&config, out, why, sizeof why);
	if (in == NULL) {
		HOLDS(why[0] != '\0');
	} else {
		if (intake_file(in, "fuzz") == -1 ||
		    feed(in, p + 1, n - 1, p[0] & 64 ? 5 : 4096) == -1) {
			HOLDS(intake_error(in)[0] != '\0');
			intake_fail(in);
		}
		HOLDS(stream_flush(out) == 0);
		check(copy.fd, intake_records(in));
		intake_close(in);
	}
	stream_out_free(out);
	close(copy.fd);
	return 0;
}

FUZZ_TARGET(fuzz_one)
