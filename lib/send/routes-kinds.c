/* SPDX-License-Identifier: Apache-2.0 */
/* What rules tell apart; see routes-kinds.h. */
#include "send/routes-kinds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SIGNATURES = 1024 / 8, /* rules that are told apart */
	RULES_MAX = SIGNATURES * 8,
};

/* --- sources --- */

/* Which rules mean this source. */
static void
sign(const struct network *w, const struct address *source,
    uint8_t signature[SIGNATURES])
{
	size_t i;

	memset(signature, 0, SIGNATURES);
	for (i = 0; i < w->nrules && i < RULES_MAX; i++)
		if (w->rules[i].from.size == source->size &&
		    address_in(source, &w->rules[i].from,
			w->rules[i].from_bits))
			signature[i / 8] |= 1 << i % 8;
}

/* Kinds of sources; first[] gets one of each. */
int
routes_sort_sources(struct routes *r, const struct network *w,
    const struct routes_query *q, unsigned *first)
{
	uint8_t(*seen)[SIGNATURES], one[SIGNATURES];
	unsigned i, k;
	bool ours;

	seen = calloc(q->nsources, sizeof *seen);
	r->source_kind = calloc(q->nsources, sizeof *r->source_kind);
	if (seen == NULL || r->source_kind == NULL) {
		free(seen);
		return -1;
	}
	for (i = 0; i < q->nsources; i++) {
		ours = network_ours(w, &q->sources[i]) != NULL;
		sign(w, &q->sources[i], one);
		for (k = 0; k < r->nsource_kinds; k++)
			if (memcmp(seen[k], one, sizeof one) == 0 &&
			    ours ==
				(network_ours(w, &q->sources[first[k]]) !=
				    NULL))
				break;
		if (k == r->nsource_kinds) {
			memcpy(seen[r->nsource_kinds], one, sizeof one);
			first[r->nsource_kinds++] = i;
		}
		r->source_kind[i] = (uint16_t)k;
	}
	free(seen);
	return 0;
}

/* --- ports --- */

static bool
in_ports(const struct message_ports *p, uint16_t port)
{
	return (p->first == 0 && p->last == 0) ||
	    (port >= p->first && port <= p->last);
}

static bool
same_kind(const struct network *w, uint16_t a, uint16_t b)
{
	size_t i;

	for (i = 0; i < w->nrules; i++)
		if (in_ports(&w->rules[i].to_ports, a) !=
		    in_ports(&w->rules[i].to_ports, b))
			return false;
	return true;
}

/* Kinds of the scan's ports; first[] gets one of each. */
int
routes_sort_ports(struct routes *r, const struct network *w,
    const struct routes_query *q, uint16_t first[ROUTES_KINDS])
{
	unsigned k;
	size_t i;

	r->port_kind = calloc(UINT16_MAX + 1, 1);
	if (r->port_kind == NULL)
		return -1;
	for (i = 0; i < q->nports; i++) {
		for (k = 0; k < r->nport_kinds; k++)
			if (same_kind(w, first[k], q->ports[i]))
				break;
		if (k == ROUTES_KINDS) {
			snprintf(r->note, sizeof r->note,
			    "rules tell more than %u kinds of ports apart; the rest goes as the first does",
			    ROUTES_KINDS);
			k = 0;
		}
		if (k == r->nport_kinds)
			first[r->nport_kinds++] = q->ports[i];
		r->port_kind[q->ports[i]] = k;
	}
	return 0;
}

/* Does any rule look at protocols or ports? */
bool
routes_by_port(const struct network *w)
{
	size_t i;

	for (i = 0; i < w->nrules; i++)
		if (w->rules[i].protocol != 0 ||
		    w->rules[i].from_ports.last != 0 ||
		    w->rules[i].to_ports.last != 0)
			return true;
	return false;
}

/* Ranges that hold only some of our source ports. */
void
routes_note_ports(struct routes *r, const struct network *w,
    const struct routes_query *q)
{
	const struct message_ports *p;
	size_t i;

	for (i = 0; i < w->nrules; i++) {
		p = &w->rules[i].from_ports;
		if (p->last == 0 || p->first > q->from_last ||
		    p->last < q->from_first ||
		    (p->first <= q->from_first && p->last >= q->from_last))
			continue;
		snprintf(r->note, sizeof r->note,
		    "a rule is about source ports %u-%u: all packets go as those from port %u do; --source-port may name others",
		    p->first, p->last, q->from_first);
	}
}
