/* SPDX-License-Identifier: Apache-2.0 */
/* Where a target is scanned, in words; see where.h. */
#include "targets/locate.h"

#include <inttypes.h>

static void
one(FILE *f, const struct plan *p, uint32_t addr, int port, int *found)
{
	struct plan_place at;

	fprintf(f, "%u.%u.%u.%u", addr >> 24, addr >> 16 & 255, addr >> 8 & 255,
	    addr & 255);
	if (port != LIST_NOPORT)
		fprintf(f, ":%d", port);
	if (!plan_find(p, addr, port, &at)) {
		fputs(": not scanned\n", f);
		return;
	}
	fprintf(f,
	    ": %s position %" PRIu64 ", shard %" PRIu64 ", number %" PRIu64
	    " of it\n",
	    !at.within_limit ? "not scanned, past --max-targets," :
		at.left_out  ? "not scanned, blacklisted since it began," :
			       "scanned,",
	    at.position, at.shard, at.in_shard + 1);
	*found |= at.within_limit && !at.left_out;
}

static void
all_ports(FILE *f, const struct plan *p, uint32_t addr, int *found)
{
	const struct numbering_pairs *pairs = &p->space.pairs;
	int any = 0;

	if (set_find(&p->space.set, addr, NULL))
		for (size_t i = 0; i < p->space.ports.n; i++, any = 1)
			one(f, p, addr, p->space.ports.v[i], found);
	for (size_t i = 0; i < pairs->n; i++)
		if (pairs->v[i] >> 16 == addr) {
			one(f, p, addr, pairs->v[i] & 0xffff, found);
			any = 1;
		}
	if (!any)
		one(f, p, addr, LIST_NOPORT, found);
}

void
locate_print(FILE *f, const struct plan *p, const struct list_entry *e,
    int *found)
{
	for (uint64_t addr = e->first; addr <= e->last; addr++) {
		if (e->port == LIST_NOPORT && numbering_has_ports(&p->space))
			all_ports(f, p, addr, found);
		else
			one(f, p, addr, e->port, found);
	}
}
