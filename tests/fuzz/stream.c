/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stream reader: whatever comes in, items lie inside the input, their
 * lengths add up, and passing every item on gives the same bytes.
 */
#include <string.h>

#include "fuzz.h"
#include "stream/stream.h"

struct copy {
	const uint8_t *want;
	size_t at;
};

static int
compare(void *ctx, const unsigned char *p, size_t n, uint64_t records)
{
	struct copy *c = ctx;

	(void)records;
	HOLDS(memcmp(c->want + c->at, p, n) == 0);
	c->at += n;
	return 0;
}

static int
fuzz_one(const uint8_t *p, size_t n)
{
	struct copy copy = { .want = p };
	struct stream_item item;
	struct stream_in *in;
	struct stream_out *out;
	size_t total = 0, i;
	char path[32];
	uint64_t number;
	int fd, rc;

	fd = fuzz_file(p, n, path);
	in = stream_in_new(fd, NULL);
	out = stream_out_sink((struct stream_sink){ compare, &copy });
	HOLDS(in != NULL && out != NULL);
	while ((rc = stream_read(in, &item)) == 1) {
		HOLDS(item.size > 0 && total + item.size <= n);
		HOLDS(memcmp(item.bytes, p + total, item.size) == 0);
		total += item.size;
		for (i = 0; i < item.nvalues; i++)
			if (item.values[i].bytes != NULL)
				HOLDS(item.values[i].bytes >= item.bytes &&
				    item.values[i].bytes +
					    item.values[i].size <=
					item.bytes + item.size);
		if (item.what == STREAM_EVENT || item.what == STREAM_END)
			stream_event_uint(&item, "targets", &number);
		HOLDS(stream_pass(out, &item) == 0);
	}
	HOLDS(rc == 0 || stream_error(in)[0] != '\0');
	HOLDS(rc == -1 || total == n);
	HOLDS(stream_flush(out) == 0 && copy.at == total);
	stream_in_free(in);
	stream_out_free(out);
	close(fd);
	return 0;
}

FUZZ_TARGET(fuzz_one)
