/* SPDX-License-Identifier: Apache-2.0 */
/* Losses of the path; see path.h. */
#include "path.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS 1e9

/* From 0 to 1, never 0. */
static double
draw(struct path *p)
{
	p->dice ^= p->dice << 13;
	p->dice ^= p->dice >> 17;
	p->dice ^= p->dice << 5;
	return (p->dice + 1.0) / 4294967297.0;
}

static const char *
parse_police(struct path *p, const char *s)
{
	double rate, from = 0, burst = 0;

	if (p->polices == PATH_STEPS)
		return "too many rates";
	if (sscanf(s, "%lf@%lf", &rate, &from) < 1 || rate <= 0)
		return "police=PPS[/BURST] or police=PPS@SECS";
	sscanf(s, "%lf/%lf", &rate, &burst);
	p->police[p->polices].rate = rate;
	p->police[p->polices++].from = (uint64_t)(from * SECOND_NS);
	if (p->burst == 0)
		p->burst = burst > 0 ? burst : fmax(16, rate / 100);
	p->tokens = p->burst;
	return NULL;
}

static const char *
parse_net(struct path *p, const char *s)
{
	char text[32];
	struct in_addr a;
	unsigned int bits;
	double percent;

	if (p->nets_count == PATH_NETS)
		return "too many prefixes";
	if (sscanf(s, "%31[0-9.]/%u:%lf", text, &bits, &percent) != 3 ||
	    bits > 32 || !inet_aton(text, &a))
		return "net=NET/BITS:PERCENT";
	p->nets[p->nets_count].mask = bits ? ~0U << (32 - bits) : 0;
	p->nets[p->nets_count].base = ntohl(a.s_addr) &
	    p->nets[p->nets_count].mask;
	p->nets[p->nets_count++].share = percent / 100;
	return NULL;
}

static const char *
parse_word(struct path *p, const char *s)
{
	double a, b;

	if (strncmp(s, "police=", 7) == 0)
		return parse_police(p, s + 7);
	if (strncmp(s, "net=", 4) == 0)
		return parse_net(p, s + 4);
	if (sscanf(s, "queue=%lf/%lf", &a, &b) == 2 && a > 0 && b > 0) {
		p->queue_rate = a;
		p->queue_ns = (uint64_t)(b * 1e6);
		return NULL;
	}
	if (sscanf(s, "outage=%lf/%lf", &a, &b) == 2 && a >= 0 && a < 100 &&
	    b > 0) {
		p->outage = a / 100;
		p->outage_ns = b * 1e6;
		return NULL;
	}
	return "not one of police=, queue=, outage=, net=";
}

const char *
path_parse(struct path *p, const char *spec)
{
	char copy[256], *word, *rest;
	const char *why = NULL;

	p->set = true;
	p->dice = 2463534242;
	snprintf(copy, sizeof copy, "%s", spec);
	for (word = strtok_r(copy, ",", &rest); word && !why;
	     word = strtok_r(NULL, ",", &rest))
		why = parse_word(p, word);
	return why;
}

bool
path_polices_alone(const struct path *p)
{
	return p->polices > 0 && p->outage == 0 && p->nets_count == 0 &&
	    p->queue_rate == 0;
}

static bool
police(struct path *p)
{
	double rate = p->police[0].rate;
	unsigned int i;

	for (i = 1; i < p->polices; i++)
		if (p->now - p->begin >= p->police[i].from)
			rate = p->police[i].rate;
	p->tokens = fmin(p->burst,
	    p->tokens + (p->now - p->refilled) * rate / SECOND_NS);
	p->refilled = p->now;
	if (p->tokens < 1)
		return true;
	p->tokens--;
	return false;
}

static bool
queue(struct path *p)
{
	uint64_t wait = p->free_at > p->now ? p->free_at - p->now : 0;

	if (wait > p->queue_ns)
		return true;
	p->delay = wait;
	p->free_at = p->now + wait + (uint64_t)(SECOND_NS / p->queue_rate);
	return false;
}

static bool
outage(struct path *p)
{
	double mean;

	while (p->now >= p->turn) {
		p->out = p->turn == 0 ? draw(p) < p->outage : !p->out;
		mean = p->out ? p->outage_ns :
				p->outage_ns * (1 - p->outage) / p->outage;
		if (p->turn == 0)
			p->turn = p->now;
		p->turn += (uint64_t)(-log(draw(p)) * mean) + 1;
	}
	return p->out;
}

static bool
in_net(struct path *p, uint32_t target)
{
	unsigned int i;

	for (i = 0; i < p->nets_count; i++)
		if ((target & p->nets[i].mask) == p->nets[i].base)
			return draw(p) < p->nets[i].share;
	return false;
}

bool
path_loses(struct path *p, uint64_t time, uint32_t target)
{
	p->delay = 0;
	if (!p->set)
		return false;
	if (p->begin == 0)
		p->begin = p->refilled = time;
	/* frames of several devices come in turns */
	if (time > p->now)
		p->now = time;
	if (p->outage > 0 && outage(p))
		return p->outages++, true;
	if (target != 0 && in_net(p, target))
		return p->in_nets++, true;
	if (p->polices > 0 && police(p))
		return p->policed++, true;
	if (p->queue_rate > 0 && queue(p))
		return p->overflowed++, true;
	return false;
}
