/* SPDX-License-Identifier: Apache-2.0 */
/* Ways as text; see listing.h. */
#include "send/listing.h"

#include <stdlib.h>

#include "scan/batch.h"

static struct address
source_of(const struct probe_target *to, size_t width)
{
	unsigned char bytes[IP6_SIZE];

	if (width == 4)
		return address_ipv4(to->source);
	ip6_put(bytes, to->source6);
	return address_of(bytes, IP6_SIZE);
}

static void
listing_print(FILE *f, const struct egress *e, const struct form *form,
    const struct batch *b, size_t i)
{
	static const struct way nowhere = { .refused = ROUTES_NO_ROUTE };
	struct address target = address_of(b->addresses + b->width * i,
	    b->width);
	uint16_t port = batch_port(b, i);
	const struct way *w = &nowhere;
	struct probe_target to = { .source = 0 };
	struct way given;
	char text[256];
	unsigned source = 0;
	long way;

	if (b->width == 4)
		source = form_target(form, batch_address(b, i), port, 0, &to);
	else
		source = form_target6(form, batch_address6(b, i), port, 0, &to);
	way = routes_way(&e->routes, e->given ? source : 0, port, &target);
	if (way != -1)
		w = &e->routes.ways[way];
	if (e->given && w->refused == ROUTES_OPEN) {
		given = *w;
		given.source = source_of(&to, b->width);
		w = &given;
	}
	if (form->probe->ports)
		fprintf(f, b->width == 4 ? "%s:%u" : "[%s]:%u",
		    address_text(&target).s, port);
	else
		fputs(address_text(&target).s, f);
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
		if (batch_get(&item, form->config.family, form->probe->ports,
			&b, &wrong) == -1) {
			snprintf(why, size, "stdin: %s", wrong);
			return OUTCOME_FAILED;
		}
		for (i = 0; i < b.count && !ferror(f); i++)
			listing_print(f, e, form, &b, i);
	}
	if (rc == -1) {
		snprintf(why, size, "stdin: %s", stream_error(in));
		return OUTCOME_FAILED;
	}
	return outcome;
}
