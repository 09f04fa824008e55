/* SPDX-License-Identifier: Apache-2.0 */
/* Fingerprints, by linear probing; see prints.h. */
#include "recv/prints.h"

#include <stdlib.h>

#define SIZE_FIRST 16

/* The slot that has it, or the empty one where it belongs. */
static uint32_t
find(const struct prints_part *p, uint64_t print)
{
	/* the upper bits have chosen the part */
	uint32_t at = (uint64_t)(uint32_t)print * p->size >> 32;

	while (p->slots[at] != 0 && p->slots[at] != print)
		at = at + 1 == p->size ? 0 : at + 1;
	return at;
}

static int
grow(struct prints *s, struct prints_part *p)
{
	struct prints_part new = {
		.size = p->size == 0 ? SIZE_FIRST : p->size + p->size / 2,
		.used = p->used,
	};
	uint32_t i;

	new.slots = calloc(new.size, sizeof *new.slots);
	if (new.slots == NULL)
		return -1;
	for (i = 0; i < p->size; i++)
		if (p->slots[i] != 0)
			new.slots[find(&new, p->slots[i])] = p->slots[i];
	s->memory += (new.size - p->size) * sizeof *new.slots;
	free(p->slots);
	*p = new;
	return 0;
}

int
prints_seen(struct prints *s, uint64_t print)
{
	struct prints_part *p = &s->parts[print >> 54];
	uint32_t at;

	if (print == 0)
		print = 1;
	/* seven of eight slots at most are used */
	if (p->used >= p->size - p->size / 8 && grow(s, p) == -1 &&
	    p->used + 1 >= p->size)
		return -1;
	at = find(p, print);
	if (p->slots[at] == print)
		return 1;
	p->slots[at] = print;
	p->used++;
	return 0;
}

void
prints_free(struct prints *s)
{
	for (size_t i = 0; i < PRINTS_PARTS; i++)
		free(s->parts[i].slots);
}
