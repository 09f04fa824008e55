/* SPDX-License-Identifier: Apache-2.0 */
/* Prefixes out of a stream; see prefixes.h. */
#include "filter/prefixes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "stream/stream.h"

#define PREFIXES_MAX 1000000 /* as many as texts may hold */

bool
prefixes_is_stream(const char *bytes, size_t n)
{
	return n >= 3 && memcmp(bytes, "\xd9\xd9\xf7", 3) == 0;
}

/* A record's prefix; -1: none of IPv4. */
static int
prefixes_take_prefix(const struct stream_item *item, uint32_t *first,
    uint32_t *last)
{
	struct field_ref prefix, length;
	const struct header *h = item->header;
	struct value a, n;

	if (field_find(h->fields, h->nfields, "prefix", &prefix) == -1 ||
	    field_find(h->fields, h->nfields, "length", &length) == -1)
		return -1;
	a = field_value(&prefix, item->values, item->nvalues);
	n = field_value(&length, item->values, item->nvalues);
	if (a.type != VALUE_BYTES || a.size != 4 || n.type != VALUE_UINT ||
	    n.number > 32)
		return -1;
	*first = get32(a.bytes);
	*last = n.number == 32 ? *first : *first | (UINT32_MAX >> n.number);
	return 0;
}

static int
prefixes_read_all(struct stream_in *in, int (*each)(void *, uint32_t, uint32_t),
    void *ctx, char *why, size_t size)
{
	struct stream_item item;
	uint32_t first, last;
	size_t n = 0;
	int rc;

	while ((rc = stream_read(in, &item)) == 1) {
		if (item.what != STREAM_RECORD)
			continue;
		if (prefixes_take_prefix(&item, &first, &last) == -1) {
			snprintf(why, size,
			    "only prefixes of IPv4 make a set of addresses; 'dense is null' asks about either");
			return -1;
		}
		if (++n > PREFIXES_MAX) {
			snprintf(why, size, "more than %d prefixes",
			    PREFIXES_MAX);
			return -1;
		}
		if (each(ctx, first, last) == -1)
			return -1;
	}
	if (rc == -1)
		snprintf(why, size, "%s", stream_error(in));
	return rc;
}

int
prefixes_read(const char *path, int (*each)(void *, uint32_t, uint32_t),
    void *ctx, char *why, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = -1;
	struct stream_in *in;

	why[0] = '\0';
	in = fd == -1 ? NULL : stream_in_new(fd, "prefixes");
	if (in == NULL)
		snprintf(why, size, "%s", strerror(errno));
	else
		rc = prefixes_read_all(in, each, ctx, why, size);
	stream_in_free(in);
	if (fd != -1)
		close(fd);
	return rc;
}
