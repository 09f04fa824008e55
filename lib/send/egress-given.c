/* SPDX-License-Identifier: Apache-2.0 */
/* Interface and source addresses, as given; see egress-site.h. */
#include "send/egress-site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/interface.h"

int
egress_find_interface(struct egress_site *s)
{
	const struct message_address *a;
	char own[IF_NAMESIZE];
	int found;

	if (s->q->interface == NULL)
		return 0;
	found = interface_find(s->q->interface, own, &s->ifindex);
	if (found == -1)
		return egress_refuse(s, "interface %s: %s", s->q->interface,
		    strerror(errno));
	if (found == 0 || egress_six(s))
		return 0;
	/* a label is one address of a device */
	a = network_label(&s->e->network, s->q->interface);
	if (a == NULL)
		return egress_refuse(s,
		    "interface %s: no address of %s has this label",
		    s->q->interface, own);
	s->label_source = address_host(&a->local);
	return 0;
}

/* A label of an interface is one source, too, unless some are given. */
static unsigned
count_sources(const struct egress_site *s)
{
	if (s->q->sources->n > 0)
		return s->q->sources->n;
	return s->label_source != 0;
}

int
egress_set_sources(struct egress_site *s)
{
	const struct sources *given = s->q->sources;
	struct egress *e = s->e;
	unsigned i;

	e->prefix = given->n > 0 ? given->prefix : IP6_BITS;
	e->nsources = s->nsources = count_sources(s);
	e->given = s->nsources > 0;
	s->sources = calloc(s->nsources + 1, sizeof *s->sources);
	e->own_sources = s->sources;
	if (s->sources == NULL)
		return egress_refuse(s, "out of memory");
	for (i = 0; i < s->nsources; i++)
		if (egress_six(s)) {
			e->sources6[i] = given->v6[i];
			s->sources[i].size = IP6_SIZE;
			ip6_put(s->sources[i].b, given->v6[i]);
		} else {
			e->sources[i] = given->n > 0 ? given->v4[i] :
						       s->label_source;
			s->sources[i] = address_ipv4(e->sources[i]);
		}
	return 0;
}

void
egress_warn_of_sources(const struct egress_site *s)
{
	unsigned i, foreign = 0, first = 0;

	for (i = 0; i < s->nsources; i++)
		if (network_ours(&s->e->network, &s->sources[i]) == NULL &&
		    foreign++ == 0)
			first = i;
	if (foreign > 0 && s->e->prefix < IP6_BITS)
		egress_warn(s->e,
		    "the sources are all of a prefix, %s/%u: answers come here only if it is routed here, or if zmap-recv answers for it on its link",
		    address_text(&s->sources[0]).s, s->e->prefix);
	else if (foreign > 0)
		egress_warn(s->e,
		    "%u of %u source addresses are not this machine's, the first is %s: answers come here only if they are routed here",
		    foreign, s->nsources, address_text(&s->sources[first]).s);
}
