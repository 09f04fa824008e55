/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of rtnetlink: whatever they say of their length, nothing behind
 * them is read, prefixes are not longer than addresses, and names end.  The
 * input is one message after the other, each taken for every type.
 */
#include <string.h>

#include <linux/rtnetlink.h>

#include "fuzz.h"
#include "send/message.h"

static bool
is_address(const struct address *a)
{
	return a->size == 0 || a->size == 4 || a->size == 16;
}

static void
route(const struct nlmsghdr *h)
{
	struct message_route r;
	unsigned i;

	if (!message_route(h, &r))
		return;
	HOLDS(r.bits <= 8u * r.destination.size);
	HOLDS(is_address(&r.destination) && is_address(&r.source));
	HOLDS(r.nhops <= MESSAGE_HOPS);
	for (i = 0; i < r.nhops; i++)
		HOLDS(r.hops[i].weight >= 1 && r.hops[i].weight <= 256 &&
		    is_address(&r.hops[i].gateway));
}

static void
others(const struct nlmsghdr *h)
{
	struct message_neighbour neighbour;
	struct message_address address;
	struct message_queue queue;
	struct message_rule rule;
	struct message_link link;

	if (message_rule(h, &rule))
		HOLDS(is_address(&rule.from) && is_address(&rule.to) &&
		    rule.from_bits <= 128 && rule.to_bits <= 128);
	if (message_link(h, &link))
		HOLDS(memchr(link.name, '\0', sizeof link.name) != NULL &&
		    memchr(link.kind, '\0', sizeof link.kind) != NULL &&
		    is_address(&link.remote));
	if (message_address(h, &address))
		HOLDS(address.local.size != 0 && is_address(&address.local) &&
		    memchr(address.label, '\0', sizeof address.label) != NULL);
	if (message_neighbour(h, &neighbour))
		HOLDS(is_address(&neighbour.address));
	message_queue(h, &queue);
}

static int
fuzz_one(const uint8_t *p, size_t n)
{
	struct nlmsghdr *h;
	size_t size;

	while (n >= sizeof *h) {
		memcpy(&size, p, sizeof size);
		size = (uint32_t)size;
		if (size < sizeof *h || size > n)
			break;
		/* of its own, so that what is read behind it is seen */
		h = malloc(NLMSG_ALIGN(size));
		HOLDS(h != NULL);
		memset(h, 0, NLMSG_ALIGN(size));
		memcpy(h, p, size);
		route(h);
		others(h);
		free(h);
		p += size;
		n -= size;
	}
	return 0;
}

FUZZ_TARGET(fuzz_one)
