/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the TCP probe modules share: a TCP header and its options (RFC 9293
 * 3.1, RFC 7323, RFC 2018) read from an answer.
 */
#ifndef TCP_H
#define TCP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/packet.h"
#include "stream/value.h"

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/* What fits into packets of 1500 bytes; all our options begin with it. */
#define TCP_MSS4 1460
#define TCP_MSS6 1440

struct tcp {
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint16_t window;
	uint8_t flags;
	/* options: what was there, up to the first that is malformed */
	bool has_mss, has_wscale, sack_permitted, has_timestamps;
	uint16_t mss;
	uint8_t wscale; /* the shift, at most 14 */
	uint32_t ts_val, ts_ecr;
};

/* REFUSED_TRUNCATED if there is no whole TCP header. */
enum refusal tcp_read(const struct reply *, struct tcp *);

/*
 * The same of n bytes that begin with a TCP header, out of `wire` that there
 * were: for one that an ICMP error quotes.
 */
enum refusal tcp_parse(const unsigned char *, size_t n, size_t wire,
    struct tcp *);

/* The fields that all TCP modules begin with, and their indices. */
enum { TCP_SPORT, TCP_DPORT, TCP_SEQNUM, TCP_ACKNUM, TCP_WINDOW, TCP_COUNT };

#define TCP_FIELDS                                                             \
	{ "sport", FIELD_UINT, "TCP source port" },                            \
	    { "dport", FIELD_UINT, "TCP destination port" },                   \
	    { "seqnum", FIELD_UINT, "TCP sequence number" },                   \
	    { "acknum", FIELD_UINT, "TCP acknowledgement number" },            \
	{                                                                      \
		"window", FIELD_UINT, "TCP window"                             \
	}

/* Of an ICMP error, the ports of the probe that it answers. */
void tcp_fill(struct value values[TCP_COUNT], const struct tcp *);
void tcp_fill_icmp(struct value values[TCP_COUNT], const struct reply *);

enum {
	TCP_MSS,
	TCP_WSCALE,
	TCP_SACK_PERM,
	TCP_TS_VAL,
	TCP_TS_ECR,
	TCP_OPTION_COUNT
};

#define TCP_OPTION_FIELDS                                                      \
	{ "tcpopt_mss", FIELD_UINT, "TCP MSS option" },                        \
	    { "tcpopt_wscale", FIELD_UINT, "TCP Window scale option" },        \
	    { "tcpopt_sack_perm", FIELD_UINT, "TCP SACK permitted option" },   \
	    { "tcpopt_ts_val", FIELD_UINT, "TCP timestamp option value" },     \
	{                                                                      \
		"tcpopt_ts_ecr", FIELD_UINT, "TCP timestamp option echo reply" \
	}

void tcp_fill_options(struct value values[TCP_OPTION_COUNT],
    const struct tcp *);

/*
 * JA4TS, FoxIO's fingerprint of a SYN-ACK: "65535_2-4-8-1-3_1460_7" is its
 * window, the kinds of its options in their order (the end of the list, too),
 * its MSS and the shift of its window scale; 00 stands for what is not there.
 * Returns the length of the text.
 */
#define TCP_JA4TS_MAX 112
size_t tcp_ja4ts(const struct reply *, char text[TCP_JA4TS_MAX]);

#endif
