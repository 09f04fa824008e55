/* SPDX-License-Identifier: Apache-2.0 */
/* The sending stage; see send.h. */
#include "send/send.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "addr/ranges.h"
#include "base/clock.h"
#include "base/interface.h"
#include "base/outfile.h"
#include "base/rights.h"
#include "probe/module.h"
#include "scan/facts.h"
#include "send/dryrun.h"
#include "send/feed.h"
#include "send/keeper.h"
#include "send/listing.h"
#include "send/uplink.h"
#include "stream/handshake.h"
#include "stream/status.h"
#include "stream/stream.h"

#define PATH_ROOM 4096

struct run {
	const struct send *send;
	struct stream_in *in;
	const struct header *header; /* of the input, */
	struct facts facts;	     /* and what it says */
	uint16_t *ports;	     /* of the targets, ascending */
	struct stream_out *out;
	pthread_mutex_t out_lock;
	struct status status;

	bool attributed; /* probes carry the URI of --attribution */
	struct form form;
	unsigned char key[VALIDATE_KEY_SIZE];
	struct uplink uplink;
	struct work work;
	struct rate rate;
	struct keeper *keeper;
	struct sender *sender;
	struct feed *feed;
	unsigned char *sources6; /* ours, as a header has them */
	struct outfile savefile;

	int signals; /* a signalfd */
	bool begun, reader_gone, interrupted;
	uint64_t boot; /* that our clock counts from */
	uint64_t end;  /* of sending; 0: no limit */
	uint64_t next_progress;
};

/* --- what is to be sent --- */

static enum outcome
read_header(struct run *r, char *why, size_t size)
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
	if (r->facts.family == 6 && r->send->nsources > 0) {
		snprintf(why, size,
		    "-S takes IPv4 addresses alone, and the targets are IPv6");
		return OUTCOME_MISUSED;
	}
	if (facts_decode(&r->facts, &r->header->scan, FACT_ALL, wrong,
		sizeof wrong) == -1) {
		snprintf(why, size, "stdin: %s", wrong);
		return OUTCOME_FAILED;
	}
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

static int
make_form(struct run *r, char *why, size_t size)
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
	f->config.probes = s->probes;
	f->config.ttl = s->ttl;
	f->config.start_ns = clock_wall_ns();
	f->config.seed = r->facts.seed;
	if (facts_ports(&r->facts, &r->ports, &f->config.nports) == -1) {
		snprintf(why, size, "%s", strerror(errno));
		return -1;
	}
	f->config.ports = r->ports;
	return 0;
}

/* Does the URI of --attribution go out, and what does that do? */
static void
tell_attribution(struct run *r, bool attributed)
{
	const struct send *s = r->send;

	r->attributed = attributed;
	if (s->attribution != NULL && !attributed)
		log_info(s->log,
		    "--attribution is not in the probes of %s; zmap -M %s -h says when it is",
		    s->probe->name, s->probe->name);
	if (attributed && s->probe->protocol == IPPROTO_TCP)
		log_say(s->log, LOG_LEVEL_WARN,
		    "SYNs carry data, for --attribution: some hosts and firewalls drop such SYNs, so fewer hosts will answer");
}

/* Before anybody else hears of the scan: can there be such probes? */
static enum outcome
try_probe(struct run *r, char *why, size_t size)
{
	const struct probe *p = r->send->probe;
	unsigned char packet[IO_FRAME] = { 0 };
	struct probe_thread t = { .packet = packet };
	const char *what;

	if (module_prepare(p, &t, &r->form.config, &what) == -1) {
		snprintf(why, size, "%s: %s", p->name, what);
		return OUTCOME_MISUSED;
	}
	tell_attribution(r, t.attributed);
	if (p->done != NULL)
		p->done(&t);
	return OUTCOME_DONE;
}

/* --- by which way --- */

static int
find_egress(struct run *r, char *why, size_t size)
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
		.sources = s->sources,
		.nsources = s->nsources,
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
	return 0;
}

