/* SPDX-License-Identifier: Apache-2.0 */
/* The ways out while a scan runs; see uplink.h. */
#include "send/uplink.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mac.h"

enum { WAYS_TOLD = 32 };

#define SETTLED (2 * SECOND) /* after routes have changed, to ask */

#define LOOK   (50 * MILLISECOND) /* between two looks at queues below */
#define CALM   SECOND		  /* without drops, to go faster again */
#define SLOWER 0.7
#define FASTER 1.1

/* --- before the scan --- */

/* The table of ways, for who wants to see it. */
static void
tell_ways(const struct uplink *u)
{
	const struct routes *r = &u->egress.routes;
	const struct way *w;
	char text[256];
	size_t i;

	log_debug(u->log, "%s", u->egress.says);
	if (r->nways < 2)
		return;
	for (i = 0; i < r->nways && i < WAYS_TOLD; i++) {
		w = &r->ways[i];
		log_debug(u->log, "%" PRIu64 " addresses, first %s: %s",
		    w->targets, address_text(&w->first).s,
		    routes_way_text(w, &u->egress.network, text, sizeof text));
	}
	if (i < r->nways)
		log_debug(u->log, "and %zu more ways", r->nways - i);
}

int
uplink_find(struct uplink *u, const struct egress_query *q, char *why,
    size_t size)
{
	unsigned i;

	if (egress_find(&u->egress, q, why, size) == -1)
		return -1;
	tell_ways(u);
	for (i = 0; i < u->egress.nwarns; i++)
		log_say(u->log, LOG_LEVEL_WARN, "%s", u->egress.warns[i]);
	return 0;
}

/* One way out of one thread. */
static void
describe_one(const struct uplink *u, unsigned thread, unsigned part,
    const char *savefile, const char *asked)
{
	struct io *io = sender_way(u->sender, thread);
	const struct egress_exit *e = &u->egress.exits[part];
	const char *tried = sender_tried(u->sender, thread);
	bool because = false;

	io = io_many_part(io, part);
	if (tried == NULL && strcmp(asked, "auto") == 0) {
		tried = e->because;
		because = true;
	}
	log_say(u->log, thread == 0 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG,
	    "will send by %s%s%s on %s%s%s", io->way->name,
	    io->note != NULL ? ", " : "", io->note != NULL ? io->note : "",
	    savefile != NULL ? savefile : e->name,
	    tried == NULL ? "" :
		because	  ? ": " :
			    "; not by ",
	    tried != NULL ? tried : "");
}

/* How many threads there are, and whether they are of use. */
static void
describe_threads(const struct uplink *u)
{
	unsigned n = sender_threads(u->sender), k;

	if (n > 1)
		log_info(u->log, "will send by %u threads", n);
	for (k = 0; k < u->egress.nparts; k++)
		if (sender_shares(u->sender, k))
			log_info(u->log,
			    "threads share a queue of %s: more than one may be no faster",
			    u->egress.exits[k].name);
}

void
uplink_describe(const struct uplink *u, const char *savefile, const char *asked)
{
	unsigned i, k;

	for (i = 0; i < sender_threads(u->sender); i++)
		for (k = 0; k < u->egress.nparts; k++)
			describe_one(u, i, k, savefile, asked);
	if (savefile == NULL)
		describe_threads(u);
}

/* All devices that packets leave by, also those that the kernel routes. */
static void
watch_queues(struct uplink *u)
{
	const struct routes *r = &u->egress.routes;
	unsigned devices[QUEUES_MAX];
	size_t n = 0, i, k;

	for (i = 0; i < r->nways && n < QUEUES_MAX; i++) {
		if (r->ways[i].refused != ROUTES_OPEN)
			continue;
		for (k = 0; k < n && devices[k] != r->ways[i].ifindex; k++)
			continue;
		if (k == n)
			devices[n++] = r->ways[i].ifindex;
	}
	if (queues_open(&u->queues, &u->egress.network, devices, n) == -1)
		log_say(u->log, LOG_LEVEL_WARN,
		    "cannot watch the queues of lower devices: %s",
		    strerror(errno));
}

