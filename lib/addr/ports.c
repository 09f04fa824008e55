/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Port lists. Collected in a bitmap of all 65536 ports, so duplicates and
 * overlapping ranges vanish and the result is sorted.
 */
#include "addr/ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALL 65536

static const char *
ports_blanks(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	return s;
}

/* One number at *s; moves *s behind it. */
static int
port_at(const char **s, const char *end, uint32_t *port, const char **why)
{
	const char *c = ports_blanks(*s, end);

	*port = 0;
	*why = "is not a port or range of ports";
	if (c == end || *c < '0' || *c > '9')
		return -1;
	for (; c < end && *c >= '0' && *c <= '9'; c++) {
		*port = *port * 10 + (*c - '0');
		if (*port >= ALL) {
			*why = "is over 65535";
			return -1;
		}
	}
	*s = ports_blanks(c, end);
	return 0;
}

/* "80" or "8000-8100" */
static int
port_range(uint8_t *seen, const char *s, const char *end, const char **why)
{
	uint32_t first, last;

	*why =
	    "is empty where a port should be; a list is written without blanks, as 80,443";
	if (ports_blanks(s, end) == end || port_at(&s, end, &first, why) == -1)
		return -1;
	last = first;
	if (s < end && *s == '-') {
		s++;
		if (port_at(&s, end, &last, why) == -1)
			return -1;
	}
	*why = s != end ? "is not a port or range of ports" :
			  "is a range that ends before it begins";
	if (s != end || last < first)
		return -1;
	memset(seen + first, 1, last - first + 1);
	return 0;
}

int
ports_parse(struct ports *p, const char *list, char *why, size_t size)
{
	uint8_t seen[ALL] = { 0 };
	const char *wrong;
	size_t n = 0;

	*p = (struct ports){ 0 };
	snprintf(why, size, "out of memory");
	if (strcmp(list, "*") == 0) {
		memset(seen, 1, sizeof seen);
	} else
		for (const char *s = list;; s++) {
			const char *end = s + strcspn(s, ",");

			if (port_range(seen, s, end, &wrong) == -1) {
				snprintf(why, size, "'%.*s' %s", (int)(end - s),
				    s, wrong);
				return -1;
			}
			if (*(s = end) == '\0')
				break;
		}
	for (unsigned i = 0; i < ALL; i++)
		n += seen[i];
	p->v = reallocarray(NULL, n, sizeof *p->v);
	if (p->v == NULL)
		return -1;
	for (unsigned i = 0; i < ALL; i++)
		if (seen[i])
			p->v[p->n++] = i;
	return 0;
}

bool
ports_find(const struct ports *p, uint16_t port, size_t *index)
{
	size_t low = 0, high = p->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->v[mid] < port)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == p->n || p->v[low] != port)
		return false;
	*index = low;
	return true;
}

int
ports_copy(struct ports *to, const struct ports *from)
{
	*to = (struct ports){ 0 };
	to->v = reallocarray(NULL, from->n + 1, sizeof *to->v);
	if (to->v == NULL)
		return -1;
	if (from->n > 0)
		memcpy(to->v, from->v, from->n * sizeof *to->v);
	to->n = from->n;
	return 0;
}

void
ports_free(struct ports *p)
{
	free(p->v);
	*p = (struct ports){ 0 };
}
