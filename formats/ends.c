/* SPDX-License-Identifier: Apache-2.0 */
/* Counters in ends inside each other; see ends.h. */
#include "formats/ends.h"

#include <string.h>

#include "stream/token.h"

const struct ends_loss ends_losses[ENDS_LOSSES] = {
	{ COUNT_SEND_FAILED, "targets that could not be probed" },
	{ COUNT_SEND_LEFT, "targets not reached" },
	{ COUNT_RECV_KERNEL_DROPS, "answers dropped by the kernel" },
	{ COUNT_RECV_INTERFACE_DROPS, "answers dropped by the interface" },
	{ COUNT_RECV_UNREAD, "answers not read" },
	{ COUNT_RECV_QUEUE_DROPS, "answers that found no room" },
};

/*
 * The end of the named stage in the nest of ends at p; 0 bytes if there is
 * none.
 */
static const unsigned char *
find_stage(const unsigned char *p, size_t *n, const char *stage)
{
	struct token t;
	size_t at, len;

	while (*n > 0) {
		at = token_map_find(p, *n, "stage", &len);
		if (at > 0 && token_next(p + at, len, &t) > 0 &&
		    t.kind == TOKEN_TEXT && t.number == strlen(stage) &&
		    memcmp(t.bytes, stage, t.number) == 0)
			return p;
		at = token_map_find(p, *n, "before", n);
		if (at == 0)
			break;
		p += at;
	}
	*n = 0;
	return NULL;
}

bool
ends_has(const struct stream_item *end, const char *stage)
{
	size_t n = end->size;

	return find_stage(end->bytes, &n, stage) != NULL;
}

enum outcome
ends_outcome(const struct stream_item *end, const char *stage)
{
	struct stream_item inner = { .what = STREAM_END, .size = end->size };

	inner.bytes = find_stage(end->bytes, &inner.size, stage);
	return inner.bytes == NULL ? OUTCOME_FAILED :
				     stream_end_outcome(&inner);
}

uint64_t
ends_count(const struct stream_item *end, enum counter_id counter)
{
	const struct counter_row *row = &counter_table[counter];
	size_t n = end->size, at, len;
	const unsigned char *p = find_stage(end->bytes, &n, row->stage);
	struct token t;

	if (p == NULL)
		return 0;
	at = token_map_find(p, n, row->name, &len);
	return at > 0 && token_next(p + at, len, &t) > 0 &&
		t.kind == TOKEN_UINT ?
	    t.number :
	    0;
}
