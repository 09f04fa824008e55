/* SPDX-License-Identifier: Apache-2.0 */
/* Targets made complete; see form.h. */
#include "send/form.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* Three blocks: as many has no word of validation (probe/validate.h). */
struct ip6
form_source6(const struct form *f, struct ip6 address, unsigned number)
{
	struct siphash h = siphash_start(f->key.key);
	struct ip6 mask = ip6_mask(f->source_prefix), base = f->sources6[0];
	uint64_t out[2];

	siphash_add(&h, address.hi);
	siphash_add(&h, address.lo);
	siphash_add(&h, number);
	siphash_end(&h, out);
	return (struct ip6){ base.hi | (out[0] & ~mask.hi),
		base.lo | (out[1] & ~mask.lo) };
}

void
form_finish(const struct form *f, struct probe_target *t, size_t n)
{
	const struct probe_config *c = &f->config;
	size_t i;

	if (c->family == 6)
		validate_many6(&f->key, t, n);
	else
		validate_many(&f->key, t, n);
	for (i = 0; i < n; i++)
		t[i].source_port = !f->probe->ports ? 0 :
						      c->source_port_first +
			(t[i].v[1] + t[i].number) % c->source_port_count;
}

int
form_prepare(const struct form *f, struct probe_thread *t,
    unsigned char *packet, const char **why)
{
	t->packet = packet + f->extension_size;
	if (module_prepare(f->probe, t, &f->config, why) == -1)
		return -1;
	if (form_longest(f, t) <= TEMPLATE_MTU)
		return 0;
	*why =
	    "with --attribution-padn, the packet would be longer than 1500 bytes";
	if (f->probe->done != NULL)
		f->probe->done(t);
	t->state = NULL;
	return -1;
}

/*
 * The module makes its packet behind room for the extension, with the header of
 * its template, which the probe before has overwritten.  Then the header moves
 * to the front; checksums do not have extensions in them (RFC 8200 8.1).
 */
size_t
form_make_extended(const struct form *f, struct probe_thread *t,
    unsigned char *packet, const struct probe_target *to)
{
	const size_t more = f->extension_size;
	unsigned char *plain = packet + more,
		      *extension = packet + TEMPLATE_IP6;
	uint8_t next;
	size_t n;

	memcpy(plain, t->packet, TEMPLATE_IP6);
	n = module_make(f->probe, t, plain, to);
	if (n == 0 || n + more > TEMPLATE_MTU) {
		if (n != 0)
			snprintf(t->reason, sizeof t->reason,
			    "%s: a probe is longer than its template",
			    f->probe->name);
		return 0;
	}
	next = plain[6];
	memmove(packet, plain, TEMPLATE_IP6);
	memcpy(extension, f->extension, more);
	extension[0] = next;
	packet[6] = IPPROTO_DSTOPTS;
	put16(packet + 4, get16(packet + 4) + more);
	return n + more;
}
