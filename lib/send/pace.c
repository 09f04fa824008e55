/* SPDX-License-Identifier: Apache-2.0 */
/* The rate of a run; see pace.h. */
#include "send/pace.h"

#include <inttypes.h>
#include <stdio.h>

#include "addr/ranges.h"
#include "base/clock.h"
#include "send/run.h"

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
	rate_set(&r->rate, pace_at_most_share(r, rate), clock_ns());
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

void
pace_warn(struct run *r)
{
	const bool six = r->facts.family == 6;
	uint64_t networks = six ? count_networks6(&r->facts) :
				  count_networks(&r->facts);
	double rate = rate_get(&r->rate), each;
	uint64_t running = shards_running(r);
	char text[32], all[64] = "";

	if (networks == 0 || !sender_way(r->sender, 0)->way->network)
		return;
	each = rate * running / networks;
	if (running > 1)
		snprintf(all, sizeof all, "from %" PRIu64 " shards, ", running);
	snprintf(text, sizeof text, each < 100 ? "%.3g" : "%.0f", each);
	if (each > 1)
		log_say(r->send->log, LOG_LEVEL_WARN,
		    "%s%s packets a second to each %s (there are %" PRIu64
		    "), where 1 is polite: lower %s",
		    all, text, six ? "/48" : "network of 256 addresses",
		    networks, r->send->rate_share > 0 ? "--rate-share" : "-r");
}
