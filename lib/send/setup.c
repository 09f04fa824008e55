/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that a run needs, opened; see setup.h. */
#include "send/setup.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/cores.h"
#include "base/rights.h"
#include "probe/module.h"
#include "send/launch.h"
#include "send/pace.h"
#include "send/run.h"

#define PATH_ROOM 4096

#define HURRY_PACKETS 100000
#define HURRY_RATE    100000 /* packets/s */

#define THREAD_RATE  500000 /* packets/s, that one thread surely sends */
#define THREADS_HELP 8	    /* more have no target left */

/* The stream of targets has each of them several times. */
static int
count_copies(struct run *r, char *why, size_t size)
{
	const struct send *s = r->send;
	uint64_t copies = r->facts.copies;

	if (s->probes_given && s->probes != copies)
		snprintf(why, size,
		    "-P %u: zmap-targets gives each target %" PRIu64
		    " times; say -P to both, or to it alone",
		    s->probes, copies);
	else if (copies < 1 || copies > UINT16_MAX + 1 ||
	    (s->probe->ports && copies > s->source_ports))
		snprintf(why, size,
		    "%" PRIu64 " probes to a target, but %u source ports",
		    copies, s->source_ports);
	else {
		r->probes = copies;
		return 0;
	}
	return -1;
}

/*
 * Probes say which block they are of by their source ports, or by the time that
 * is in them.
 */
static int
begin_blocks(struct run *r, char *why, size_t size)
{
	const struct send *s = r->send;
	const char *option = s->rate_auto ? "-r auto" : "--measure-loss";

	r->tempo.on = true;
	if (!s->probe->ports && s->probe->rtt == 0)
		snprintf(why, size,
		    "%s: the probes of %s have neither ports nor the time, so answers do not say when they were asked for",
		    option, s->probe->name);
	else if (s->probe->ports && 2 * r->probes > s->source_ports)
		snprintf(why, size,
		    "%s needs %u source ports, and there are %u", option,
		    2 * r->probes, s->source_ports);
	else if (s->back == -1)
		snprintf(why, size,
		    "%s needs the way back from zmap-recv: say --back FIFO to both",
		    option);
	else
		return 0;
	return -1;
}

/* Copies can be left out where answers come before them. */
static int
check_resend(const struct run *r, char *why, size_t size)
{
	if (r->probes < 2)
		snprintf(why, size,
		    "--resend silent leaves out copies, and each target gets one probe: say -P 2");
	else if (!(r->facts.has & FACT_DISTANCE))
		snprintf(why, size,
		    "--resend silent: copies that follow each other at once cannot wait for answers; say -P and --spread to zmap-targets");
	else if (r->send->back == -1)
		snprintf(why, size,
		    "--resend silent needs the way back from zmap-recv: say --back FIFO to both");
	else
		return 0;
	return -1;
}

enum outcome
setup_read(struct run *r, char *why, size_t size)
{
	const struct probe *probe = r->send->probe;
	struct stream_item item;
	char wrong[200];

	if (stream_read(r->in, &item) != 1) {
		snprintf(why, size, "stdin: %s", stream_error(r->in));
		return OUTCOME_FAILED;
	}
	r->header = item.header;
	if (facts_decode(&r->facts, &r->header->scan, FACT_FAMILY, wrong,
		sizeof wrong) == -1) {
		snprintf(why, size, "stdin: %s", wrong);
		return OUTCOME_FAILED;
	}
	if (r->facts.family == 6 && !probe->ip6) {
		snprintf(why, size,
		    "%s knows IPv4 alone, and the targets are IPv6",
		    probe->name);
		return OUTCOME_MISUSED;
	}
	if (r->send->sources.family != 0 &&
	    r->send->sources.family != r->facts.family) {
		snprintf(why, size,
		    "-S names IPv%u addresses, and the targets are IPv%u",
		    r->send->sources.family, (unsigned)r->facts.family);
		return OUTCOME_MISUSED;
	}
	if (facts_decode(&r->facts, &r->header->scan, FACT_ALL, wrong,
		sizeof wrong) == -1) {
		snprintf(why, size, "stdin: %s", wrong);
		return OUTCOME_FAILED;
	}
	r->probes = r->send->probes;
	if (r->facts.has & FACT_COPIES && count_copies(r, why, size) == -1)
		return OUTCOME_MISUSED;
	if ((r->send->measure_loss || r->send->rate_auto) &&
	    begin_blocks(r, why, size) == -1)
		return OUTCOME_MISUSED;
	if (r->send->resend_silent && check_resend(r, why, size) == -1)
		return OUTCOME_MISUSED;
	if (probe->ports && !(r->facts.has & FACT_PORTS)) {
		snprintf(why, size, "%s needs target ports: say -p",
		    probe->name);
		return OUTCOME_MISUSED;
	}
	if (!probe->ports && r->facts.has & FACT_PORTS) {
		snprintf(why, size,
		    "%s has no ports: each address would be probed once for each of them; leave out -p",
		    probe->name);
		return OUTCOME_MISUSED;
	}
	return OUTCOME_DONE;
}