static int
open_keeper(struct run *r, char *why, size_t size)
{
	const struct keeper_config c = {
		.checkpoint = r->send->checkpoint,
		.exclude = r->send->exclude,
		.facts = &r->facts,
		.lag_ns = r->send->checkpoint_lag,
		.probe = r->send->probe,
		.probe_args = r->send->probe_args,
		.probes = r->send->probes,
		.work = &r->work,
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

static int
open_sender(struct run *r, char *why, size_t size)
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
		.threads = s->threads,
		.cores = s->cores,
		.ncores = s->ncores,
		.batch = s->batch,
		.retries = s->retries,
		.max_failures = s->max_failures,
		.exclude = keeper_exclude(r->keeper),
	};

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

/* --- how fast --- */

static double
ip_bits(unsigned frame)
{
	return (frame - IO_ETHERNET) * 8.0;
}

static void
set_rate(struct run *r)
{
	const struct send *s = r->send;
	unsigned size = sender_frame_size(r->sender);
	double rate = s->rate, bits;
	double (*price)(unsigned) = rate_frame_bits;

	if (s->bandwidth > 0) {
		if (!r->uplink.egress.framed)
			price = ip_bits;
		sender_set_price(r->sender, price);
		bits = price(size);
		rate = s->bandwidth / bits;
		log_debug(s->log,
		    "bandwidth %.10g bits/s is %.10g packets/s of %.0f bits",
		    s->bandwidth, rate, bits);
	}
	rate_set(&r->rate, rate, clock_ns());
}

/* How many /48s, of IPv6. */
static uint64_t
count_networks6(const struct facts *f)
{
	const struct ranges6 *r = &f->networks6;
	uint64_t n = 0, first, next = 0;
	size_t i;

	for (i = 0; i < r->n; i++) {
		first = r->v[i].first.hi >> 16;
		n -= first < next;
		next = (r->v[i].last.hi >> 16) + 1;
		n += next - first;
	}
	return n < f->allowed ? n : f->allowed;
}

/* How many /24s the targets are in, as far as the header says. */
static uint64_t
count_networks(const struct facts *f)
{
	const struct ranges *r = &f->networks;
	uint64_t allowed = f->allowed, n = 0, first, next = 0;
	size_t i;

	for (i = 0; i < r->n; i++) {
		first = ranges_first(r->v[i]) >> 8;
		n -= first < next;
		next = (ranges_last(r->v[i]) >> 8) + 1ull;
		n += next - first;
	}
	if (n == 0)
		n = (allowed + 255) / 256;
	/* a header's networks are rounded up if they are very many */
	return n < allowed ? n : allowed;
}

/*
 * One packet per second and /24 is the most that a network should get; an
 * unknown rate is not known to be too high.
 */
static void
warn_of_rate(struct run *r)
{
	const bool six = r->facts.family == 6;
	uint64_t networks = six ? count_networks6(&r->facts) :
				  count_networks(&r->facts);
	double rate = rate_get(&r->rate), each;
	char text[32];

	if (networks == 0 || !sender_way(r->sender, 0)->way->network)
		return;
	each = rate / networks;
	snprintf(text, sizeof text, each < 100 ? "%.3g" : "%.0f", each);
	if (each > 1)
		log_say(r->send->log, LOG_LEVEL_WARN,
		    "%s packets a second to each %s (there are %" PRIu64
		    "), where 1 is polite: lower -r",
		    text, six ? "/48" : "network of 256 addresses", networks);
}

/* --- output --- */

/* Returns where more can follow. */
static struct counter *
collect(struct run *r, struct counter *c)
{
	struct sender_counts n;
	uint64_t in = work_targets(&r->work), gone;
	unsigned i;

	sender_counts(r->sender, &n);
	gone = n.targets + n.failed + n.excluded + n.refused;
	*c++ = counter_of(COUNT_SEND_IN, in);
	*c++ = counter_of(COUNT_SEND_TARGETS, n.targets);
	*c++ = counter_of(COUNT_SEND_EXCLUDED, n.excluded);
	*c++ = counter_of(COUNT_SEND_REFUSED, n.refused);
	*c++ = counter_of(COUNT_SEND_FAILED, n.failed);
	*c++ = counter_of(COUNT_SEND_LEFT, in > gone ? in - gone : 0);
	*c++ = counter_of(COUNT_SEND_PACKETS, n.packets);
	*c++ = counter_of(COUNT_SEND_FAILURES, n.failures);
	*c++ = counter_of(COUNT_SEND_WAITS, n.waits);
	*c++ = counter_of(COUNT_SEND_LINK_WAITS, n.link_waits);
	*c++ = counter_of(COUNT_SEND_POSITION, work_position(&r->work));
	for (i = ROUTES_OPEN + 1; i < ROUTES_REFUSALS; i++)
		if (n.refusals[i] > 0)
			*c++ = counter_of(COUNT_SEND_NO_ROUTE + i - 1,
			    n.refusals[i]);
	if (r->uplink.queues.n > 0)
		*c++ = counter_of(COUNT_SEND_LOWER_DROPS, r->uplink.dropped);
	*c = counter_end();
	return c;
}

/* Not before the scan has begun: who hears of us takes it as begun. */
static void
report_status(struct run *r, bool final)
{
	struct counter c[COUNTERS + 1], *at;
	uint64_t now = clock_ns();

	if (!r->begun || (!final && !status_due(&r->status)))
		return;
	at = collect(r, c);
	*at++ = counter_of(COUNT_SEND_RATE, rate_get(&r->rate));
	*at++ = counter_of(COUNT_SEND_THREADS, sender_running(r->sender));
	if (r->end != 0)
		*at++ = counter_of(COUNT_SEND_SECONDS_LEFT,
		    r->end > now ? (r->end - now + SECOND / 2) / SECOND : 0);
	*at = counter_end();
	status_line(&r->status, c, final);
}

/* Only if it cannot block: counts are cumulative, the next event has them. */
static void
report_progress(struct run *r)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };
	struct counter c[COUNTERS + 2], *at;

	if (poll(&p, 1, 0) != 1 || pthread_mutex_trylock(&r->out_lock) != 0)
		return;
	at = collect(r, c);
	*at++ = (struct counter){ "time", clock_wall_ns() };
	*at = counter_end();
	stream_event(r->out, "progress", "send", c);
	stream_flush(r->out);
	pthread_mutex_unlock(&r->out_lock);
}

