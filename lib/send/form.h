/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form: what the probe of a target is.  The module, the key and our addresses
 * and ports fix it, whoever makes it: the threads that send, a dry run, or a
 * trial before anything is opened.
 */
#ifndef FORM_H
#define FORM_H
#include <stddef.h>
#include <stdint.h>

#include "probe/probe.h"
#include "probe/validate.h"
#include "send/io.h"

/* Constant while sending. */
struct form {
	const struct probe *probe;
	struct probe_config config;
	struct validate key;
	const uint32_t *sources;    /* our addresses, */
	const struct ip6 *sources6; /* or those of IPv6 */
	unsigned nsources;
	unsigned source_prefix; /* of IPv6: all of this length; or 128 */
	unsigned char ethernet[IO_ETHERNET]; /* header of each frame */
};

/*
 * Whom probe number n to this target is from; form_finish has to follow.
 * Returns which of the sources that is.
 */
static inline unsigned
form_target(const struct form *f, uint32_t address, uint16_t port,
    unsigned number, struct probe_target *t)
{
	unsigned source = f->nsources == 1 ?
	    0 :
	    ((uint64_t)address + number) % f->nsources;

	t->address = address;
	t->port = port;
	t->number = number;
	t->source = f->sources[source];
	return source;
}

/* One of a prefix, by the key and the target. */
struct ip6 form_source6(const struct form *, struct ip6 address,
    unsigned number);

/* The same of IPv6. */
static inline unsigned
form_target6(const struct form *f, struct ip6 address, uint16_t port,
    unsigned number, struct probe_target *t)
{
	unsigned source = (address.lo + number) % f->nsources;

	t->address6 = address;
	t->port = port;
	t->number = number;
	t->source6 = f->source_prefix < IP6_BITS ?
	    form_source6(f, address, number) :
	    f->sources6[source];
	return source;
}

/* The words of n of these, and what comes of the words. */
void form_finish(const struct form *, struct probe_target *, size_t n);

#endif
