/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probes as IP packets.
 *
 * A template is built once per thread, by libnet, without opening a socket.
 * Whatever differs between two probes is 0 in it and written per probe by the
 * inline functions below, which complete the lengths and checksums that a
 * module's changes have made wrong.
 *
 * Sizes are of IP packets, in bytes.  Addresses and ports are in host order.
 */
#ifndef TEMPLATE_H
#define TEMPLATE_H
#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "addr/ip6.h"
#include "base/bytes.h"
#include "base/checksum.h"
#include "probe/probe.h"

#define TEMPLATE_IP   20 /* size of an IP header: there are no options */
#define TEMPLATE_IP6  40 /* of IPv6, without extensions */
#define TEMPLATE_UDP  8
#define TEMPLATE_ICMP 8
#define TEMPLATE_TCP  20 /* without options */

#define TEMPLATE_MTU 1500 /* no probe is longer */

/* Where a packet is built. */
struct template_place {
	unsigned char *packet;
	size_t room; /* bytes, at most */
	uint8_t ttl;
	const char **why; /* gets a string that lasts */
};

/*
 * Each builds a packet of 0 addresses, 0 ports and 0 ID.  Returns its size, or
 * 0 with *why.
 *
 * Flags and window are TCP's; options are a multiple of 4 bytes, at most 40.
 * The payload of template_icmp follows the 8 bytes of type, code, checksum,
 * id and sequence.  template_ip is an IP header with any payload.
 */
size_t template_tcp(const struct template_place *, uint8_t flags,
    uint16_t window, const void *options, size_t noptions);
size_t template_udp(const struct template_place *, const void *payload,
    size_t n);
size_t template_icmp(const struct template_place *, uint8_t type, uint8_t code,
    const void *payload, size_t n);
size_t template_ip(const struct template_place *, uint8_t protocol,
    const void *payload, size_t n);

/*
 * Puts the header of this family before one of those above, in place, and
 * leaves IPv4 as it is; ICMP becomes ICMPv6, whose type is still the caller's.
 * A size of 0 is passed on.  Returns the size, or 0 with *why set.
 */
size_t template_family(unsigned family, unsigned char *packet, size_t size,
    size_t room, const char **why);

/* --- per probe --- */

/*
 * Sums below are made of what is stored, not of what was: a load that spans
 * two fresh stores waits for both to reach the cache.
 */

/* A 16-bit word as it lies in memory, for a sum. */
static inline uint16_t
template_word(const unsigned char *p)
{
	uint16_t word;

	memcpy(&word, p, 2);
	return word;
}

/* What follows works on either family, which the packet's version says. */

/* Bytes of IP header in front of the rest. */
static inline size_t
template_header(const unsigned char *ip)
{
	return ip[0] >> 4 == 6 ? TEMPLATE_IP6 : TEMPLATE_IP;
}

/* The IPv4 header of a packet of `size` bytes, checksum included. */
static inline void
template_set_ip4(unsigned char *ip, size_t size, uint16_t id, uint32_t source,
    uint32_t address)
{
	uint64_t sum = (uint64_t)htonl(source) + htonl(address) + htons(size) +
	    htons(id) + template_word(ip) + template_word(ip + 6) +
	    template_word(ip + 8);
	uint16_t folded = checksum_fold(sum);

	put16(ip + 2, size);
	put16(ip + 4, id);
	put32(ip + 12, source);
	put32(ip + 16, address);
	memcpy(ip + 10, &folded, 2);
}

/* The IPv6 header of a packet of `size` bytes; a flow label has 20 bits. */
static inline void
template_set_ip6(unsigned char *ip, size_t size, uint32_t flow,
    struct ip6 source, struct ip6 address)
{
	put32(ip, 6u << 28 | (flow & 0xfffff));
	put16(ip + 4, size - TEMPLATE_IP6);
	ip6_put(ip + 8, source);
	ip6_put(ip + 24, address);
}

