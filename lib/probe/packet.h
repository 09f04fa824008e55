/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A captured frame, taken apart: what kind of answer it is and which target it
 * claims to be about.  Every length in it has been checked against what was
 * captured, against what was on the wire and against what the packet says of
 * itself; a classifier reads only inside the pointers given here.
 */
#ifndef PACKET_H
#define PACKET_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/ip6.h"

/* Why a frame is no answer to this scan. */
enum refusal {
	REFUSED_NOT = 0,    /* it is one */
	REFUSED_LINK,	    /* link header: too short, not our IP */
	REFUSED_TRUNCATED,  /* a header does not fit into its packet */
	REFUSED_FRAGMENT,   /* not the first fragment of its packet */
	REFUSED_PROTOCOL,   /* neither the probe's protocol nor ICMP */
	REFUSED_ADDRESS,    /* not sent to one of our addresses */
	REFUSED_SOURCE,	    /* from an address that is not scanned */
	REFUSED_PORT,	    /* from or to a port that is not ours */
	REFUSED_QUOTE,	    /* an ICMP error that quotes no probe of ours */
	REFUSED_VALIDATION, /* the validation words do not match */
	REFUSED_KINDS,	    /* how many there are */
};

const char *refusal_name(enum refusal); /* "truncated", ... */

/* Addresses and ports are in host order. */
struct reply {
	uint64_t time_ns;	   /* since 1970 UTC */
	const unsigned char *ip;   /* the IP header */
	size_t ip_size;		   /* captured, within total length */
	unsigned family;	   /* 6, or anything else for IPv4 */
	uint32_t saddr, daddr;	   /* of the IP header */
	struct ip6 saddr6, daddr6; /* the same of IPv6 */
	uint16_t ip_id;		   /* IPv4 only */
	uint8_t ttl;		   /* or hop limit */
	uint8_t protocol;	   /* 1, 6, 17, 58, ... */
	bool fragment;		   /* the first one: others follow */
	const unsigned char *data; /* behind all IP headers */
	size_t size;		   /* captured bytes there */
	size_t wire_size;	   /* bytes there on the wire */

	/* What it is about: for an ICMP error, from the packet it quotes. */
	uint32_t target;
	struct ip6 target6;   /* the same of IPv6 */
	uint16_t target_port; /* 0: no ports */
	uint32_t source;      /* our address */
	struct ip6 source6;
	uint16_t source_port; /* ours */
	uint32_t v[4];	      /* validation words of target */

	/*
	 * ICMP errors only: types 3, 4, 5, 11 and 12 of RFC 792, and 1 to 4 of
	 * RFC 4443.
	 */
	bool icmp_error;
	uint8_t icmp_type, icmp_code;
	uint8_t quote_protocol;
	const unsigned char *quote; /* transport header quoted */
	size_t quote_size;	    /* at least 8 */
};

/*
 * Takes a packet of this family apart, from its IP header on: n bytes captured
 * of wire bytes.  protocol is the probe's, where ICMP stands for ICMPv6, too;
 * ports says whether it has ports in the first four bytes of its transport
 * header.  Extension headers of IPv6 are passed over, in the answer and in what
 * it quotes.  Fills everything but time_ns and v.
 *
 * The first fragment of a packet is an answer with less than it says: its
 * wire_size is smaller than the length in its transport header.  An ICMP error
 * may quote the probe inside an IPv4 header of its own, of quote_protocol 4.
 */
enum refusal packet_parse(unsigned family, const unsigned char *ip, size_t n,
    size_t wire, uint8_t protocol, bool ports, struct reply *);

/*
 * Finds the IP header of this family behind a link header of pcap's type dlt:
 * Ethernet with up to two VLAN tags, Linux cooked (1 and 2), raw IP, BSD null.
 * Gives its offset in the frame.
 */
enum refusal packet_link(int dlt, unsigned family, const unsigned char *frame,
    size_t n, size_t *offset);
bool packet_link_known(int dlt);

#define PACKET_LINK_MAX 28 /* longest link header that is passed over */

#endif
