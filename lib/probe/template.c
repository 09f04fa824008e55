/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates by libnet.
 *
 * libnet wants to open a socket for what it builds; LIBNET_NONE is its type for
 * packets that somebody else sends, and needs no privilege.  The packet is then
 * had by libnet_pblock_coalesce(), since the function meant for it looks for a
 * link type.
 */
#include "probe/template.h"

#include <libnet.h>

struct build {
	libnet_t *net;
	const char *why;
};

static int
template_begin(struct build *b, size_t room, size_t size)
{
	static const char too_long[] =
	    "the packet would be longer than 1500 bytes";
	char error[LIBNET_ERRBUF_SIZE];

	b->why = NULL;
	b->net = NULL;
	if (size > TEMPLATE_MTU || size > room) {
		b->why = too_long;
		return -1;
	}
	b->net = libnet_init(LIBNET_NONE, NULL, error);
	if (b->net == NULL) {
		b->why = "libnet cannot be started";
		return -1;
	}
	return 0;
}

/* Puts an IP header before what was built, and all of it into packet. */
static size_t
template_finish(struct build *b, unsigned char *packet, size_t size,
    uint8_t ttl, uint8_t protocol, const void *payload, size_t n,
    const char **why)
{
	uint8_t *built = NULL;
	uint32_t length = 0;

	if (b->net != NULL && b->why == NULL) {
		if (libnet_build_ipv4(size, 0, 0, 0, ttl, protocol, 0, 0, 0,
			payload, n, b->net, 0) == -1 ||
		    libnet_pblock_coalesce(b->net, &built, &length) == -1)
			b->why = "libnet cannot build the packet";
		else if (length != size)
			b->why = "libnet has built another length";
		else
			memcpy(packet, built, size);
	}
	if (built != NULL)
		libnet_adv_free_packet(b->net, built);
	if (b->net != NULL)
		libnet_destroy(b->net);
	if (b->why == NULL)
		return size;
	*why = b->why;
	return 0;
}

size_t
template_tcp(unsigned char *packet, size_t room, uint8_t ttl, uint8_t flags,
    uint16_t window, const void *options, size_t noptions, const char **why)
{
	size_t size = TEMPLATE_IP + TEMPLATE_TCP + noptions;
	struct build b;

	if (template_begin(&b, room, size) == 0 && noptions > 0 &&
	    libnet_build_tcp_options(options, noptions, b.net, 0) == -1)
		b.why = "libnet cannot build the TCP options";
	if (b.why == NULL &&
	    libnet_build_tcp(0, 0, 0, 0, flags, window, 0, 0,
		TEMPLATE_TCP + noptions, NULL, 0, b.net, 0) == -1)
		b.why = "libnet cannot build the TCP header";
	return template_finish(&b, packet, size, ttl, IPPROTO_TCP, NULL, 0,
	    why);
}

size_t
template_udp(unsigned char *packet, size_t room, uint8_t ttl,
    const void *payload, size_t n, const char **why)
{
	size_t size = TEMPLATE_IP + TEMPLATE_UDP + n;
	struct build b;

	if (template_begin(&b, room, size) == 0 &&
	    libnet_build_udp(0, 0, TEMPLATE_UDP + n, 0, n > 0 ? payload : NULL,
		n, b.net, 0) == -1)
		b.why = "libnet cannot build the UDP header";
	return template_finish(&b, packet, size, ttl, IPPROTO_UDP, NULL, 0,
	    why);
}

size_t
template_icmp(unsigned char *packet, size_t room, uint8_t ttl, uint8_t type,
    uint8_t code, const void *payload, size_t n, const char **why)
{
	size_t size = TEMPLATE_IP + TEMPLATE_ICMP + n;
	struct build b;

	if (template_begin(&b, room, size) == 0 &&
	    libnet_build_icmpv4_echo(type, code, 0, 0, 0,
		n > 0 ? payload : NULL, n, b.net, 0) == -1)
		b.why = "libnet cannot build the ICMP header";
	return template_finish(&b, packet, size, ttl, IPPROTO_ICMP, NULL, 0,
	    why);
}

size_t
template_ip(unsigned char *packet, size_t room, uint8_t ttl, uint8_t protocol,
    const void *payload, size_t n, const char **why)
{
	size_t size = TEMPLATE_IP + n;
	struct build b;

	template_begin(&b, room, size);
	return template_finish(&b, packet, size, ttl, protocol,
	    n > 0 ? payload : NULL, n, why);
}

size_t
template_family(unsigned family, unsigned char *packet, size_t size,
    size_t room, const char **why)
{
	const size_t more = TEMPLATE_IP6 - TEMPLATE_IP;
	uint8_t ttl = packet[8], protocol = packet[9];

	if (family != 6 || size == 0)
		return size;
	if (size + more > room || size + more > TEMPLATE_MTU) {
		*why = "the packet would be longer than 1500 bytes";
		return 0;
	}
	memmove(packet + TEMPLATE_IP6, packet + TEMPLATE_IP,
	    size - TEMPLATE_IP);
	memset(packet, 0, TEMPLATE_IP6);
	packet[0] = 0x60;
	put16(packet + 4, size - TEMPLATE_IP);
	packet[6] = protocol == IPPROTO_ICMP ? IPPROTO_ICMPV6 : protocol;
	packet[7] = ttl;
	return size + more;
}
