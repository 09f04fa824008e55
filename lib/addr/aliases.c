/* SPDX-License-Identifier: Apache-2.0 */
/* Longest prefixes, made into spans; see aliases.h. */
#include "addr/aliases.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr/list.h"
#include "base/bytes.h"

#define NONE 255 /* length of what is not aliased */

struct alias_prefix {
	struct ip6 base;
	uint8_t length;
	bool aliased;
};

/* From here up to the next one. */
struct alias_span {
	struct ip6 first;
	uint8_t length; /* of the aliased prefix, or NONE */
};

/* --- reading --- */

static int
aliases_add(struct aliases_family *f, struct alias_prefix p)
{
	size_t cap = f->cap == 0 ? 1024 : f->cap * 2;
	void *more;

	if (f->n == f->cap) {
		more = reallocarray(f->prefixes, cap, sizeof *f->prefixes);
		if (more == NULL)
			return -1;
		f->prefixes = more;
		f->cap = cap;
	}
	f->prefixes[f->n++] = p;
	return 0;
}

/* -1 and what the entry is instead of a prefix. */
static int
aliases_prefix_of(const struct list_entry *e, struct alias_prefix *p,
    const char **why)
{
	struct ip6 first = e->first6, last = e->last6;

	*why = "a prefix is aliased on all ports";
	if (e->port != LIST_NOPORT)
		return -1;
	*why = "a window is no prefix";
	if (e->family == 6 && e->part != IP6_BITS)
		return -1;
	if (e->family == 4) {
		first = (struct ip6){ (uint64_t)e->first << 32, 0 };
		last = (struct ip6){ (uint64_t)e->last << 32 | UINT32_MAX,
			UINT64_MAX };
	}
	p->base = first;
	p->length = ip6_common(first, last);
	*why = "a range that is no prefix";
	return ip6_equal(ip6_first(first, p->length), first) &&
		ip6_equal(ip6_last(first, p->length), last) ?
	    0 :
	    -1;
}

int
aliases_read(struct aliases *a, const char *name, int fd, bool aliased,
    char *why, size_t size)
{
	struct alias_prefix p = { .aliased = aliased };
	enum list_result result = LIST_ERROR;
	struct list_entry entry;
	const char *wrong;
	struct list list;

	if (list_fd(&list, name, fd) == 0)
		while ((result = list_next(&list, &entry)) == LIST_ENTRY) {
			if (aliases_prefix_of(&entry, &p, &wrong) == -1) {
				list_blame(&list, wrong);
				break;
			}
			if (aliases_add(&a->families[entry.family == 6], p) ==
			    -1) {
				list_blame(&list, strerror(errno));
				break;
			}
		}
	snprintf(why, size, "%s", list.why);
	list_close(&list);
	return result == LIST_END ? 0 : -1;
}

/* --- spans --- */

/* Outer prefixes first; of two equal ones, the one that is not aliased last. */
static int
aliases_compare(const void *x, const void *y)
{
	const struct alias_prefix *a = x, *b = y;
	int order = ip6_compare(a->base, b->base);

	if (order == 0)
		order = a->length - b->length;
	return order != 0 ? order : b->aliased - a->aliased;
}

/* What starts where another span starts takes its place. */
static void
aliases_put(struct aliases_family *f, struct ip6 first, uint8_t length)
{
	struct alias_span *last = f->spans + f->nspans;

	if (f->nspans > 0 && ip6_equal(last[-1].first, first))
		f->nspans--;
	f->spans[f->nspans++] = (struct alias_span){ first, length };
}

static uint8_t
length_of(const struct alias_prefix *p)
{
	return p->aliased ? p->length : NONE;
}

/*
 * Ends the prefixes that the address is not in, if there is one, innermost
 * first: behind each, what is around it goes on.
 */
static size_t
leave(struct aliases_family *f, const struct alias_prefix *const *open,
    size_t depth, const struct ip6 *next)
{
	const struct alias_prefix *p;
	struct ip6 end;

	for (; depth > 0; depth--) {
		p = open[depth - 1];
		if (next != NULL &&
		    ip6_equal(ip6_first(*next, p->length), p->base))
			break;
		end = ip6_add(ip6_last(p->base, p->length), 1);
		if (end.hi == 0 && end.lo == 0) /* nothing is behind it */
			continue;
		aliases_put(f, end,
		    depth > 1 ? length_of(open[depth - 2]) : NONE);
	}
	return depth;
}

static int
make_spans(struct aliases_family *f)
{
	/* one inside the other: one of each length, and of each kind */
	const struct alias_prefix *open[2 * (IP6_BITS + 1)], *p;
	size_t depth = 0;

	if (f->n == 0)
		return 0;
	qsort(f->prefixes, f->n, sizeof *f->prefixes, aliases_compare);
	f->spans = calloc(2 * f->n, sizeof *f->spans);
	if (f->spans == NULL)
		return -1;
	for (p = f->prefixes; p < f->prefixes + f->n; p++) {
		if (p > f->prefixes && aliases_compare(p - 1, p) == 0)
			continue;
		depth = leave(f, open, depth, &p->base);
		aliases_put(f, p->base, length_of(p));
		open[depth++] = p;
	}
	leave(f, open, depth, NULL);
	free(f->prefixes);
	f->prefixes = NULL;
	return 0;
}

int
aliases_ready(struct aliases *a)
{
	return make_spans(&a->families[0]) == -1 ? -1 :
						   make_spans(&a->families[1]);
}

/* --- asking --- */

static uint8_t
aliases_length(const struct aliases_family *f, struct ip6 a)
{
	size_t low = 0, high = f->nspans, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (ip6_less(a, f->spans[middle].first))
			high = middle;
		else
			low = middle + 1;
	}
	return low == 0 ? NONE : f->spans[low - 1].length;
}

size_t
aliases_find(const struct aliases *a, const unsigned char *address, size_t size,
    char out[ALIASES_TEXT])
{
	struct ip6 key = { 0, 0 };
	uint32_t four;
	uint8_t length;
	char *at;

	if (size == IP6_SIZE)
		key = ip6_get(address);
	else if (size == sizeof four)
		key.hi = (uint64_t)get32(address) << 32;
	else
		return 0;
	length = aliases_length(&a->families[size == IP6_SIZE], key);
	if (length == NONE)
		return 0;
	key = ip6_first(key, length);
	if (size == IP6_SIZE) {
		at = ip6_print(key, out);
		return at - out + sprintf(at, "/%u", length);
	}
	four = key.hi >> 32;
	return sprintf(out, "%u.%u.%u.%u/%u", four >> 24, four >> 16 & 255,
	    four >> 8 & 255, four & 255, length);
}

void
aliases_free(struct aliases *a)
{
	for (int i = 0; i < 2; i++) {
		free(a->families[i].prefixes);
		free(a->families[i].spans);
	}
}
