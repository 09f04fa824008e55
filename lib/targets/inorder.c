/* SPDX-License-Identifier: Apache-2.0 */
/* Targets in the order of their list; see inorder.h. */
#include "targets/inorder.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "scan/batch.h"
#include "scan/facts.h"
#include "scan/scanid.h"

#define IN_ORDER_VERSION 0 /* where plan.c has the order's version */

/* Hands over what there is. */
static int
inorder_flush(struct inorder *f)
{
	struct writer_targets t = {
		.next = f->seen,
		.n = f->n,
		.copy = -1,
		.family = f->family,
		.addr = f->addr,
		.addr6 = f->addr6,
		.port = f->port,
	};

	f->n = 0;
	return t.n == 0 ? 0 : writer_put(f->emit, &t);
}

/* The next place for an address, or -1 if this one is not to be passed on. */
static int
place(struct inorder *f)
{
	uint64_t number = f->seen++;

	if (number < f->start || number % f->wish.shards != f->wish.shard)
		return -1;
	return f->n++;
}

/* On its own port, or on all. 1 at the limit. */
static int
put_addr(struct inorder *f, const struct plan_address *a, int port)
{
	size_t n = port != LIST_NOPORT || f->ports->n == 0 ? 1 : f->ports->n;

	for (size_t i = 0; i < n; i++) {
		uint16_t p = 0;
		int at;

		if (f->seen >= f->wish.limit)
			return 1;
		if (port != LIST_NOPORT)
			p = port;
		else if (f->ports->n > 0)
			p = f->ports->v[i];
		if ((at = place(f)) == -1)
			continue;
		f->addr[at] = a->four;
		f->addr6[at] = a->six;
		f->port[at] = p;
		if (f->n == PLAN_BATCH && inorder_flush(f) == -1)
			return -1;
	}
	return f->seen >= f->wish.limit;
}

static bool
may_scan(const struct inorder *f, const struct plan_address *a)
{
	if (a->family == 6)
		return !ranges6_contain(&f->block->six, a->six) &&
		    (f->allow == NULL ||
			ranges6_contain(&f->allow->six, a->six));
	return !ranges_contain(&f->block->four, a->four) &&
	    (f->allow == NULL || ranges_contain(&f->allow->four, a->four));
}

static int
inorder_consider(struct inorder *f, const struct plan_address *a, int port)
{
	if (*f->stop)
		return 1;
	return may_scan(f, a) ? put_addr(f, a, port) : 0;
}

/* How many addresses or prefixes there are in an entry, less one. */
static unsigned __int128
more_of(const struct list_entry *e)
{
	if (e->family == 4)
		return e->last - e->first;
	return (ip6_number(e->last6) - ip6_number(e->first6)) >>
	    (IP6_BITS - e->part);
}

static const char *
make_makers(struct inorder *f, unsigned length)
{
	size_t n = f->iids->n > 0 ? f->iids->n : 1;

	for (size_t i = 0; i < n; i++)
		if (iid_maker(&f->maker[i], f->iids, i, length, f->wish.seed,
			f->why, sizeof f->why) == -1)
			return f->why;
	f->makers = n;
	f->length = length;
	return NULL;
}

static const char *
reason_against_size(struct inorder *f, const struct list_entry *e)
{
	size_t each = 1;

	if (e->family == 6 && e->part < IP6_BITS) {
		const char *why = NULL;

		if (e->part != f->length)
			why = make_makers(f, e->part);
		if (why != NULL)
			return why;
		each = f->makers;
	}
	if (more_of(e) < f->entry_max / each)
		return NULL;
	return f->entry_max == GROUP_MAX ?
	    "over 2^48 addresses; narrow it, or scan one address in each prefix, as in 2001:db8::/32-64" :
	    "too many addresses without a blacklist";
}

static const char *
reason_against(struct inorder *f, const struct list_entry *e)
{
	size_t index;

	if (e->family != f->family)
		return e->family == 6 ?
		    "a target of IPv6 among those of IPv4: give -4 or -6" :
		    "a target of IPv4 among those of IPv6: give -4 or -6";
	if (e->port == LIST_NOPORT) {
		if (f->emit->ports != TARGETS_NO_PORTS && f->ports->n == 0)
			return "a target without a port among targets with one";
		return reason_against_size(f, e);
	}
	if (f->emit->ports == TARGETS_NO_PORTS)
		return "a target with a port among targets without";
	if (f->ports->n > 0 && !ports_find(f->ports, e->port, &index))
		return "the port is not among those of --target-ports";
	return NULL;
}

