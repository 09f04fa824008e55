/* SPDX-License-Identifier: Apache-2.0 */
/* Targets in the order of their list; see follow.h. */
#include "targets/inorder.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "scan/batch.h"
#include "scan/facts.h"
#include "scan/scanid.h"

#define IN_ORDER_VERSION 0 /* where plan.c has the order's version */
#define FAMILY		 4

/* Hands over what there is. */
static int
flush(struct inorder *f)
{
	size_t n = f->n;

	f->n = 0;
	return n == 0 ? 0 : writer_put(f->emit, f->seen, f->addr, f->port, n);
}

static int
put(struct inorder *f, uint32_t addr, uint16_t port)
{
	uint64_t number = f->seen++;

	if (number < f->start || number % f->wish.shards != f->wish.shard)
		return 0;
	f->addr[f->n] = addr;
	f->port[f->n++] = port;
	return f->n == PLAN_BATCH ? flush(f) : 0;
}

static int
put_addr(struct inorder *f, uint32_t addr, int port)
{
	size_t n = port != LIST_NOPORT || f->ports->n == 0 ? 1 : f->ports->n;

	for (size_t i = 0; i < n; i++) {
		uint16_t p = 0;

		if (f->seen >= f->wish.limit)
			return 1;
		if (port != LIST_NOPORT)
			p = port;
		else if (f->ports->n > 0)
			p = f->ports->v[i];
		if (put(f, addr, p) == -1)
			return -1;
	}
	return f->seen >= f->wish.limit;
}

static const char *
reason_against(const struct inorder *f, const struct list_entry *e)
{
	size_t index;

	if (e->port == LIST_NOPORT) {
		if (f->emit->ports != TARGETS_NO_PORTS && f->ports->n == 0)
			return "a target without a port among targets with one";
		if (f->entry_max > 0 && e->last - e->first >= f->entry_max)
			return "too many addresses without a blacklist";
	} else if (f->emit->ports == TARGETS_NO_PORTS) {
		return "a target with a port among targets without";
	} else if (f->ports->n > 0 && !ports_find(f->ports, e->port, &index)) {
		return "the port is not among those of --target-ports";
	}
	return NULL;
}

/* 1 if the limit is reached or it is time to stop. */
static int
put_entry(struct inorder *f, const struct list_entry *e)
{
	int rc = 0;

	for (uint64_t a = e->first; rc == 0 && a <= e->last; a++) {
		if (*f->stop)
			return 1;
		if (ranges_contain(f->block, a) ||
		    (f->allow != NULL && !ranges_contain(f->allow, a)))
			continue;
		rc = put_addr(f, a, e->port);
	}
	return rc;
}

/* The addresses that may be scanned, of which there may be any number. */
static int
collect_allowed(const struct inorder *f, struct scanid *id, struct facts *facts)
{
	struct ranges *r = &facts->networks;

	if ((f->allow != NULL ? ranges_copy(r, f->allow) :
				ranges_add(r, 0, UINT32_MAX)) == -1 ||
	    ranges_subtract(r, f->block) == -1)
		return -1;
	scanid_add_all(id, r->v, r->n);
	facts->allowed = ranges_count(r);
	/* without networks, whatever comes may be an answer */
	if (r->n > 0 && r->n <= PLAN_NETWORKS)
		facts->has |= FACT_NETWORKS;
	return 0;
}

/* What is known of the scan beforehand; facts_free in any case. */
static int
describe(const struct inorder *f, bool has_ports, struct facts *facts)
{
	uint8_t bytes[SCANID_SIZE];
	struct scanid id;
	int rc = 0;

	*facts = (struct facts){
		.has = FACT_ID | FACT_SHARD | FACT_SHARDS | FACT_FAMILY |
		    FACT_ALLOWED | FACT_POSITION | FACT_START,
		.shard = f->wish.shard,
		.shards = f->wish.shards,
		.family = FAMILY,
		.position = f->start,
		.start_ns = clock_wall_ns(),
	};
	if (has_ports)
		facts->has |= FACT_PORTS;
	scanid_start(&id);
	scanid_add(&id, IN_ORDER_VERSION);
	scanid_add(&id, FAMILY);
	scanid_add(&id, f->wish.shards);
	scanid_add(&id, f->wish.limit);
	scanid_add(&id, f->ports->n);
	for (size_t i = 0; i < f->ports->n; i++) {
		scanid_add(&id, f->ports->v[i]);
		rc |= ranges_add(&facts->ports, f->ports->v[i], f->ports->v[i]);
	}
	if (f->ports->n == 0)
		rc |= ranges_add(&facts->ports, 0, 65535);
	rc |= collect_allowed(f, &id, facts);
	ranges_normalise(&facts->ports);
	scanid_end(&id, bytes);
	scanid_print(bytes, facts->id);
	return rc;
}

/* The first entry, or -p, tells whether targets have ports. */
static int
begin(struct inorder *f, bool has_ports, const char **why)
{
	struct writer *e = f->emit;
	struct facts facts;
	struct header *h;
	int rc = -1;

	*why = NULL;
	e->ports = !has_ports ? TARGETS_NO_PORTS :
	    f->ports->n == 1  ? f->ports->v[0] :
				TARGETS_OWN_PORTS;
	if (describe(f, has_ports, &facts) == -1)
		goto done;
	if (f->expect != NULL && strcmp(facts.id, f->expect) != 0) {
		*why = "options or lists are not those of the checkpoint";
		goto done;
	}
	f->begun = 1;
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
 * and then waits for input, a signal, or the end of whoever reads us.
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
	if (poll(p, 1, 0) == 0 && flush(f) == 0)
		writer_flush(f->emit);
	while (!*f->stop && p[0].revents == 0) {
		if (poll(p, 3, status_wait(f->emit->status)) > 0 &&
		    p[2].revents & POLLERR)
			raise(SIGPIPE);
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
		if (!f->begun && begin(f, e.port != LIST_NOPORT, &why) == -1)
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
	if (f->ports->n > 0)
		rc = begin(f, 1, &why);
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
		rc = begin(f, 0, &why);
	if (why != NULL)
		snprintf(in->why, sizeof in->why, "%s", why);
	if (flush(f) == -1)
		rc = -1;
	return rc == -1 ? -1 : 0;
}
