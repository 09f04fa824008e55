/* SPDX-License-Identifier: Apache-2.0 */
/* The rate of a run; see pace.h. */
#include "send/pace.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "addr/ranges.h"
#include "base/clock.h"
#include "send/run.h"

/* Packets a second that a machine sends, where nothing limits it. */
#define PACE_UNLIMITED 1e6
#define PACE_SHORT     10   /* seconds: a scan that is over at once */
#define PACE_RISK      0.01 /* of a scan, by one step of -r auto */
#define PACE_ANONYMOUS (1 << 24)

static double
ip_bits(unsigned frame)
{
	return (frame - IO_ETHERNET) * 8.0;
}

/* Shards of this scan that may be sending now. */
static uint64_t
shards_running(const struct run *r)
{
	uint64_t all = r->facts.has & FACT_SHARDS ? r->facts.shards : 1;
	uint64_t n = r->send->running;

	return n > 0 && n < all ? n : all;
}

double
pace_at_most_share(const struct run *r, double rate)
{
	const struct send *s = r->send;
	uint64_t running = shards_running(r);
	double share = s->rate_share / running;

	if (s->rate_share == 0 || (rate > 0 && rate <= share))
		return rate;
	log_info(s->log,
	    "sending %.10g packets/s, this shard's part of %.10g (shards that run at once: %" PRIu64
	    ")",
	    share, s->rate_share, running);
	return share;
}

double
pace_about(const struct run *r)
{
	const struct send *s = r->send;
	double share = s->rate_share / shards_running(r);
	double rate = s->bandwidth > 0 ? s->bandwidth / rate_frame_bits(0) :
					 s->rate;

	return share > 0 && (rate == 0 || share < rate) ? share : rate;
}

/* -r auto: from where this scan stopped, or from a rate that any path takes. */
static double
begin_auto(struct run *r, double most)
{
	double from = keeper_rate(r->keeper);
	double packets = r->facts.has & FACT_PLACES ?
	    r->facts.places :
	    (double)r->facts.targets * r->probes;

	knee_begin(&r->tempo.knee, TEMPO_LEAST, most > 0 ? most : INFINITY,
	    r->facts.has & FACT_TARGETS ? PACE_RISK * packets : INFINITY,
	    from > 0 ? from : TEMPO_LEAST);
	delay_begin(&r->tempo.delay, r->tempo.knee.least);
	r->tempo.said = r->tempo.logged = r->tempo.knee.rate;
	return r->tempo.knee.rate;
}

void
pace_set(struct run *r)
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
	rate = pace_at_most_share(r, rate);
	if (s->rate_auto)
		rate = begin_auto(r, rate);
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

/* Networks that only their owner reaches, such as those of RFC 1918. */
static bool
is_private(const struct facts *f)
{
	static const uint64_t own[] = {
		0x0a0000000affffff, /* 10/8 */
		0x64400000647fffff, /* 100.64/10 */
		0x7f0000007fffffff, /* 127/8 */
		0xa9fe0000a9feffff, /* 169.254/16 */
		0xac100000ac1fffff, /* 172.16/12 */
		0xc0a80000c0a8ffff, /* 192.168/16 */
	};
	bool all = f->networks.n > 0, inside;

	for (size_t i = 0; i < f->networks.n; i++) {
		inside = false;
		for (size_t j = 0; j < sizeof own / sizeof *own; j++)
			inside |= f->networks.v[i] >> 32 >= own[j] >> 32 &&
			    ranges_last(f->networks.v[i]) <=
				ranges_last(own[j]);
		all &= inside;
	}
	for (size_t i = 0; i < f->networks6.n; i++) /* fc00::/7, fe80::/10 */
		if (f->networks6.v[i].first.hi >> 57 != 0xfc >> 1 &&
		    f->networks6.v[i].first.hi >> 54 != 0xfe80 >> 6)
			return false;
	return f->family == 6 ? f->networks6.n > 0 : all;
}

/* A limit that is easy to type: 2 digits, rounded down. */
static uint64_t
round_down(uint64_t n)
{
	uint64_t unit = 1;

	while (n / unit >= 100)
		unit *= 10;
	return n / unit * unit;
}

void
pace_warn(struct run *r)
{
	const struct facts *f = &r->facts;
	uint64_t networks = f->family == 6 ? count_networks6(f) :
					     count_networks(f);
	uint64_t running = shards_running(r);
	double most = r->tempo.knee.most;
	double rate = !r->send->rate_auto ? rate_get(&r->rate) :
	    isfinite(most)		  ? most :
					    0;
	const char *option = r->send->rate_auto ? "-r auto:" : "-r ";
	double assumed = rate > 0 ? rate : PACE_UNLIMITED, each;
	const char *what = f->family == 6 ? "/48" : "network of 256 addresses";
	char all[64] = "";

	if (networks == 0 || is_private(f) ||
	    !sender_way(r->sender, 0)->way->network ||
	    (double)f->targets * r->send->probes < assumed * PACE_SHORT)
		return;
	each = assumed * running / networks;
	if (each <= 1)
		return;
	if (running > 1)
		snprintf(all, sizeof all, " from %" PRIu64 " shards", running);
	if (rate == 0)
		log_say(r->send->log, LOG_LEVEL_WARN,
		    "no rate is given, so probes leave as fast as they can; one a second to each %s is polite, which is %s%" PRIu64,
		    what, option, round_down(networks / running));
	else
		log_say(r->send->log, LOG_LEVEL_WARN,
		    "about %.2g probes a second%s to each %s (there are %" PRIu64
		    "), where 1 is polite: lower %s to %" PRIu64,
		    each, all, what, networks,
		    r->send->rate_share > 0 ? "--rate-share" : "-r",
		    round_down(
			networks / (r->send->rate_share > 0 ? 1 : running)));
}

int
pace_check_name(const struct run *r, char *why, size_t size)
{
	const struct send *s = r->send;
	const struct facts *f = &r->facts;
	uint64_t n = f->targets < f->allowed ? f->targets : f->allowed;

	if (n <= PACE_ANONYMOUS || s->attribution != NULL ||
	    s->contact != NULL || s->anonymous || is_private(f) ||
	    !sender_way(r->sender, 0)->way->network)
		return 0;
	snprintf(why, size,
	    "%" PRIu64
	    " targets, and their owners cannot find out who probes them: give --contact mailto:you@example.net, best in zmap.conf, or --anonymous",
	    n);
	return -1;
}
