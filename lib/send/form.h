/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form: what the probe of a target is.  The module, the key and our addresses
 * and ports fix it.  It is the same from the threads that send, from a dry run,
 * and from a trial before anything is opened.
 */
#ifndef FORM_H
#define FORM_H
#include <stddef.h>
#include <stdint.h>

#include "probe/attribution.h"
#include "probe/module.h"
#include "probe/probe.h"
#include "probe/template.h"
#include "probe/validate.h"
#include "send/io.h"

/* Constant while sending. */
struct form {
	const struct probe *probe;
	struct probe_config config;
	struct validate key;
	const uint32_t *sources;    /* our addresses of IPv4 */
	const struct ip6 *sources6; /* our addresses of IPv6 */
	unsigned nsources;
	unsigned source_prefix; /* of IPv6: all of this length; or 128 */
	unsigned char ethernet[IO_ETHERNET]; /* header of each frame */
	/* Of IPv6: a header between that of IP and what the module makes. */
	unsigned char extension[ATTRIBUTION_HEADER_MAX];
	size_t extension_size; /* 0: none */
};

/* What a packet is made in, before it is known to be no longer than others. */
#define FORM_ROOM (TEMPLATE_MTU + ATTRIBUTION_HEADER_MAX)
_Static_assert(IO_ETHERNET + FORM_ROOM <= IO_ROOM, "slots hold what is made");

/*
 * Prepares the module.  Its template is what packet[FORM_ROOM] has behind
 * room for the extension.  0, or -1 with *why; then nothing is to be freed.
 */
int form_prepare(const struct form *, struct probe_thread *t,
    unsigned char *packet, const char **why);

/* Bytes of the longest packet. */
static inline size_t
form_longest(const struct form *f, const struct probe_thread *t)
{
	return f->extension_size + t->size;
}

size_t form_make_extended(const struct form *, struct probe_thread *t,
    unsigned char *packet, const struct probe_target *);

/*
 * Makes a probe where the template was copied to, or an earlier one was made.
 * Its size, or 0 with t->reason.
 */
static inline size_t
form_make(const struct form *f, struct probe_thread *t, unsigned char *packet,
    const struct probe_target *to)
{
	return f->extension_size == 0 ? module_make(f->probe, t, packet, to) :
					form_make_extended(f, t, packet, to);
}

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