static void
pass_event(void *ctx, const struct stream_item *item)
{
	struct run *r = ctx;

	pthread_mutex_lock(&r->out_lock);
	stream_pass(r->out, item);
	stream_flush(r->out);
	pthread_mutex_unlock(&r->out_lock);
}

static void
print_mac(char text[18], const uint8_t *mac)
{
	snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
	    mac[2], mac[3], mac[4], mac[5]);
}

static void
add_link(struct facts *f, const struct egress *e)
{
	if (e->parts[0].args.ethernet && !e->many) {
		f->has |= FACT_GATEWAY_MAC | FACT_SOURCE_MAC;
		print_mac(f->gateway_mac, e->ethernet);
		print_mac(f->source_mac, e->ethernet + 6);
	}
	if (e->gateway.size != 0) {
		f->has |= FACT_GATEWAY_IP;
		snprintf(f->gateway_ip, sizeof f->gateway_ip, "%s",
		    address_text(&e->gateway).s);
	}
}

/* Where answers come in: the first device, and all if there are several. */
static void
add_interfaces(struct facts *f, const struct egress *e)
{
	unsigned i;

	if (e->ncaptures == 0)
		return;
	f->has |= FACT_INTERFACE;
	snprintf(f->interface, sizeof f->interface, "%s", e->captures[0]);
	if (e->ncaptures == 1)
		return;
	f->has |= FACT_INTERFACES;
	f->ninterfaces = e->ncaptures;
	for (i = 0; i < e->ncaptures; i++)
		snprintf(f->interfaces[i], sizeof f->interfaces[i], "%s",
		    e->captures[i]);
}

/* What this stage decides; what it points to is the form's. */
static void
decide(const struct run *r, struct facts *f)
{
	const struct form *form = &r->form;

	*f = (struct facts){
		.has = FACT_PROBE | FACT_PROBES | FACT_SOURCE_IPS |
		    FACT_SOURCE_PORTS | FACT_START,
		.family = r->facts.family,
		.probe_args = (char *)form->config.args,
		.probes = form->config.probes,
		.sources = (uint32_t *)form->sources,
		.nsources = form->nsources,
		.sources6 = { r->sources6, form->nsources },
		.source_ports.first = form->config.source_port_first,
		.source_ports.count = form->config.source_port_count,
		.start_ns = form->config.start_ns,
	};
	snprintf(f->probe, sizeof f->probe, "%s", form->probe->name);
	if (f->probe_args != NULL)
		f->has |= FACT_PROBE_ARGS;
	if (r->attributed) {
		f->has |= FACT_ATTRIBUTION;
		snprintf(f->attribution, sizeof f->attribution, "%s",
		    form->config.attribution);
	}
	if (r->send->probe_file[0] != '\0') {
		f->has |= FACT_PROBE_FILE;
		snprintf(f->probe_file, sizeof f->probe_file, "%s",
		    r->send->probe_file);
	}
	add_interfaces(f, &r->uplink.egress);
	add_link(f, &r->uplink.egress);
}

