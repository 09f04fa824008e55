/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates by libnet.
 *
 * libnet wants to open a socket for what it builds; LIBNET_NONE is its type for
 * packets that it does not send itself, and needs no privilege.  The packet is
 * taken from libnet_pblock_coalesce(), since the function meant for it looks
 * for a link type.
 */
#include "probe/template.h"

#include <libnet.h>

struct build {
	const struct template_place *place;
	size_t size;
	libnet_t *net;
	const char *why;
};

static int
template_begin(struct build *b, const struct template_place *place, size_t size)
{
	char error[LIBNET_ERRBUF_SIZE];

	*b = (struct build){ .place = place, .size = size };
	if (size > TEMPLATE_MTU || size > place->room) {
		b->why = "the packet would be longer than 1500 bytes";
		return -1;
	}
	b->net = libnet_init(LIBNET_NONE, NULL, error);
	if (b->net == NULL) {
		b->why = "libnet cannot be started";
		return -1;
	}
	return 0;
}

/* Puts an IP header before what was built, and all of it into its place. */
static size_t
template_finish(struct build *b, uint8_t protocol, const void *payload,
    size_t n)
{
	uint8_t *built = NULL;
	uint32_t length = 0;

	if (b->net != NULL && b->why == NULL) {
		if (libnet_build_ipv4(b->size, 0, 0, 0, b->place->ttl, protocol,
			0, 0, 0, payload, n, b->net, 0) == -1 ||
		    libnet_pblock_coalesce(b->net, &built, &length) == -1)
			b->why = "libnet cannot build the packet";
		else if (length != b->size)
			b->why = "libnet has built another length";
		else
			memcpy(b->place->packet, built, b->size);
	}
	if (built != NULL)
		libnet_adv_free_packet(b->net, built);
	if (b->net != NULL)
		libnet_destroy(b->net);
	if (b->why == NULL)
		return b->size;
	*b->place->why = b->why;
	return 0;
}

size_t
template_tcp(const struct template_place *place, uint8_t flags, uint16_t window,
    const void *options, size_t noptions)
{
	size_t size = TEMPLATE_IP + TEMPLATE_TCP + noptions;
	struct build b;

	if (template_begin(&b, place, size) == 0 && noptions > 0 &&
	    libnet_build_tcp_options(options, noptions, b.net, 0) == -1)
		b.why = "libnet cannot build the TCP options";
	if (b.why == NULL &&
	    libnet_build_tcp(0, 0, 0, 0, flags, window, 0, 0,
		TEMPLATE_TCP + noptions, NULL, 0, b.net, 0) == -1)
		b.why = "libnet cannot build the TCP header";
	return template_finish(&b, IPPROTO_TCP, NULL, 0);
}

size_t
template_udp(const struct template_place *place, const void *payload, size_t n)
{
	struct build b;

	if (template_begin(&b, place, TEMPLATE_IP + TEMPLATE_UDP + n) == 0 &&
	    libnet_build_udp(0, 0, TEMPLATE_UDP + n, 0, n > 0 ? payload : NULL,
		n, b.net, 0) == -1)
		b.why = "libnet cannot build the UDP header";
	return template_finish(&b, IPPROTO_UDP, NULL, 0);
}

size_t
template_icmp(const struct template_place *place, uint8_t type, uint8_t code,
    const void *payload, size_t n)
{
	struct build b;

	if (template_begin(&b, place, TEMPLATE_IP + TEMPLATE_ICMP + n) == 0 &&
	    libnet_build_icmpv4_echo(type, code, 0, 0, 0,
		n > 0 ? payload : NULL, n, b.net, 0) == -1)
		b.why = "libnet cannot build the ICMP header";
	return template_finish(&b, IPPROTO_ICMP, NULL, 0);
}

size_t
template_ip(const struct template_place *place, uint8_t protocol,
    const void *payload, size_t n)
{
	struct build b;

	template_begin(&b, place, TEMPLATE_IP + n);
	return template_finish(&b, protocol, n > 0 ? payload : NULL, n);
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
