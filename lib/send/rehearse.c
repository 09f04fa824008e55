/* SPDX-License-Identifier: Apache-2.0 */
/* Runs that send nothing; see rehearse.h. */
#include "send/rehearse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/interface.h"
#include "send/dryrun.h"
#include "send/listing.h"
#include "send/pace.h"
#include "send/run.h"
#include "send/setup.h"

/* A device that is named must be there, though nothing leaves by it. */
static int
check_interface(const struct send *s, char *why, size_t size)
{
	char own[IF_NAMESIZE];
	unsigned index;

	if (s->interface == NULL ||
	    interface_find(s->interface, own, &index) != -1)
		return 0;
	snprintf(why, size, "interface %s: %s", s->interface, strerror(errno));
	return -1;
}

enum outcome
rehearse(struct run *r, char *why, size_t size)
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
	double rate;
	const char *what;

	if (check_interface(s, why, size) == -1 ||
	    setup_form(r, why, size) == -1)
		return OUTCOME_FAILED;
	r->form.sources = s->sources.n > 0 ? s->sources.v4 : &nowhere;
	r->form.sources6 = s->sources.n > 0 ? s->sources.v6 : &nowhere6;
	r->form.nsources = s->sources.n > 0 ? s->sources.n : 1;
	r->form.source_prefix = s->sources.n > 0 ? s->sources.prefix : IP6_BITS;
	if (s->checkpoint != NULL && setup_keeper(r, why, size) == -1)
		return OUTCOME_MISUSED;
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
	rate = s->rate;
	if (s->bandwidth > 0)
		rate = s->bandwidth /
		    rate_frame_bits(
			IO_ETHERNET + form_longest(&r->form, &d.probe));
	rate_set(&r->rate, pace_at_most_share(r, rate), clock_ns());
	if (setup_rights(s, 0, why, size) == -1)
		return OUTCOME_FAILED;
	if (s->max_runtime != 0)
		r->end = clock_ns() + s->max_runtime;
	outcome = dryrun_all(&d, r->in, &r->rate, r->end, why, size);
	dryrun_close(&d);
	optout_free(exclude);
	return outcome;
}

enum outcome
rehearse_routes(struct run *r, char *why, size_t size)
{
	if (setup_form(r, why, size) == -1 ||
	    setup_egress(r, why, size) == -1 ||
	    setup_rights(r->send, 0, why, size) == -1)
		return OUTCOME_FAILED;
	return listing_all(stdout, &r->uplink.egress, &r->form, r->in, why,
	    size);
}