static int
write_header(struct run *r)
{
	struct facts f;
	struct header *h;
	unsigned i;

	h = stream_derive(r->out, r->header, "probes", r->send->argv);
	if (h == NULL)
		return -1;
	r->sources6 = calloc(r->form.nsources, IP6_SIZE);
	if (r->sources6 == NULL)
		return -1;
	if (r->facts.family == 6)
		for (i = 0; i < r->form.nsources; i++)
			ip6_put(r->sources6 + IP6_SIZE * i,
			    r->form.sources6[i]);
	decide(r, &f);
	if (dict_set_bytes(&h->other, "key", r->key, sizeof r->key) == -1 ||
	    facts_encode(&f, &h->scan) == -1)
		return -1;
	explicit_bzero(r->key, sizeof r->key);
	status_facts(&r->status, &h->scan);
	if (stream_header(r->out) == -1)
		return -1;
	return stream_flush(r->out);
}

/* --- news --- */

static int
catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	signal(SIGPIPE, SIG_IGN); /* see finish() */
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
change_rate(struct run *r, double factor)
{
	rate_scale(&r->rate, factor, clock_ns());
	if (rate_get(&r->rate) > 0)
		log_info(r->send->log, "rate is now %.10g packets per second",
		    rate_get(&r->rate));
	else
		log_info(r->send->log, "there is no rate to change");
}

static void
take_signals(struct run *r)
{
	struct signalfd_siginfo info;

	while (read(r->signals, &info, sizeof info) == sizeof info)
		switch (info.ssi_signo) {
		case SIGUSR1:
			change_rate(r, 1.05);
			break;
		case SIGUSR2:
			change_rate(r, 0.95);
			break;
		case SIGHUP:
			if (r->send->exclude != NULL)
				keeper_reread(r->keeper);
			break;
		default:
			r->interrupted = true;
		}
}

enum { OWN_FDS = 4 };

/* Waits for a signal, the end of a thread or of our reader, or the timeout. */
static void
wait_for_news(struct run *r, struct timespec timeout)
{
	struct pollfd p[] = {
		{ .fd = STDOUT_FILENO },
		{ .fd = r->signals, .events = POLLIN },
		{ .fd = sender_event(r->sender), .events = POLLIN },
		/*
		 * zmap(1), who asks for our status, reads our messages.  If it
		 * is killed, nobody is left to stop us: then this end of that
		 * pipe says so.
		 */
		{ .fd = r->send->status_fd != -1 ? STDERR_FILENO : -1 },
		[OWN_FDS + UPLINK_FDS - 1] = { .fd = -1 },
	};
	uint64_t ended;
	int ready;

	uplink_poll(&r->uplink, p + OWN_FDS);
	ready = ppoll(p, OWN_FDS + UPLINK_FDS, &timeout, NULL);
	uplink_turn(&r->uplink, clock_ns());
	if (ready <= 0)
		return;
	if ((p[0].revents & (POLLERR | POLLHUP)) || (p[3].revents & POLLERR))
		r->reader_gone = true;
	if (p[1].revents & POLLIN)
		take_signals(r);
	if (p[2].revents & POLLIN &&
	    read(sender_event(r->sender), &ended, sizeof ended) == -1)
		return;
}

/* Waits until our reader has taken all that was written; see taken.h. */
static void
wait_until_taken(struct run *r)
{
	uint64_t begun = clock_ns();

	while (!r->reader_gone && !r->interrupted && !taken(STDOUT_FILENO))
		wait_for_news(r, handshake_pause(begun));
}