int
setup_form(struct run *r, char *why, size_t size)
{
	const struct send *s = r->send;
	struct form *f = &r->form;

	if (getrandom(r->key, sizeof r->key, 0) != sizeof r->key) {
		snprintf(why, size, "no random key: %s", strerror(errno));
		return -1;
	}
	validate_init(&f->key, r->key);
	f->probe = s->probe;
	f->config.family = r->facts.family;
	f->config.args = s->probe_args;
	f->config.attribution = s->attribution;
	f->config.source_port_first = s->source_port;
	f->config.source_port_count = s->source_ports;
	f->config.probes = r->probes;
	f->config.ttl = s->ttl;
	f->config.start_ns = clock_wall_ns();
	f->config.seed = r->facts.seed;
	if (facts_ports(&r->facts, &r->ports, &f->config.nports) == -1) {
		snprintf(why, size, "%s", strerror(errno));
		return -1;
	}
	f->config.ports = r->ports;
	if (s->attribution_padn && r->facts.family == 6)
		f->extension_size = attribution_header(f->extension,
		    s->attribution);
	return 0;
}

/* Does the URI of --attribution go out, and what does that do? */
static void
tell_attribution(struct run *r, bool attributed)
{
	const struct send *s = r->send;

	r->attributed = attributed || r->form.extension_size > 0;
	if (r->form.extension_size > 0)
		log_say(s->log, LOG_LEVEL_WARN,
		    "--attribution-padn: Linux drops packets with such a PadN option, as others do, so most hosts will not answer");
	else if (s->attribution_padn)
		log_info(s->log,
		    "--attribution-padn is of IPv6, and the targets are IPv4");
	if (s->attribution != NULL && !r->attributed)
		log_info(s->log,
		    "--attribution is not in the probes of %s; zmap -M %s -h says when it is",
		    s->probe->name, s->probe->name);
	if (attributed && s->probe->protocol == IPPROTO_TCP)
		log_say(s->log, LOG_LEVEL_WARN,
		    "SYNs carry data, for --attribution: some hosts and firewalls drop such SYNs, so fewer hosts will answer");
}

enum outcome
setup_try(struct run *r, char *why, size_t size)
{
	const struct probe *p = r->send->probe;
	unsigned char packet[FORM_ROOM] = { 0 };
	struct probe_thread t = { .size = 0 };
	const char *what;

	if (form_prepare(&r->form, &t, packet, &what) == -1) {
		snprintf(why, size, "%s: %s", p->name, what);
		return OUTCOME_MISUSED;
	}
	tell_attribution(r, t.attributed);
	if (p->done != NULL)
		p->done(&t);
	return OUTCOME_DONE;
}

int
setup_egress(struct run *r, char *why, size_t size)
{
	const struct send *s = r->send;
	const struct probe_config *c = &r->form.config;
	struct egress *e = &r->uplink.egress;
	struct egress_query q = {
		.family = r->facts.family,
		.interface = s->interface,
		.way = s->way,
		.iplayer = s->iplayer,
		.on_link = s->on_link,
		.silent = s->dry == DRY_ROUTES,
		.sources = &s->sources,
		.gateway_mac = s->has_gateway_mac ? s->gateway_mac : NULL,
		.source_mac = s->has_source_mac ? s->source_mac : NULL,
		.networks = &r->facts.networks,
		.networks6 = &r->facts.networks6,
		.protocol = s->probe->protocol,
		.ports = c->ports,
		.nports = s->probe->ports ? c->nports : 0,
		.from_first = c->source_port_first,
		.from_last = c->source_port_first + c->source_port_count - 1,
	};

	r->uplink.log = s->log;
	if (uplink_find(&r->uplink, &q, why, size) == -1)
		return -1;
	memcpy(r->form.ethernet, e->ethernet, IO_ETHERNET);
	r->form.sources = e->sources;
	r->form.sources6 = e->sources6;
	r->form.nsources = e->nsources;
	r->form.source_prefix = e->prefix;
	return 0;
}

int
setup_keeper(struct run *r, char *why, size_t size)
{
	const struct keeper_config c = {
		.checkpoint = r->send->checkpoint,
		.claims = r->send->dry == DRY_NOT,
		.exclude = r->send->exclude,
		.facts = &r->facts,
		.lag_ns = r->send->checkpoint_lag,
		.probe = r->send->probe,
		.probe_args = r->send->probe_args,
		.probes = r->probes,
		.work = &r->work,
		.rate = r->send->rate_auto ? &r->rate : NULL,
		.log = r->send->log,
	};

	r->keeper = keeper_new(&c, why, size);
	return r->keeper == NULL ? -1 : 0;
}

/* A probe that is too long for one of the links. */
static int
check_mtu(const struct run *r, char *why, size_t size)
{
	unsigned packet = sender_frame_size(r->sender) - IO_ETHERNET;
	const struct egress *e = &r->uplink.egress;

	if (e->mtu == 0 || packet <= e->mtu)
		return 0;
	snprintf(why, size,
	    "%s: probes of %u bytes are longer than the MTU of %s, %u",
	    r->send->probe->name, packet, e->mtu_link, e->mtu);
	return -1;
}

