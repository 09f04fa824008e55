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

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bytes.h"
#include "checksum.h"

#define TEMPLATE_IP   20 /* size of an IP header: there are no options */
#define TEMPLATE_UDP  8
#define TEMPLATE_ICMP 8
#define TEMPLATE_TCP  20 /* without options */

#define TEMPLATE_MTU 1500 /* no probe is longer */

/*
 * Each builds a packet of 0 addresses, 0 ports and 0 ID, at most `room` bytes
 * long.  Returns its size, or 0 with *why set to a string that lasts.
 *
 * Flags and window are TCP's; options are a multiple of 4 bytes, at most 40.
 * The payload of template_icmp follows the 8 bytes of type, code, checksum,
 * id and sequence.  template_ip is an IP header with any payload.
 */
size_t template_tcp(unsigned char *packet, size_t room, uint8_t ttl,
    uint8_t flags, uint16_t window, const void *options, size_t noptions,
    const char **why);
size_t template_udp(unsigned char *packet, size_t room, uint8_t ttl,
    const void *payload, size_t n, const char **why);
size_t template_icmp(unsigned char *packet, size_t room, uint8_t ttl,
    uint8_t type, uint8_t code, const void *payload, size_t n,
    const char **why);
size_t template_ip(unsigned char *packet, size_t room, uint8_t ttl,
    uint8_t protocol, const void *payload, size_t n, const char **why);

/* --- per probe --- */

/* The IP header of a packet of `size` bytes, checksum included. */
static inline void
template_set_ip(unsigned char *ip, size_t size, uint16_t id, uint32_t source,
    uint32_t address)
{
	uint16_t sum = 0;

	put16(ip + 2, size);
	put16(ip + 4, id);
	put32(ip + 12, source);
	put32(ip + 16, address);
	memcpy(ip + 10, &sum, 2);
	sum = checksum_fold(checksum_add(0, ip, TEMPLATE_IP));
	memcpy(ip + 10, &sum, 2);
}

/* The pseudo header of TCP and UDP (RFC 793 3.1, RFC 768), as a sum. */
static inline uint64_t
template_pseudo(const unsigned char *ip, uint8_t protocol, size_t size)
{
	unsigned char tail[4] = { 0, protocol, size >> 8, size & 0xff };

	return checksum_add(checksum_add(0, ip + 12, 8), tail, 4);
}

/*
 * The checksum of the n bytes of TCP behind the IP header, which must have its
 * addresses.
 */
static inline void
template_sum_tcp(unsigned char *ip, size_t n)
{
	unsigned char *tcp = ip + TEMPLATE_IP;
	uint16_t sum = 0;

	memcpy(tcp + 16, &sum, 2);
	sum = checksum_fold(checksum_add(template_pseudo(ip, 6, n), tcp, n));
	memcpy(tcp + 16, &sum, 2);
}

/*
 * Ports, length and checksum of a UDP header whose n bytes of payload follow
 * and add up to `payload` (checksum_add).
 */
static inline void
template_set_udp(unsigned char *ip, uint16_t source_port, uint16_t port,
    size_t n, uint64_t payload)
{
	unsigned char *udp = ip + TEMPLATE_IP;
	uint16_t sum = 0;

	n += TEMPLATE_UDP;
	put16(udp, source_port);
	put16(udp + 2, port);
	put16(udp + 4, n);
	memcpy(udp + 6, &sum, 2);
	sum = checksum_fold(payload +
	    checksum_add(template_pseudo(ip, 17, n), udp, TEMPLATE_UDP));
	if (sum == 0)
		sum = 0xffff; /* 0 says that there is none: RFC 768 */
	memcpy(udp + 6, &sum, 2);
}

/* The checksum of n bytes of ICMP. */
static inline void
template_sum_icmp(unsigned char *icmp, size_t n)
{
	uint16_t sum = 0;

	memcpy(icmp + 2, &sum, 2);
	sum = checksum_fold(checksum_add(0, icmp, n));
	memcpy(icmp + 2, &sum, 2);
}

#endif