/* Until something is due. */
static struct timespec
next_pause(const struct run *r)
{
	uint64_t now = clock_ns(), next = r->next_progress, ns;
	int status = status_wait(&r->status);

	if (r->end != 0 && r->end < next)
		next = r->end;
	if (uplink_next(&r->uplink) < next)
		next = uplink_next(&r->uplink);
	ns = next > now ? next - now : 0;
	if (status != -1 && status * (SECOND / 1000) < ns)
		ns = status * (SECOND / 1000);
	return clock_timespec(ns);
}

static void
watch(struct run *r)
{
	uint64_t now;

	while (sender_running(r->sender) > 0 && !r->reader_gone &&
	    !r->interrupted && r->uplink.gone[0] == '\0') {
		wait_for_news(r, next_pause(r));
		now = clock_ns();
		if (r->end != 0 && now >= r->end)
			break;
		report_status(r, false);
		if (now >= r->next_progress) {
			report_progress(r);
			r->next_progress = now + SECOND;
		}
	}
	sender_stop(r->sender);
	sender_join(r->sender);
}

/* --- the end --- */

/* Targets that no way leads to, although there may be hosts; false: none. */
static bool
tell_refused(const struct sender_counts *n, char *why, size_t size)
{
	uint64_t lost = 0;
	const char *sep = "";
	char text[256] = "";
	size_t at = 0;
	unsigned i;

	for (i = 0; i < ROUTES_REFUSALS; i++) {
		if (n->refusals[i] == 0 || !routes_refusal_loses(i))
			continue;
		lost += n->refusals[i];
		at += snprintf(text + at, sizeof text - at,
		    "%s%s (%" PRIu64 ")", sep, routes_refusal_text(i),
		    n->refusals[i]);
		sep = ", ";
	}
	if (lost > 0)
		snprintf(why, size, "%" PRIu64 " targets were not probed: %s",
		    lost, text);
	return lost > 0;
}

/* What this stage alone has to say about how it came out. */
static enum outcome
judge(struct run *r, char *why, size_t size)
{
	const char *failure = sender_failure(r->sender);
	struct sender_counts n;

	sender_counts(r->sender, &n);
	if (r->uplink.gone[0] != '\0')
		failure = r->uplink.gone;
	if (failure == NULL)
		failure = feed_failure(r->feed);
	if (failure != NULL) {
		snprintf(why, size, "%s", failure);
		return OUTCOME_FAILED;
	}
	if (sender_too_many_failures(r->sender)) {
		snprintf(why, size,
		    "stopped after %" PRIu64 " packets that could not be sent",
		    n.failures);
		return OUTCOME_STOPPED;
	}
	if (r->interrupted)
		return OUTCOME_INTERRUPTED;
	if (n.failures > 0) {
		snprintf(why, size,
		    "%" PRIu64 " packets could not be sent: %" PRIu64
		    " targets were not probed as asked",
		    n.failures, n.failed);
		return OUTCOME_INCOMPLETE;
	}
	if (tell_refused(&n, why, size) || uplink_losses(&r->uplink, why, size))
		return OUTCOME_INCOMPLETE;
	return OUTCOME_DONE;
}

static enum keeper_end
how_far(struct run *r, const struct stream_item *end)
{
	if (r->reader_gone)
		return KEEPER_LOST;
	if (end != NULL && stream_end_outcome(end) == OUTCOME_DONE &&
	    work_drained(&r->work))
		return KEEPER_DONE;
	return KEEPER_STOPPED;
}

static enum outcome
finish(struct run *r, char *why, size_t size)
{
	const struct stream_item *before;
	enum outcome outcome = judge(r, why, size);
	struct counter c[COUNTERS + 1];

	before = feed_end(r->feed);
	if (keeper_stop(r->keeper, how_far(r, before), why, size) == -1)
		outcome = OUTCOME_FAILED;
	collect(r, c);
	r->status.outcome = outcome_name(before == NULL ?
		outcome :
		outcome_worse(outcome, stream_end_outcome(before)));
	if (r->reader_gone || stream_out_error(r->out) == EPIPE) {
		r->status.outcome = outcome_name(OUTCOME_INTERRUPTED);
		report_status(r, true);
		outcome_reader_gone();
	}
	report_status(r, true);
	pthread_mutex_lock(&r->out_lock);
	stream_end(r->out, "send", outcome, before, c);
	if (stream_flush(r->out) == -1) {
		if (stream_out_error(r->out) == EPIPE)
			outcome_reader_gone();
		snprintf(why, size, "stdout: %s",
		    strerror(stream_out_error(r->out)));
		outcome = OUTCOME_FAILED;
	}
	pthread_mutex_unlock(&r->out_lock);
	if (before != NULL)
		outcome = outcome_worse(outcome, stream_end_outcome(before));
	return outcome;
}