static int
put_window(struct inorder *f, const struct list_entry *e)
{
	struct plan_address a = { .family = 6 };
	unsigned __int128 more = more_of(e);
	int rc = 0;

	for (unsigned __int128 i = 0; rc == 0 && i <= more; i++) {
		struct ip6 prefix = ip6_from_number(
		    ip6_number(e->first6) + (i << (IP6_BITS - e->part)));

		for (size_t k = 0; rc == 0 && k < f->makers; k++) {
			a.six = iid_make(&f->maker[k], prefix);
			rc = inorder_consider(f, &a, e->port);
		}
	}
	return rc;
}

/* 1 if the limit is reached or it is time to stop. */
static int
put_entry(struct inorder *f, const struct list_entry *e)
{
	struct plan_address a = { .family = e->family };
	unsigned __int128 more = more_of(e);
	int rc = 0;

	if (e->family == 6 && e->part < IP6_BITS)
		return put_window(f, e);
	for (unsigned __int128 i = 0; rc == 0 && i <= more; i++) {
		if (e->family == 6)
			a.six = ip6_add(e->first6, i);
		else
			a.four = e->first + i;
		rc = inorder_consider(f, &a, e->port);
	}
	return rc;
}

/* The addresses that may be scanned; there may be any number of them. */
static int
collect_allowed(const struct inorder *f, struct scanid *id, struct facts *facts)
{
	struct ranges *r = &facts->networks;

	if ((f->allow != NULL ? ranges_copy(r, &f->allow->four) :
				ranges_add(r, 0, UINT32_MAX)) == -1 ||
	    ranges_subtract(r, &f->block->four) == -1)
		return -1;
	scanid_add_all(id, r->v, r->n);
	facts->allowed = ranges_count(r);
	/* without networks, whatever comes may be an answer */
	if (r->n > 0 && r->n <= PLAN_NETWORKS)
		facts->has |= FACT_NETWORKS;
	facts->has |= FACT_ALLOWED;
	return 0;
}

/* What identifiers windows have is part of the scan, too. */
static int
collect_allowed6(const struct inorder *f, struct scanid *id,
    struct facts *facts)
{
	static const struct ip6 none, top = { UINT64_MAX, UINT64_MAX };
	struct ranges6 *r = &facts->networks6;

	if ((f->allow != NULL ? ranges6_copy(r, &f->allow->six) :
				ranges6_add(r, none, top)) == -1 ||
	    ranges6_subtract(r, &f->block->six) == -1)
		return -1;
	facts->seed = f->wish.seed;
	facts->has |= FACT_SEED;
	scanid_add(id, f->wish.seed);
	iids_digest(f->iids, id);
	ranges6_digest(r, id);
	if (ranges6_count(r) <= UINT64_MAX) {
		facts->allowed = (uint64_t)ranges6_count(r);
		facts->has |= FACT_ALLOWED;
	}
	if (r->n > 0 && r->n <= PLAN_NETWORKS)
		facts->has |= FACT_NETWORKS;
	return 0;
}

/* What is known of the scan beforehand; facts_free in any case. */
static int
inorder_describe(const struct inorder *f, bool has_ports, struct facts *facts)
{
	uint8_t bytes[SCANID_SIZE];
	struct scanid id;
	int rc = 0;

	*facts = (struct facts){
		.has = FACT_ID | FACT_SHARD | FACT_SHARDS | FACT_FAMILY |
		    FACT_POSITION | FACT_START,
		.shard = f->wish.shard,
		.shards = f->wish.shards,
		.family = f->family,
		.position = f->start,
		.start_ns = clock_wall_ns(),
	};
	if (has_ports)
		facts->has |= FACT_PORTS;
	scanid_start(&id);
	scanid_add(&id, IN_ORDER_VERSION);
	scanid_add(&id, f->family);
	scanid_add(&id, f->wish.shards);
	scanid_add(&id, f->wish.limit);
	scanid_add(&id, f->ports->n);
	for (size_t i = 0; i < f->ports->n; i++) {
		scanid_add(&id, f->ports->v[i]);
		rc |= ranges_add(&facts->ports, f->ports->v[i], f->ports->v[i]);
	}
	if (f->ports->n == 0)
		rc |= ranges_add(&facts->ports, 0, 65535);
	rc |= f->family == 6 ? collect_allowed6(f, &id, facts) :
			       collect_allowed(f, &id, facts);
	ranges_normalise(&facts->ports);
	scanid_end(&id, bytes);
	scanid_print(bytes, facts->id);
	return rc;
}

