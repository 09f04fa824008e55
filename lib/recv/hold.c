/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of records; see hold.h. */
#include "recv/hold.h"

#include <stdlib.h>
#include <string.h>

struct hold {
	size_t head, tail; /* bytes put in, taken out, ever */
	unsigned char ring[HOLD_MEMORY];
};

struct hold *
hold_new(void)
{
	struct hold *h = malloc(sizeof *h);

	if (h != NULL)
		h->head = h->tail = 0;
	return h;
}

void
hold_free(struct hold *h)
{
	free(h);
}

static struct held *
held_at(struct hold *h, size_t at)
{
	return (struct held *)(h->ring + at % HOLD_MEMORY);
}

/* The rest of the ring is left out, so that a record lies in one piece. */
static void
hold_wrap(struct hold *h, size_t need)
{
	size_t left = HOLD_MEMORY - h->head % HOLD_MEMORY;

	if (left >= need)
		return;
	if (left >= sizeof(struct held))
		*held_at(h, h->head) = (struct held){ .room = (uint32_t)left };
	h->head += left;
}

bool
hold_put(struct hold *h, const struct hold_memo *memo,
    const unsigned char *record, size_t n, uint64_t until)
{
	size_t room = (sizeof(struct held) + n + 7) & ~(size_t)7;
	struct held *held;

	if (h->head - h->tail + 2 * room > HOLD_MEMORY)
		return false;
	hold_wrap(h, room);
	held = held_at(h, h->head);
	*held = (struct held){ *memo, until, (uint32_t)n, (uint32_t)room };
	memcpy(held + 1, record, n);
	h->head += room;
	return true;
}

const struct held *
hold_first(struct hold *h)
{
	size_t left = HOLD_MEMORY - h->tail % HOLD_MEMORY;

	if (h->tail == h->head)
		return NULL;
	/* over what wrap has left out */
	if (left < sizeof(struct held) || held_at(h, h->tail)->size == 0)
		h->tail += left;
	return h->tail == h->head ? NULL : held_at(h, h->tail);
}

void
hold_write(struct hold *h, const unsigned char *tail, size_t n,
    struct stream_out *out)
{
	const struct held *held = hold_first(h);
	struct encoder e;

	if (held == NULL)
		return;
	e = stream_begin(out, held->size + n);
	encode_raw(&e, held + 1, held->size);
	encode_raw(&e, tail, n);
	stream_commit(out, &e, STREAM_RECORD);
	h->tail += held->room;
}