/* --- the whole --- */

static int
drop_rights(const struct send *s, unsigned may, char *why, size_t size)
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

static unsigned
chunk_size(void *ctx)
{
	struct run *r = ctx;
	double n = rate_get(&r->rate) / 4 / r->send->threads / r->send->probes;

	/* a quarter of a second's, so that threads stay close together */
	if (n == 0 || n > WORK_CHUNK)
		return WORK_CHUNK;
	return n < 1 ? 1 : n;
}

static int
start(struct run *r, char *why, size_t size)
{
	const struct feed_config c = {
		.in = r->in,
		.work = &r->work,
		.family = r->facts.family,
		.with_ports = r->send->probe->ports,
		.chunk = chunk_size,
		.event = pass_event,
		.ctx = r,
	};
	int error;

	error = sender_start(r->sender);
	if (error == 0)
		error = keeper_start(r->keeper);
	if (error == 0 && (r->feed = feed_start(&c)) == NULL)
		error = errno;
	if (error == 0)
		return 0;
	snprintf(why, size, "cannot start a thread: %s", strerror(error));
	return -1;
}

/*
 * The header goes out as soon as it is known, so that zmap-recv opens its
 * capture, which takes time, while we open our own.
 */
static int
open_all(struct run *r, char *why, size_t size)
{
	if (find_egress(r, why, size) == -1 || open_keeper(r, why, size) == -1)
		return -1;
	status_open(&r->status, r->send->status_fd, "send");
	status_scan(&r->status, r->facts.id, r->facts.shard, r->facts.shards);
	r->out = stream_out_new(STDOUT_FILENO);
	if (r->out == NULL || write_header(r) == -1) {
		if (errno == EPIPE)
			outcome_reader_gone();
		snprintf(why, size, "stdout: %s", strerror(errno));
		return -1;
	}
	if (open_sender(r, why, size) == -1)
		return -1;
	if (sender_way(r->sender, 0)->way->network)
		uplink_watch(&r->uplink);
	set_rate(r);
	warn_of_rate(r);
	return 0;
}

/*
 * Who took the events before is the program that reads our output.  If that
 * only copies, zmap-recv behind it sees by this what it has missed.
 */
static void
say_begin(struct run *r)
{
	struct counter c[] = {
		{ "monotonic", clock_ns() },
		{ "boot", r->boot },
		{ NULL, 0 },
	};

	pthread_mutex_lock(&r->out_lock);
	stream_event(r->out, "begin", "send", c);
	stream_flush(r->out);
	pthread_mutex_unlock(&r->out_lock);
}

/* All stages have accepted the scan: what is in our files may go. */
static int
begin_files(struct run *r, char *why, size_t size)
{
	const char *savefile = r->send->savefile;

	if (savefile != NULL && outfile_take(&r->savefile) == -1) {
		snprintf(why, size, "%s: %s", savefile, strerror(errno));
		return -1;
	}
	return keeper_begin(r->keeper, why, size);
}

static enum outcome
scan(struct run *r, char *why, size_t size)
{
	enum outcome outcome;

	if (make_form(r, why, size) == -1)
		return OUTCOME_FAILED;
	outcome = try_probe(r, why, size);
	if (outcome != OUTCOME_DONE)
		return outcome;
	r->boot = clock_boot();
	r->signals = catch_signals();
	if (open_all(r, why, size) == -1 ||
	    drop_rights(r->send, RIGHTS_PACKETS | RIGHTS_THREADS, why, size) ==
		-1 ||
	    keeper_check(r->keeper, why, size) == -1 ||
	    start(r, why, size) == -1)
		return OUTCOME_FAILED;
	wait_until_taken(r);
	pthread_mutex_lock(&r->out_lock);
	stream_event(r->out, "ready", "send", NULL);
	stream_flush(r->out);
	pthread_mutex_unlock(&r->out_lock);
	wait_until_taken(r);
	r->next_progress = clock_ns();
	status_begin(&r->status);
	if (r->send->max_runtime != 0)
		r->end = r->next_progress + r->send->max_runtime;
	if (!r->interrupted && !r->reader_gone) {
		if (begin_files(r, why, size) == -1)
			return OUTCOME_FAILED;
		r->begun = true;
		say_begin(r);
		sender_go(r->sender);
	}
	watch(r);
	return finish(r, why, size);
}

