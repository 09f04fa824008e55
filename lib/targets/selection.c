/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of targets put together; see selection.h. */
#include "targets/selection.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
selection_add(struct selection *s, enum selection_part part,
    const struct list_entry *e, const char **why)
{
	*why = NULL;
	s->given[part] = true;
	if (part == SCOPE_BLOCK) {
		if (e->port != LIST_NOPORT)
			*why = "a blacklist has no ports: "
			       "it excludes addresses";
		else if (e->part != IP6_BITS && e->family == 6)
			*why = "a blacklist has no windows: "
			       "it excludes whole prefixes";
		return *why != NULL ? -1 : networks_add(&s->block, e);
	}
	if (e->family == 6) {
		s->entries6++;
		return intake6_add(&s->intake[part], e);
	}
	s->entries4++;
	if (e->port == LIST_NOPORT)
		return ranges_add(&s->range[part], e->first, e->last);
	for (uint64_t a = e->first; a <= e->last; a++)
		if (numbering_add_pair(&s->pair[part], a, e->port) == -1)
			return -1;
	return 0;
}

int
selection_decide(struct selection *s, unsigned wanted, char *why, size_t size)
{
	if (wanted == 0 && s->entries4 > 0 && s->entries6 > 0) {
		snprintf(why, size,
		    "%" PRIu64 " targets are of IPv4 and %" PRIu64
		    " of IPv6, and a scan has one family: give -4 or -6",
		    s->entries4, s->entries6);
		return -1;
	}
	s->family = wanted != 0 ? wanted : s->entries6 > 0 ? 6 : 4;
	if (s->family == 4 || s->given[SCOPE_ALLOW] || s->given[SCOPE_LIST])
		return 0;
	snprintf(why, size,
	    "the whole of IPv6 is too large to scan: name targets, such as 2001:db8::/32-48");
	return -1;
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

static int
settle4(struct selection *s, const struct ports *ports)
{
	struct ranges *allow = &s->range[SCOPE_ALLOW];

	for (int i = 0; i < SCOPE_TARGETS; i++) {
		ranges_normalise(&s->range[i]);
		numbering_sort_pairs(&s->pair[i]);
	}
	if (!s->given[SCOPE_ALLOW] && ranges_add(allow, 0, UINT32_MAX) == -1)
		return -1;
	if (s->given[SCOPE_LIST])
		return cross(s, ports);
	s->addrs = *allow;
	s->pairs = s->pair[SCOPE_ALLOW];
	*allow = (struct ranges){ 0 };
	s->pair[SCOPE_ALLOW] = (struct numbering_pairs){ 0 };
	return 0;
}

/* --- the same for IPv6 --- */

struct cross6 {
	const struct extent6 *list;
	const struct ports *ports;
};

static bool
is_listed(void *arg, struct ip6 a, uint16_t port)
{
	const struct cross6 *c = arg;
	size_t i;

	return packed_has(&c->list->pairs, a, port) ||
	    ((c->ports->n == 0 || ports_find(c->ports, port, &i)) &&
		extent6_has(c->list, a));
}

/* s->six is the list; a whitelist's window allows all of its prefix. */
static int
cross6(struct selection *s, const struct ports *ports)
{
	struct cross6 c = { &s->six, ports };
	struct intake6 *allow = &s->intake[SCOPE_ALLOW];
	struct ranges6 net = { 0 };
	int rc = -1;

	if (packed_filter(&allow->pairs, is_listed, &c) == 0 &&
	    intake6_ranges(allow, &net) == 0)
		rc = extent6_limit_to(&s->six, &net);
	for (size_t i = 0; rc == 0 && i < allow->pairs.n; i++)
		rc = packed_add_pair(&s->six.pairs,
		    packed_addr(&allow->pairs, i),
		    packed_port(&allow->pairs, i));
	packed_normalise(&s->six.pairs);
	ranges6_free(&net);
	return rc;
}

static int
settle6(struct selection *s, const struct ports *ports,
    const struct extent6_wish *wish, char *why, size_t size)
{
	enum selection_part part = s->given[SCOPE_LIST] ? SCOPE_LIST :
							  SCOPE_ALLOW;

	for (int i = 0; i < SCOPE_TARGETS; i++)
		intake6_normalise(&s->intake[i]);
	if (wish->iids->n > 0 && s->intake[part].windows == 0) {
		snprintf(why, size,
		    "--iid is for windows, such as 2001:db8::/32-64, and no target is one");
		return -1;
	}
	if (extent6_settle(&s->six, &s->intake[part], wish, why, size) == -1)
		return -1;
	if (part == SCOPE_LIST && s->given[SCOPE_ALLOW])
		return cross6(s, ports);
	return 0;
}

int
selection_settle(struct selection *s, const struct ports *ports,
    const struct extent6_wish *wish, char *why, size_t size)
{
	struct scanid id;
	int rc;

	why[0] = '\0';
	networks_normalise(&s->block);
	if (s->family == 4 && wish->iids->n > 0) {
		snprintf(why, size,
		    "--iid is for IPv6, and this scan is of IPv4");
		return -1;
	}
	rc = s->family == 4 ? settle4(s, ports) :
			      settle6(s, ports, wish, why, size);
	if (rc == -1)
		return -1;
	scanid_start(&id);
	selection_digest(s, &id);
	scanid_add(&id, ports->n);
	for (size_t i = 0; i < ports->n; i++)
		scanid_add(&id, ports->v[i]);
	scanid_end(&id, s->lists);
	return 0;
}

/* --- where else --- */

static int
bounds4(const struct selection *s, struct ranges *r)
{
	/* without a whitelist settle4 has made one of all */
	if (ranges_copy(r, &s->range[SCOPE_ALLOW]) == -1)
		return -1;
	return ranges_subtract(r, &s->block.four);
}

static int
bounds6(const struct selection *s, struct ranges6 *r)
{
	const struct ip6 first = { 0, 0 }, last = { UINT64_MAX, UINT64_MAX };
	int rc;

	if (!s->given[SCOPE_LIST])
		rc = ranges6_join(r, &s->six.area) == -1 ?
		    -1 :
		    ranges6_join(r, &s->six.plain);
	else if (s->given[SCOPE_ALLOW])
		rc = intake6_ranges(&s->intake[SCOPE_ALLOW], r);
	else
		rc = ranges6_add(r, first, last);
	ranges6_normalise(r);
	return rc == -1 ? -1 : ranges6_subtract(r, &s->block.six);
}

int
selection_bounds(const struct selection *s, struct networks *n)
{
	*n = (struct networks){ 0 };
	if (!s->given[SCOPE_LIST] && s->six.windows == 0)
		return 0;
	return s->family == 6 ? bounds6(s, &n->six) : bounds4(s, &n->four);
}

int
selection_limit_to(struct selection *s, const struct networks *n)
{
	if (s->family == 6)
		return extent6_limit_to(&s->six, &n->six);
	keep_pairs(&s->pairs, &n->four, 1);
	return ranges_intersect(&s->addrs, &n->four);
}

int
selection_take_out(struct selection *s, const struct networks *n)
{
	if (s->family == 6)
		return extent6_take_out(&s->six, &n->six);
	keep_pairs(&s->pairs, &n->four, 0);
	return ranges_subtract(&s->addrs, &n->four);
}

unsigned __int128
selection_addresses(const struct selection *s)
{
	return s->family == 6 ? extent6_count(&s->six) :
				ranges_count(&s->addrs);
}

size_t
selection_pairs(const struct selection *s)
{
	return s->family == 6 ? packed_count(&s->six.pairs) : s->pairs.n;
}

static bool
are_in(const struct packed *p, const struct ranges6 *r)
{
	struct ip6 a;

	for (size_t i = 0; i < packed_runs(p); i++)
		for (size_t k = packed_run(p, i).begin;
		     k < packed_run(p, i).end; k++) {
			a = packed_addr(p, k);
			if (!ranges6_contain(r, a))
				return false;
		}
	return true;
}

bool
selection_is_in(const struct selection *s, const struct networks *n)
{
	const struct extent6 *x = &s->six;

	for (size_t i = 0; i < s->pairs.n; i++)
		if (!ranges_contain(&n->four, s->pairs.v[i] >> 16))
			return false;
	return ranges_cover(&n->four, &s->addrs) &&
	    ranges6_cover(&n->six, &x->area) &&
	    ranges6_cover(&n->six, &x->plain) && are_in(&x->addrs, &n->six) &&
	    are_in(&x->pairs, &n->six);
}

void
selection_digest(const struct selection *s, struct scanid *id)
{
	if (s->family == 6) {
		extent6_digest(&s->six, id);
		return;
	}
	scanid_add_all(id, s->addrs.v, s->addrs.n);
	scanid_add_all(id, s->pairs.v, s->pairs.n);
}

int
selection_copy(struct selection *to, const struct selection *from)
{
	*to = (struct selection){ .family = from->family };
	memcpy(to->lists, from->lists, SCANID_SIZE);
	if (extent6_copy(&to->six, &from->six) == -1 ||
	    ranges_copy(&to->addrs, &from->addrs) == -1)
		goto fail;
	to->pairs.v = reallocarray(NULL, from->pairs.n + 1,
	    sizeof *to->pairs.v);
	if (to->pairs.v == NULL)
		goto fail;
	if (from->pairs.n > 0)
		memcpy(to->pairs.v, from->pairs.v,
		    from->pairs.n * sizeof *to->pairs.v);
	to->pairs.n = to->pairs.cap = from->pairs.n;
	return 0;
fail:
	selection_free(to);
	return -1;
}

void
selection_free(struct selection *s)
{
	for (int i = 0; i < SCOPE_TARGETS; i++) {
		ranges_free(&s->range[i]);
		free(s->pair[i].v);
		intake6_free(&s->intake[i]);
	}
	networks_free(&s->block);
	ranges_free(&s->addrs);
	free(s->pairs.v);
	extent6_free(&s->six);
	*s = (struct selection){ 0 };
}
