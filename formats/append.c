/* SPDX-License-Identifier: Apache-2.0 */
/* What of a file stays when results are added to it; see append.h. */
#include "formats/append.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/format.h"
#include "stream/stream.h"

#define BLOCK	    65536
#define NUMBERS_MAX 1000000

/* Up to the last newline. */
static int
keep_lines(int fd, off_t *keep, char *why, size_t size)
{
	static const char newline = '\n';
	char buf[BLOCK];
	off_t at = lseek(fd, 0, SEEK_END);
	const char *last = NULL;
	ssize_t n = 0;

	while (last == NULL && at > 0) {
		n = at < BLOCK ? at : BLOCK;
		at -= n;
		n = pread(fd, buf, n, at);
		if (n <= 0)
			break;
		last = memrchr(buf, newline, n);
	}
	if (at == -1 || n == -1) {
		snprintf(why, size, "%s", strerror(errno));
		return -1;
	}
	*keep = last != NULL ? at + (last + 1 - buf) : 0;
	return 0;
}

static int
to_output(void *ctx, const unsigned char *p, size_t n, uint64_t records)
{
	(void)records;
	output_bytes(ctx, p, n);
	return 0;
}

/* The end that a segment lacks, whose last part is not known. */
static int
put_end(struct output *first, uint64_t records)
{
	const struct counter counters[] = { { "in", records },
		{ "out", records }, { NULL, 0 } };
	struct stream_out *out;
	int rc;

	out = stream_out_sink((struct stream_sink){ to_output, first });
	if (out == NULL)
		return -1;
	rc = stream_end(out, "out", OUTCOME_INTERRUPTED, NULL, counters);
	if (rc == 0)
		rc = stream_flush(out);
	stream_out_free(out);
	return rc;
}

/* All whole items. */
static int
keep_items(int fd, off_t *keep, struct output *first, char *why, size_t size)
{
	struct stream_in *in = stream_in_new(fd, NULL);
	struct stream_item item;
	uint64_t records = 0;
	bool open = false;
	int rc = 0;

	snprintf(why, size, "%s", strerror(ENOMEM));
	if (in == NULL)
		return -1;
	while (stream_read(in, &item) == 1) {
		*keep += item.size;
		open = item.what != STREAM_END;
		if (item.what == STREAM_HEADER)
			records = 0;
		records += item.what == STREAM_RECORD;
	}
	/* what is no stream at all is not ours to cut */
	if (*keep == 0 && lseek(fd, 0, SEEK_END) > 0) {
		snprintf(why, size, "%s", stream_error(in));
		rc = -1;
	} else if (open) {
		rc = put_end(first, records);
	}
	stream_in_free(in);
	return rc;
}

int
append_keep(const struct format *format, int fd, off_t *keep,
    struct output *first, char *why, size_t whysize)
{
	*keep = 0;
	return format->appends == FORMAT_STREAM ?
	    keep_items(fd, keep, first, why, whysize) :
	    keep_lines(fd, keep, why, whysize);
}

static bool
holds_nothing(const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return errno == ENOENT;
	return !S_ISREG(st.st_mode) || st.st_size == 0;
}

int
append_number(const char *path, char *buf, size_t size)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
	unsigned n;

	if (dot == NULL || dot == path || (slash != NULL && dot <= slash + 1))
		dot = path + strlen(path);
	if (strlen(path) + 8 >= size)
		return -1;
	snprintf(buf, size, "%s", path);
	for (n = 2; !holds_nothing(buf) && n < NUMBERS_MAX; n++)
		snprintf(buf, size, "%.*s.%u%s", (int)(dot - path), path, n,
		    dot);
	return holds_nothing(buf) ? 0 : -1;
}