/* A device that is named must be there, though nothing leaves by it. */
static int
check_interface(const struct send *s, char *why, size_t size)
{
	char own[IF_NAMESIZE];
	unsigned index;

	if (s->interface == NULL ||
	    interface_find(s->interface, own, &index) == 0)
		return 0;
	snprintf(why, size, "interface %s: %s", s->interface, strerror(errno));
	return -1;
}

/*
 * Addresses that are not given on the command line are those of nobody, so
 * that the same probes are printed on each machine.
 */
static enum outcome
dry_run(struct run *r, char *why, size_t size)
{
	const struct send *s = r->send;
	struct dryrun d = { .out = stdout,
		.family = r->facts.family,
		.ethernet = !s->iplayer,
		.binary = s->dry == DRY_BINARY };
	static const uint32_t nowhere = EGRESS_NOWHERE;
	static const struct ip6 nowhere6 = EGRESS_NOWHERE6;
	struct optout *exclude = NULL;
	enum outcome outcome;
	const char *what;

	if (check_interface(s, why, size) == -1 ||
	    make_form(r, why, size) == -1)
		return OUTCOME_FAILED;
	r->form.sources = s->nsources > 0 ? s->sources : &nowhere;
	r->form.sources6 = &nowhere6;
	r->form.nsources = s->nsources > 0 ? s->nsources : 1;
	if (s->exclude != NULL) {
		exclude = optout_open(s->exclude, why, size);
		if (exclude == NULL)
			return OUTCOME_FAILED;
	}
	d.exclude = exclude;
	memcpy(r->form.ethernet, s->gateway_mac, 6);
	memcpy(r->form.ethernet + 6, s->source_mac, 6);
	if (dryrun_open(&d, &r->form, &what) == -1) {
		snprintf(why, size, "%s: %s", s->probe->name, what);
		return OUTCOME_MISUSED;
	}
	if (s->bandwidth > 0)
		rate_set(&r->rate,
		    s->bandwidth / rate_frame_bits(IO_ETHERNET + d.probe.size),
		    clock_ns());
	if (drop_rights(s, 0, why, size) == -1)
		return OUTCOME_FAILED;
	if (s->max_runtime != 0)
		r->end = clock_ns() + s->max_runtime;
	outcome = dryrun_all(&d, r->in, &r->rate, r->end, why, size);
	dryrun_close(&d);
	optout_free(exclude);
	return outcome;
}

/* The table is made, and no packet socket is opened. */
static enum outcome
list_routes(struct run *r, char *why, size_t size)
{
	if (make_form(r, why, size) == -1 || find_egress(r, why, size) == -1 ||
	    drop_rights(r->send, 0, why, size) == -1)
		return OUTCOME_FAILED;
	return listing_all(stdout, &r->uplink.egress, &r->form, r->in, why,
	    size);
}

enum outcome
send_run(const struct send *s, char *why, size_t size)
{
	struct run *r = calloc(1, sizeof *r);
	enum outcome outcome;

	snprintf(why, size, "out of memory");
	if (r == NULL ||
	    (r->in = stream_in_new(STDIN_FILENO, "targets")) == NULL)
		return OUTCOME_FAILED;
	r->send = s;
	pthread_mutex_init(&r->out_lock, NULL);
	rate_init(&r->rate, s->rate, clock_ns());
	outcome = read_header(r, why, size);
	if (outcome != OUTCOME_DONE)
		return outcome;
	if (work_init(&r->work, r->facts.family, r->facts.position) == -1)
		return OUTCOME_FAILED;
	why[0] = '\0';
	switch (s->dry) {
	case DRY_ROUTES:
		return list_routes(r, why, size);
	case DRY_NOT:
		return scan(r, why, size);
	default:
		return dry_run(r, why, size);
	}
}