void
uplink_watch(struct uplink *u)
{
	struct egress *e = &u->egress;
	const struct io_part *p;
	unsigned i;

	for (i = 0; i < e->nparts; i++) {
		p = &e->parts[i];
		if (p->args.name != NULL)
			linkwatch_add(&u->link, p->args.ifindex, p->args.name);
	}
	u->link.family = e->network.family == AF_INET6 ? 6 : 4;
	if (!e->given) {
		u->link.sources = e->sources;
		u->link.sources6 = e->sources6;
		u->link.nsources = e->nsources;
	}
	if (e->has_neighbours)
		u->link.neighbours = &e->neighbours;
	watch_queues(u);
	if (netlink_open(&u->nl) == -1 || linkwatch_open(&u->link) == -1)
		log_say(u->log, LOG_LEVEL_WARN,
		    "cannot watch links and routes: %s", strerror(errno));
}

/* --- news --- */

static void
take_gateways(struct uplink *u)
{
	struct egress *e = &u->egress;
	struct neighbour *n;
	bool headers = false;
	size_t i;

	for (i = 0; i < e->neighbours.n; i++) {
		n = &e->neighbours.v[i];
		if (!n->news)
			continue;
		n->news = false;
		if (n->silent)
			log_say(u->log, LOG_LEVEL_WARN,
			    "gateway %s on %s has stopped answering: packets may be lost; -G gives its MAC address",
			    address_text(&n->address).s, n->link);
		else if (egress_gateway(e, i)) {
			headers = true;
			log_info(u->log, "the gateway is now at %s",
			    mac_text(n->mac).s);
		}
	}
	if (headers)
		sender_set_headers(u->sender, e->ethernet, e->outlets);
}

static void
take_mtus(struct uplink *u)
{
	const struct egress *e = &u->egress;
	const struct linkwatch_link *l;
	unsigned i, k;

	for (i = 0; i < e->nparts; i++)
		for (k = 0; k < u->link.nlinks; k++) {
			l = &u->link.links[k];
			if (l->ifindex == e->parts[i].args.ifindex)
				sender_set_mtu(u->sender, i, l->mtu);
		}
}

static void
uplink_take_links(struct uplink *u)
{
	const struct linkwatch_link *down = linkwatch_down(&u->link);
	const struct linkwatch_link *gone = linkwatch_gone(&u->link);

	if (gone != NULL)
		snprintf(u->gone, sizeof u->gone,
		    "the interface to send on is gone: %s", gone->name);
	else if (down != NULL && !u->down)
		log_say(u->log, LOG_LEVEL_WARN,
		    "the link of %s is down: waiting", down->name);
	else if (down == NULL && u->down)
		log_say(u->log, LOG_LEVEL_WARN, "the link of %s is up again",
		    u->link.nlinks == 1 ? u->link.links[0].name :
					  "each device");
	u->down = down != NULL;
	sender_set_link(u->sender, !u->down);
}

static void
take_news(struct uplink *u)
{
	if (!linkwatch_read(&u->link))
		return;
	if (u->link.lost && !u->renumbered) {
		u->renumbered = true;
		log_say(u->log, LOG_LEVEL_WARN,
		    "the source address of the scan is not this machine's any more: answers get lost");
	}
	uplink_take_links(u);
	take_mtus(u);
	if (u->link.routes) {
		u->link.routes = false;
		u->ask_ns = clock_ns() + SETTLED;
	}
}

/*
 * Packets go on by the ways of the beginning, since no other device can be
 * opened any more.  Routes that a lost link takes along come back with it.
 */
static void
ask_routes(struct uplink *u)
{
	struct address first;
	struct way was, is;
	char before[128], now[128];
	bool changed;

	u->ask_ns = 0;
	changed = egress_changed(&u->egress, &u->nl, &first, &was, &is);
	if (changed && !u->rerouted)
		log_say(u->log, LOG_LEVEL_WARN,
		    "routes have changed: targets such as %s would leave now (%s), but are sent as at first (%s); a new scan takes the new way",
		    address_text(&first).s,
		    routes_way_text(&is, &u->egress.network, now, sizeof now),
		    routes_way_text(&was, &u->egress.network, before,
			sizeof before));
	if (!changed && u->rerouted)
		log_say(u->log, LOG_LEVEL_WARN, "routes are as at first again");
	u->rerouted = changed;
}

