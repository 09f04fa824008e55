/* SPDX-License-Identifier: Apache-2.0 */
/* IPv6 entries of lists, as they come; see extent6.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "addr/list.h"
#include "targets/extent6.h"

static struct ranges6 *
window_of(struct intake6 *in, unsigned length)
{
	size_t i = 0;
	void *v;

	while (i < in->windows && in->window[i].length < length)
		i++;
	if (i < in->windows && in->window[i].length == length)
		return &in->window[i].area;
	v = reallocarray(in->window, in->windows + 1, sizeof *in->window);
	if (v == NULL)
		return NULL;
	in->window = v;
	memmove(in->window + i + 1, in->window + i,
	    (in->windows++ - i) * sizeof *in->window);
	in->window[i].length = length;
	in->window[i].area = (struct ranges6){ 0 };
	return &in->window[i].area;
}

int
intake6_add(struct intake6 *in, const struct list_entry *e)
{
	struct ranges6 *area;

	if (e->port != LIST_NOPORT)
		return packed_add_pair(&in->pairs, e->first6, e->port);
	if (e->part < IP6_BITS) {
		area = window_of(in, e->part);
		return area == NULL ? -1 :
				      ranges6_add(area, e->first6, e->last6);
	}
	/* beside a file, single addresses are few */
	if (in->addrs.mapped || !ip6_equal(e->first6, e->last6))
		return ranges6_add(&in->plain, e->first6, e->last6);
	return packed_add(&in->addrs, e->first6);
}

/* There is room for one file; of another, or beside others, all is added. */
int
intake6_map(struct intake6 *in, unsigned char *v, size_t n)
{
	int rc = 0;

	if (!in->addrs.mapped && in->addrs.n == 0)
		return packed_map(&in->addrs, v, n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct ip6 a = ip6_get(v + i * IP6_SIZE);

		rc = in->addrs.mapped ? ranges6_add(&in->plain, a, a) :
					packed_add(&in->addrs, a);
	}
	munmap(v, n * IP6_SIZE);
	return rc;
}

void
intake6_normalise(struct intake6 *in)
{
	for (size_t i = 0; i < in->windows; i++)
		ranges6_normalise(&in->window[i].area);
	ranges6_normalise(&in->plain);
	packed_normalise(&in->addrs);
	packed_normalise(&in->pairs);
}

int
intake6_ranges(const struct intake6 *in, struct ranges6 *r)
{
	for (size_t i = 0; i < in->windows; i++)
		if (ranges6_join(r, &in->window[i].area) == -1)
			return -1;
	if (ranges6_join(r, &in->plain) == -1)
		return -1;
	for (size_t i = 0; i < in->addrs.n; i++) {
		struct ip6 a = packed_addr(&in->addrs, i);

		if (ranges6_add(r, a, a) == -1)
			return -1;
	}
	ranges6_normalise(r);
	return 0;
}

void
intake6_free(struct intake6 *in)
{
	for (size_t i = 0; i < in->windows; i++)
		ranges6_free(&in->window[i].area);
	free(in->window);
	ranges6_free(&in->plain);
	packed_free(&in->addrs);
	packed_free(&in->pairs);
	*in = (struct intake6){ 0 };
}