/*
 * The first entry, or -p, tells whether targets have ports; the first entry,
 * which may be NULL, also the family, unless an option has.
 */
static int
inorder_begin(struct inorder *f, const struct list_entry *first,
    const char **why)
{
	bool has_ports = f->ports->n > 0 ||
	    (first != NULL && first->port != LIST_NOPORT);
	struct writer *e = f->emit;
	struct facts facts;
	struct header *h;
	int rc = -1;

	*why = NULL;
	if (f->family == 0)
		f->family = first != NULL ? first->family : 4;
	e->ports = !has_ports ? TARGETS_NO_PORTS :
	    f->ports->n == 1  ? f->ports->v[0] :
				TARGETS_OWN_PORTS;
	if (inorder_describe(f, has_ports, &facts) == -1)
		goto done;
	if (f->expect != NULL && strcmp(facts.id, f->expect) != 0) {
		*why = "options or lists are not those of the checkpoint";
		goto done;
	}
	f->begun = true;
	if (e->out == NULL) {
		rc = 0;
		goto done;
	}
	h = stream_derive(e->out, NULL, "targets", f->argv);
	if (h == NULL || facts_encode(&facts, &h->scan) == -1)
		goto done;
	facts_identify(e->status, &h->scan);
	status_facts(e->status, &h->scan);
	rc = stream_header(e->out);
done:
	facts_free(&facts);
	return rc;
}

/*
 * Called before each read: passes on what there is if the read would wait,
 * and then waits for input, a signal, or the end of our reader.
 */
static int
wait_for_input(void *arg, int fd)
{
	struct inorder *f = arg;
	struct pollfd p[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = f->wake, .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};

	/* a write that fails now fails again at the end */
	if (poll(p, 1, 0) == 0 && inorder_flush(f) == 0)
		writer_flush(f->emit);
	while (!*f->stop && p[0].revents == 0) {
		if (poll(p, 3, status_wait(f->emit->status)) > 0 &&
		    p[2].revents & POLLERR)
			writer_reader_gone(f->emit);
		writer_idle(f->emit);
	}
	return *f->stop;
}

static int
run_list(struct inorder *f, struct lists *in, struct list *l)
{
	struct list_entry e;
	const char *why;
	int rc;

	while ((rc = lists_next(in, l, &e)) == 1) {
		if (!f->begun && inorder_begin(f, &e, &why) == -1)
			return lists_refuse(in, l, why);
		if ((why = reason_against(f, &e)) != NULL)
			return lists_refuse(in, l, why);
		if ((rc = put_entry(f, &e)) != 0)
			break;
	}
	return rc;
}

int
inorder_run(struct inorder *f, struct lists *in, enum selection_part part)
{
	const char *why = NULL;
	struct list l;
	int rc = 0;

	in->why[0] = '\0';
	/* what is known beforehand is said beforehand */
	if (f->ports->n > 0 && f->family != 0)
		rc = inorder_begin(f, NULL, &why);
	for (size_t i = 0; rc == 0 && i < in->n; i++) {
		if (in->source[i].part != part)
			continue;
		if ((rc = lists_open(in, i, &l)) == -1)
			break;
		l.wait = wait_for_input;
		l.arg = f;
		rc = run_list(f, in, &l);
		list_close(&l);
	}
	if (rc != -1 && !f->begun)
		rc = inorder_begin(f, NULL, &why);
	if (why != NULL)
		snprintf(in->why, sizeof in->why, "%s", why);
	if (inorder_flush(f) == -1)
		rc = -1;
	return rc == -1 ? -1 : 0;
}