void
uplink_poll(const struct uplink *u, struct pollfd p[UPLINK_FDS])
{
	const struct neighbours *n = &u->egress.neighbours;

	p[0] = (struct pollfd){ .fd = linkwatch_fd(&u->link),
		.events = POLLIN };
	p[1] = (struct pollfd){ .fd = neighbours_fd(n, AF_INET),
		.events = POLLIN };
	p[2] = (struct pollfd){ .fd = neighbours_fd(n, AF_INET6),
		.events = POLLIN };
}

uint64_t
uplink_next(const struct uplink *u)
{
	uint64_t next = UINT64_MAX;

	if (u->egress.has_neighbours)
		next = neighbours_next(&u->egress.neighbours);
	if (u->ask_ns != 0 && !u->down && u->ask_ns < next)
		next = u->ask_ns;
	if (u->queues.n > 0 && u->looked_ns + LOOK < next)
		next = u->looked_ns + LOOK;
	return next;
}

/* --- queues below --- */

/* To less than what went out just now, when packets were dropped. */
static void
go_slower(struct uplink *u, double measured, uint64_t now)
{
	double rate = rate_get(u->rate);

	if (!u->slowed) {
		u->wanted = rate;
		log_say(u->log, LOG_LEVEL_WARN,
		    "the queue of %s, below the device to send on, drops packets: sending slower",
		    queues_worst(&u->queues));
	}
	u->slowed = true;
	u->slowed_ns = now;
	if (rate == 0 || measured < rate)
		rate = measured;
	rate = rate * SLOWER < 1 ? 1 : rate * SLOWER;
	rate_set(u->rate, rate, now);
}

static void
go_faster(struct uplink *u, uint64_t now)
{
	double rate = rate_get(u->rate) * FASTER;

	u->slowed_ns = now;
	if (u->wanted != 0 && rate >= u->wanted) {
		rate = u->wanted;
		u->slowed = false;
	}
	rate_set(u->rate, rate, now);
}

static void
look_below(struct uplink *u, uint64_t now)
{
	double seconds = (now - u->looked_ns) / (double)SECOND;
	uint64_t dropped = queues_read(&u->queues), packets;
	struct sender_counts n;

	sender_counts(u->sender, &n);
	packets = n.packets - u->packets;
	if (dropped > u->dropped && packets > 0 && u->looked_ns != 0)
		go_slower(u, packets / seconds, now);
	else if (u->slowed && now - u->slowed_ns > CALM)
		go_faster(u, now);
	u->dropped = dropped;
	u->packets = n.packets;
	u->looked_ns = now;
}

/* What ways out have to say of themselves. */
static void
take_ways(struct uplink *u)
{
	const char *news;
	unsigned i, k;

	for (i = 0; i < sender_threads(u->sender); i++)
		for (k = 0; k < u->egress.nparts; k++) {
			news =
			    atomic_exchange(&io_many_part(sender_way(u->sender,
							      i),
						k)
						 ->news,
				NULL);
			if (news != NULL)
				log_say(u->log, LOG_LEVEL_WARN, "%s: %s",
				    u->egress.exits[k].name, news);
		}
}

void
uplink_turn(struct uplink *u, uint64_t now)
{
	bool news = false;

	take_ways(u);

	take_news(u);
	if (u->ask_ns != 0 && !u->down && now >= u->ask_ns)
		ask_routes(u);
	if (u->queues.n > 0 && now >= u->looked_ns + LOOK)
		look_below(u, now);
	if (u->egress.has_neighbours)
		news = neighbours_turn(&u->egress.neighbours, now);
	if (news || u->link.moved) {
		u->link.moved = false;
		take_gateways(u);
	}
}

/* --- the end --- */

bool
uplink_losses(struct uplink *u, char *why, size_t size)
{
	uint64_t dropped = u->queues.n > 0 ? queues_read(&u->queues) : 0;

	if (dropped > 0) {
		snprintf(why, size,
		    "the queue of %s, below the device to send on, has dropped %" PRIu64
		    " packets: lower --rate",
		    queues_worst(&u->queues), dropped);
		return true;
	}
	if (!u->renumbered)
		return false;
	snprintf(why, size,
	    "the source address was taken from this machine: answers are missing");
	return true;
}

void
uplink_free(struct uplink *u)
{
	linkwatch_close(&u->link);
	queues_close(&u->queues);
	netlink_close(&u->nl);
	egress_free(&u->egress);
}
