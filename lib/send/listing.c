/* SPDX-License-Identifier: Apache-2.0 */
/* Ways as text; see listing.h. */
#include "send/listing.h"

#include <stdlib.h>

#include "scan/batch.h"

static void
print(FILE *f, const struct egress *e, const struct form *form,
    uint32_t address, uint16_t port)
{
	static const struct way nowhere = { .refused = ROUTES_NO_ROUTE };
	struct address target = address_ipv4(address);
	const struct way *w = &nowhere;
	struct probe_target to;
	struct way given;
	char text[256];
	unsigned source;
	long way;

	source = form_target(form, address, port, 0, &to);
	way = routes_way4(&e->routes, e->given ? source : 0, port, address);
	if (way != -1)
		w = &e->routes.ways[way];
	if (e->given && w->refused == ROUTES_OPEN) {
		given = *w;
		given.source = address_ipv4(to.source);
		w = &given;
	}
	fputs(address_text(&target).s, f);
	if (form->probe->ports)
		fprintf(f, ":%u", port);
	fprintf(f, " %s\n", routes_way_text(w, &e->network, text, sizeof text));
}

enum outcome
listing_all(FILE *f, const struct egress *e, const struct form *form,
    struct stream_in *in, char *why, size_t size)
{
	enum outcome outcome = OUTCOME_DONE;
	struct stream_item item;
	struct batch b;
	const char *wrong;
	size_t i;
	int rc;

	while ((rc = stream_read(in, &item)) == 1) {
		if (item.what == STREAM_END)
			outcome = outcome_worse(outcome,
			    stream_end_outcome(&item));
		if (item.what != STREAM_RECORD)
			continue;
		wrong = batch_get(&item, 4, form->probe->ports, &b);
		if (wrong != NULL) {
			snprintf(why, size, "stdin: %s", wrong);
			return OUTCOME_FAILED;
		}
		for (i = 0; i < b.count && !ferror(f); i++)
			print(f, e, form, batch_address(&b, i),
			    batch_port(&b, i));
	}
	if (rc == -1) {
		snprintf(why, size, "stdin: %s", stream_error(in));
		return OUTCOME_FAILED;
	}
	return outcome;
}