/*
 * Does a way out that is slow to open and then quick pay off, for what is to be
 * sent at this rate?
 */
static bool
hurries(const struct run *r)
{
	const struct facts *f = &r->facts;
	uint64_t n = f->targets < f->allowed ? f->targets : f->allowed;
	double rate = pace_about(r);

	return n > HURRY_PACKETS / r->probes &&
	    (rate == 0 || rate > HURRY_RATE);
}

/* One for each processor, if the rate needs them all. */
static unsigned
threads_that_help(const struct run *r)
{
	const struct send *s = r->send;
	unsigned cores = s->ncores > 0 ? s->ncores : cores_usable(), need;
	double rate = pace_about(r);

	if (!hurries(r))
		return 1;
	need = rate == 0 || rate > THREAD_RATE * THREADS_HELP ?
	    THREADS_HELP :
	    (unsigned)(rate / THREAD_RATE) + 1;
	return cores < need ? cores : need;
}

/* Of each device that the kernel may choose, the least. */
static unsigned
room_of_any(const struct routes *r)
{
	unsigned room = 0, one;
	size_t i;

	for (i = 0; i < r->nways; i++) {
		if (r->ways[i].refused != ROUTES_OPEN)
			continue;
		one = launch_room(r->ways[i].ifindex);
		if (one == 0)
			return 0;
		room = room == 0 || one < room ? one : room;
	}
	return room;
}

/*
 * Packets that may wait in the device's queues for their time, where a way out
 * goes through these and packets would leave in groups otherwise.
 */
static unsigned
room_for_launch(const struct run *r, const struct io_part *p)
{
	const bool by_kernel = strcmp(p->way, "ip") == 0 ||
	    (strcmp(p->way, "auto") == 0 && !p->args.ethernet);

	if (pace_about(r) < RATE_SINGLE ||
	    (!by_kernel && strcmp(p->way, "mmsg") != 0))
		return 0;
	if (p->args.ifindex == 0)
		return room_of_any(&r->uplink.egress.routes);
	return launch_room(p->args.ifindex);
}

int
setup_sender(struct run *r, char *why, size_t size)
{
	const struct send *s = r->send;
	struct egress *e = &r->uplink.egress;
	struct sender_config c = {
		.form = r->form,
		.parts = e->parts,
		.nparts = e->nparts,
		.routes = e->single ? NULL : &e->routes,
		.outlets = e->single ? NULL : e->outlets,
		.by_route = !e->given,
		.many = e->many,
		.threads = s->threads > 0 ? s->threads : threads_that_help(r),
		.fewer = s->threads == 0,
		.cores = s->cores,
		.ncores = s->ncores,
		.batch = s->batch,
		.batch_given = s->batch_given,
		.retries = s->retries,
		.max_failures = s->max_failures,
		.asked = s->back != -1,
		.exclude = keeper_exclude(r->keeper),
		.answered = r->answered,
	};
	unsigned i;

	for (i = 0; i < e->nparts; i++) {
		e->parts[i].args.hurry = hurries(r);
		if (!c.many)
			e->parts[i].args.room = room_for_launch(r,
			    &e->parts[i]);
	}
	if (s->resend_silent &&
	    (c.answered = r->answered = answered_new()) == NULL) {
		snprintf(why, size, "out of memory");
		return -1;
	}
	if (s->savefile != NULL) {
		e->parts[0].args.savefile = &r->savefile;
		if (outfile_open(&r->savefile, s->savefile, 0666) == -1) {
			snprintf(why, size, "%s: %s", s->savefile,
			    strerror(errno));
			return -1;
		}
	}
	r->sender = sender_new(&c, &r->work, &r->rate, why, size);
	if (r->sender == NULL)
		return -1;
	r->uplink.sender = r->sender;
	r->uplink.rate = &r->rate;
	if (check_mtu(r, why, size) == -1)
		return -1;
	uplink_describe(&r->uplink, s->savefile, s->way);
	return 0;
}

int
setup_rights(const struct send *s, unsigned may, char *why, size_t size)
{
	char write_dir[PATH_ROOM], read_dir[PATH_ROOM], text[128];
	struct rights rights = { .may = may };
	const char *what;
	int missing;

	if (s->checkpoint != NULL &&
	    rights_dir_of(s->checkpoint, write_dir, sizeof write_dir) == 0)
		rights.write_dir = write_dir;
	if (s->exclude != NULL &&
	    rights_dir_of(s->exclude, read_dir, sizeof read_dir) == 0)
		rights.read_dir = read_dir;
	missing = rights_drop(&rights, &what);
	if (missing == -1) {
		snprintf(why, size, "%s: %s", what, strerror(errno));
		return -1;
	}
	if (missing != 0)
		log_info(s->log, "not all rights can be given up here: %s",
		    rights_missing(missing, text, sizeof text));
	return 0;
}
