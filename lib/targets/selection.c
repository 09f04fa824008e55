/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of targets put together; see scope.h. */
#include "targets/selection.h"

#include <stdlib.h>
#include <string.h>

int
selection_add(struct selection *s, enum selection_part part,
    const struct list_entry *e, const char **why)
{
	*why = NULL;
	s->given[part] = 1;
	if (e->port == LIST_NOPORT)
		return ranges_add(&s->range[part], e->first, e->last);
	if (part == SCOPE_BLOCK) {
		*why = "a blacklist has no ports: it excludes addresses";
		return -1;
	}
	for (uint64_t a = e->first; a <= e->last; a++)
		if (numbering_add_pair(&s->pair[part], a, e->port) == -1)
			return -1;
	return 0;
}

static int
has_pair(const struct numbering_pairs *p, uint64_t pair)
{
	size_t low = 0, high = p->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->v[mid] < pair)
			low = mid + 1;
		else
			high = mid;
	}
	return low < p->n && p->v[low] == pair;
}

/* Keeps the pairs whose address is in `r`, or is not. */
static void
keep_pairs(struct numbering_pairs *p, const struct ranges *r, int in)
{
	size_t out = 0;

	for (size_t i = 0; i < p->n; i++)
		if (ranges_contain(r, p->v[i] >> 16) == in)
			p->v[out++] = p->v[i];
	p->n = out;
}

/*
 * List and whitelist, both of addresses and of pairs: a pair passes if the
 * other side has the pair itself or its address; of a list with ports to scan
 * the address means those, without any.
 */
static int
cross(struct selection *s, const struct ports *ports)
{
	struct numbering_pairs *allow = &s->pair[SCOPE_ALLOW];
	struct numbering_pairs *list = &s->pair[SCOPE_LIST];
	const struct ranges *net = &s->range[SCOPE_ALLOW];
	struct numbering_pairs both = { 0 };
	size_t port;

	for (size_t i = 0; i < allow->n; i++)
		if ((has_pair(list, allow->v[i]) ||
			((ports->n == 0 ||
			     ports_find(ports, allow->v[i] & 0xffff, &port)) &&
			    ranges_contain(&s->range[SCOPE_LIST],
				allow->v[i] >> 16))) &&
		    numbering_add_pair(&both, allow->v[i] >> 16,
			allow->v[i] & 0xffff) == -1) {
			free(both.v);
			return -1;
		}
	keep_pairs(list, net, 1);
	s->pairs = *list;
	*list = (struct numbering_pairs){ 0 };
	for (size_t i = 0; i < both.n; i++)
		if (numbering_add_pair(&s->pairs, both.v[i] >> 16,
			both.v[i] & 0xffff) == -1) {
			free(both.v);
			return -1;
		}
	free(both.v);
	numbering_sort_pairs(&s->pairs);
	s->addrs = s->range[SCOPE_LIST];
	s->range[SCOPE_LIST] = (struct ranges){ 0 };
	return ranges_intersect(&s->addrs, net);
}

int
selection_settle(struct selection *s, const struct ports *ports)
{
	struct ranges *allow = &s->range[SCOPE_ALLOW];
	struct scanid id;

	for (int i = 0; i < 3; i++) {
		ranges_normalise(&s->range[i]);
		numbering_sort_pairs(&s->pair[i]);
	}
	if (!s->given[SCOPE_ALLOW] && ranges_add(allow, 0, UINT32_MAX) == -1)
		return -1;
	if (s->given[SCOPE_LIST]) {
		if (cross(s, ports) == -1)
			return -1;
	} else {
		s->addrs = *allow;
		s->pairs = s->pair[SCOPE_ALLOW];
		*allow = (struct ranges){ 0 };
		s->pair[SCOPE_ALLOW] = (struct numbering_pairs){ 0 };
	}
	scanid_start(&id);
	selection_digest(s, &id);
	scanid_add(&id, ports->n);
	for (size_t i = 0; i < ports->n; i++)
		scanid_add(&id, ports->v[i]);
	scanid_end(&id, s->lists);
	return 0;
}

int
selection_limit_to(struct selection *s, const struct ranges *r)
{
	keep_pairs(&s->pairs, r, 1);
	return ranges_intersect(&s->addrs, r);
}

int
selection_take_out(struct selection *s, const struct ranges *r)
{
	keep_pairs(&s->pairs, r, 0);
	return ranges_subtract(&s->addrs, r);
}

void
selection_digest(const struct selection *s, struct scanid *id)
{
	scanid_add_all(id, s->addrs.v, s->addrs.n);
	scanid_add_all(id, s->pairs.v, s->pairs.n);
}

int
selection_copy(struct selection *to, const struct selection *from)
{
	*to = (struct selection){ 0 };
	memcpy(to->lists, from->lists, SCANID_SIZE);
	if (ranges_copy(&to->addrs, &from->addrs) == -1)
		return -1;
	to->pairs.v = reallocarray(NULL, from->pairs.n + 1,
	    sizeof *to->pairs.v);
	if (to->pairs.v == NULL) {
		ranges_free(&to->addrs);
		return -1;
	}
	if (from->pairs.n > 0)
		memcpy(to->pairs.v, from->pairs.v,
		    from->pairs.n * sizeof *to->pairs.v);
	to->pairs.n = to->pairs.cap = from->pairs.n;
	return 0;
}

void
selection_free(struct selection *s)
{
	for (int i = 0; i < 3; i++) {
		ranges_free(&s->range[i]);
		free(s->pair[i].v);
	}
	ranges_free(&s->addrs);
	free(s->pairs.v);
	*s = (struct selection){ 0 };
}