/*
 * The IP header of a packet of `size` bytes to a target, the ID or flow label
 * out of its words.
 */
static inline void
template_set_ip(unsigned char *ip, size_t size, const struct probe_target *to)
{
	if (ip[0] >> 4 == 6)
		template_set_ip6(ip, size, to->v[3], to->source6, to->address6);
	else
		template_set_ip4(ip, size, to->v[3], to->source, to->address);
}

/*
 * The pseudo header of TCP and UDP (RFC 793 3.1, RFC 768), and of all above
 * IPv6 (RFC 8200 8.1), as a sum.  The packet must have its addresses.
 */
static inline uint64_t
template_pseudo(const unsigned char *ip, uint8_t protocol, size_t size)
{
	uint64_t sum = htons(protocol) + htons(size), word;
	uint32_t half;
	int i;

	if (ip[0] >> 4 == 6)
		for (i = 8; i < TEMPLATE_IP6; i += 8) {
			memcpy(&word, ip + i, 8);
			sum += (word >> 32) + (uint32_t)word;
		}
	else
		for (i = 12; i < TEMPLATE_IP; i += 4) {
			memcpy(&half, ip + i, 4);
			sum += half;
		}
	return sum;
}

/* The checksum `at` in n bytes behind the IP header, with a sum of others. */
static inline void
template_sum_upper(unsigned char *upper, size_t n, size_t at, uint64_t sum)
{
	uint16_t folded = 0;

	memcpy(upper + at, &folded, 2);
	folded = checksum_fold(checksum_add(sum, upper, n));
	memcpy(upper + at, &folded, 2);
}

/*
 * The checksum of the n bytes of TCP behind the IP header, which must have its
 * addresses.
 */
static inline void
template_sum_tcp(unsigned char *ip, size_t n)
{
	template_sum_upper(ip + template_header(ip), n, 16,
	    template_pseudo(ip, 6, n));
}

/* What all TCP headers of a template add to the checksum. */
static inline uint64_t
template_rest_tcp(const unsigned char *ip, size_t n)
{
	const unsigned char *tcp = ip + template_header(ip);

	return checksum_add(0, tcp + 8, 8) + checksum_add(0, tcp + 18, n - 18);
}

/*
 * Ports, sequence number and checksum of n bytes of TCP.  rest: the sum of what
 * else is in there; so nothing is read that was just written.
 */
static inline void
template_set_tcp(unsigned char *ip, const struct probe_target *to, uint32_t seq,
    size_t n, uint64_t rest)
{
	unsigned char *tcp = ip + template_header(ip);
	uint16_t sum = checksum_fold(rest + template_pseudo(ip, 6, n) +
	    htons(to->source_port) + htons(to->port) + htonl(seq));

	put16(tcp, to->source_port);
	put16(tcp + 2, to->port);
	put32(tcp + 4, seq);
	memcpy(tcp + 16, &sum, 2);
}

/* The same of ICMP, whose checksum is without addresses, and ICMPv6. */
static inline void
template_sum_icmp(unsigned char *ip, size_t n)
{
	template_sum_upper(ip + template_header(ip), n, 2,
	    ip[0] >> 4 == 6 ? template_pseudo(ip, 58, n) : 0);
}

/*
 * Ports, length and checksum of a UDP header whose n bytes of payload follow
 * and add up to `payload` (checksum_add).
 */
static inline void
template_set_udp(unsigned char *ip, uint16_t source_port, uint16_t port,
    size_t n, uint64_t payload)
{
	unsigned char *udp = ip + template_header(ip);
	uint16_t sum;

	n += TEMPLATE_UDP;
	sum = checksum_fold(payload + template_pseudo(ip, 17, n) +
	    htons(source_port) + htons(port) + htons(n));
	if (sum == 0)
		sum = 0xffff; /* 0 says that there is none: RFC 768 */
	put16(udp, source_port);
	put16(udp + 2, port);
	put16(udp + 4, n);
	memcpy(udp + 6, &sum, 2);
}

#endif
