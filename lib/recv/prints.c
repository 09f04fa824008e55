/* SPDX-License-Identifier: Apache-2.0 */
/* Fingerprints, by linear probing; see prints.h. */
#include "recv/prints.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_FIRST 16
#define WIDTH	   7 /* bytes of a slot */
#define MASK	   (UINT64_MAX >> 10)

/* Reads a byte too many, which is masked out: there is one behind the last. */
static uint64_t
prints_get(const struct prints_part *p, uint32_t at)
{
	uint64_t v;

	memcpy(&v, p->slots + (size_t)at * WIDTH, sizeof v);
	return le64toh(v) & MASK;
}

static void
prints_put(struct prints_part *p, uint32_t at, uint64_t print)
{
	print = htole64(print);
	memcpy(p->slots + (size_t)at * WIDTH, &print, WIDTH);
}

/* The slot that has it, or the empty one where it belongs. */
static uint32_t
prints_find(const struct prints_part *p, uint64_t print)
{
	uint32_t at = (uint64_t)(uint32_t)print * p->size >> 32;
	uint64_t there;

	while ((there = prints_get(p, at)) != 0 && there != print)
		at = at + 1 == p->size ? 0 : at + 1;
	return at;
}

static int
prints_grow(struct prints *s, struct prints_part *p)
{
	struct prints_part new = {
		.size = p->size == 0 ? SIZE_FIRST : p->size + p->size / 4,
		.used = p->used,
	};
	uint64_t print;
	uint32_t i;

	new.slots = calloc(new.size + 1, WIDTH);
	if (new.slots == NULL)
		return -1;
	for (i = 0; i < p->size; i++) {
		print = prints_get(p, i);
		if (print != 0)
			prints_put(&new, prints_find(&new, print), print);
	}
	s->memory += (size_t)(new.size - p->size) * WIDTH;
	free(p->slots);
	*p = new;
	return 0;
}

int
prints_seen(struct prints *s, uint64_t print)
{
	struct prints_part *p = &s->parts[print >> 54];
	uint32_t at;

	print &= MASK;
	if (print == 0)
		print = 1;
	/* seven of eight slots at most are used */
	if (p->used >= p->size - p->size / 8 && prints_grow(s, p) == -1 &&
	    p->used + 1 >= p->size)
		return -1;
	at = prints_find(p, print);
	if (prints_get(p, at) == print)
		return 1;
	prints_put(p, at, print);
	p->used++;
	return 0;
}

void
prints_free(struct prints *s)
{
	for (size_t i = 0; i < PRINTS_PARTS; i++)
		free(s->parts[i].slots);
}
