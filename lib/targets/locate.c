/* SPDX-License-Identifier: Apache-2.0 */
/* Where a target is scanned, in words; see locate.h. */
#include "targets/locate.h"

#include <inttypes.h>

struct answers {
	FILE *f;
	const struct plan *p;
	bool *found;
};

static void
print_address(FILE *f, const struct plan_address *a, int port)
{
	char text[IP6_TEXT];

	if (a->family == 6) {
		ip6_print(a->six, text);
		fprintf(f, port == LIST_NOPORT ? "%s" : "[%s]", text);
	} else {
		fprintf(f, "%u.%u.%u.%u", a->four >> 24, a->four >> 16 & 255,
		    a->four >> 8 & 255, a->four & 255);
	}
	if (port != LIST_NOPORT)
		fprintf(f, ":%d", port);
}

static void
one(const struct answers *to, const struct plan_address *a, int port)
{
	struct plan_place at;
	FILE *f = to->f;

	print_address(f, a, port);
	if (!plan_find(to->p, a, port, &at)) {
		fputs(": not scanned\n", f);
		return;
	}
	fprintf(f,
	    ": %s position %" PRIu64 ", shard %" PRIu64 ", number %" PRIu64
	    " of it\n",
	    !at.within_limit ? "not scanned, past --max-targets," :
		at.left_out  ? "not scanned, blacklisted since it began," :
			       "scanned,",
	    at.position, at.shard, at.in_shard + 1);
	*to->found |= at.within_limit && !at.left_out;
}

static bool
ports_of_pairs(const struct answers *to, const struct plan_address *a)
{
	const struct numbering_pairs *four = &to->p->space.pairs;
	const struct packed *six = &to->p->space6.pairs;
	bool any = false;

	for (size_t i = 0; a->family == 4 && i < four->n; i++)
		if (four->v[i] >> 16 == a->four) {
			one(to, a, four->v[i] & 0xffff);
			any = true;
		}
	if (a->family == 4)
		return any;
	for (size_t i = packed_lower(six, a->six, 0);
	     i < six->n && ip6_equal(packed_addr(six, i), a->six); i++) {
		one(to, a, packed_port(six, i));
		any = true;
	}
	return any;
}

static void
all_ports(const struct answers *to, const struct plan_address *a)
{
	const struct plan *p = to->p;
	const struct ports *ports = p->family == 6 ? &p->space6.ports :
						     &p->space.ports;
	bool any = false;

	if (a->family == 6 ? numbering6_has(&p->space6, a->six) :
			     set_find(&p->space.set, a->four, NULL))
		for (size_t i = 0; i < ports->n; i++, any = true)
			one(to, a, ports->v[i]);
	if (ports_of_pairs(to, a) == 0 && !any)
		one(to, a, LIST_NOPORT);
}

static void
locate_entry(const struct answers *to, const struct plan_address *a, int port)
{
	if (port == LIST_NOPORT && a->family == to->p->family &&
	    plan_has_ports(to->p))
		all_ports(to, a);
	else
		one(to, a, port);
}

/* The addresses that a window means, as the scan's windows of this length. */
static void
print_window(const struct answers *to, const struct list_entry *e, uint64_t n)
{
	const struct numbering6 *s = &to->p->space6;
	size_t same = 0;

	for (size_t w = 0; w < s->windows; w++)
		same += s->maker[w].length == e->part;
	if (same == 0)
		fprintf(to->f, "not scanned: the scan has no windows of /%u\n",
		    e->part);
	for (uint64_t i = 0; same > 0 && i < n; i++) {
		struct ip6 prefix = ip6_from_number(ip6_number(e->first6) +
		    ((unsigned __int128)i << (IP6_BITS - e->part)));

		for (size_t w = 0; w < s->windows; w++)
			if (s->maker[w].length == e->part)
				locate_entry(to,
				    &(struct plan_address){ .family = 6,
					.six = iid_make(&s->maker[w], prefix) },
				    e->port);
	}
}

int
locate_print(FILE *f, const struct plan *p, const struct list_entry *e,
    bool *found)
{
	struct answers to = { f, p, found };
	struct plan_address a = { .family = e->family };
	unsigned __int128 more;

	if (e->family == 4) {
		for (uint64_t addr = e->first; addr <= e->last; addr++) {
			a.four = addr;
			locate_entry(&to, &a, e->port);
		}
		return 0;
	}
	more = (ip6_number(e->last6) - ip6_number(e->first6)) >>
	    (IP6_BITS - e->part);
	if (more >= LOCATE_MAX)
		return -1;
	if (e->part < IP6_BITS) {
		print_window(&to, e, more + 1);
		return 0;
	}
	for (uint64_t i = 0; i <= more; i++) {
		a.six = ip6_add(e->first6, i);
		locate_entry(&to, &a, e->port);
	}
	return 0;
}
