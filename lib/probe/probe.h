/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract of probe modules.
 *
 * A module makes probes in zmap-send and reads answers in zmap-recv.  It never
 * sees links, sockets, rates or targets' order; it never prints and never
 * exits.  It is one exported const struct; everything else in its file is
 * static.  Modules of the project have a line in probes/probe.c.
 *
 * The three callbacks:
 *	prepare		once per sending thread, and once in zmap-recv
 *	make		per probe, from the validation words
 *	classify	per answer that may be one, into fields
 *
 * Addresses and ports are in host byte order, except inside packets.
 */
#ifndef PROBE_H
#define PROBE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/ip6.h"
#include "probe/packet.h"
#include "stream/field.h"
#include "stream/value.h"

#define PROBE_ABI     4		  /* changes with this file and template.h */
#define PROBE_SCRATCH (256 << 10) /* bytes for the nested values of a record */

struct encoder;

/* Whether a module's probes say who sends them; see probe/attribution.h. */
enum probe_attribution {
	PROBE_ATTRIBUTION_NONE,	   /* no room in them */
	PROBE_ATTRIBUTION_CARRIED, /* yes */
	PROBE_ATTRIBUTION_FREE,	   /* without a payload of the user's */
	PROBE_ATTRIBUTION_ASKED,   /* --probe-args has the word attribution */
};

/* What the scan has fixed; the same in sender and receiver. */
struct probe_config {
	unsigned family;	 /* of the targets: 4, or 6 if .ip6 */
	const char *args;	 /* --probe-args, or NULL */
	const char *attribution; /* URI to carry, or NULL */
	const uint16_t *ports;	 /* target ports, ascending */
	size_t nports;		 /* 0: they are not known */
	uint16_t source_port_first;
	uint32_t source_port_count;
	unsigned probes;   /* to each target, --probes */
	uint8_t ttl;	   /* --probe-ttl */
	uint64_t seed;	   /* for random payload: per scan */
	uint64_t start_ns; /* of the scan, since 1970 UTC */
};

/* A thread's own state. */
struct probe_thread {
	/*
	 * In zmap-send: the template, an IP packet of `size` bytes that
	 * prepare has built; NULL in zmap-recv.  Room for the module's
	 * max_size.
	 */
	unsigned char *packet;
	size_t size;
	unsigned thread;  /* number of the thread, from 0 */
	void *state;	  /* the module's, or NULL */
	bool attributed;  /* prepare says: probes carry the URI */
	char reason[256]; /* room for a *why with details */
};

/* What a single probe is for. */
struct probe_target {
	uint32_t source;      /* our address */
	uint32_t address;     /* the target's */
	uint16_t port;	      /* the target's, 0 without ports */
	uint16_t source_port; /* ours, 0 without ports */
	unsigned number;      /* of the probe to this target, from 0 */
	uint32_t v[4];	      /* validation words */
	struct ip6 source6;   /* both addresses, of IPv6 */
	struct ip6 address6;
};

struct probe {
	unsigned abi;	  /* PROBE_ABI; must be set */
	const char *name; /* must be set */
	const char *help; /* a paragraph; must be set */
	bool ports;	  /* targets have ports */
	bool ip6;	  /* it makes and reads IPv6, too */
	enum probe_attribution attribution;
	/*
	 * Answers may come from other ports than those that are scanned,
	 * unless the user says --validate-source-port=enable.
	 */
	bool any_port;
	uint8_t protocol; /* of probes and answers; ICMP is ICMPv6, too */
	size_t max_size;  /* longest IP packet that is made */
	/*
	 * IPv4: pcap-filter(7) expression for answers other than ICMP errors,
	 * to which zmap-recv adds our addresses and ports; NULL: all of the
	 * protocol.
	 */
	const char *filter;
	size_t snaplen;		    /* bytes of IP packet to capture */
	const struct field *fields; /* ends with a NULL name; must be set */
	/* Index in fields of "classification" and "success"; must be right. */
	size_t classification, success;
	/*
	 * Index of a field that says whether the application answered as it
	 * was asked, which is counted besides success; 0: there is none.
	 */
	size_t app_success;
	/*
	 * Index of a field with the round-trip time of the answer, in
	 * microseconds, as far as that is known; 0: there is none.
	 */
	size_t rtt;

	/*
	 * Text for --probe-args that ask for information, which the program
	 * prints instead of scanning; NULL for any others.  May be NULL.
	 */
	const char *(*inform)(const char *args);

	/*
	 * Checks the arguments, builds the template if t->packet is not NULL,
	 * and allocates t->state if there is any.  Returns 0, or -1 with *why
	 * set to a string that lasts, or to one made in t->reason; then
	 * nothing stays allocated.  Must be set.
	 */
	int (*prepare)(struct probe_thread *t, const struct probe_config *,
	    const char **why);

	/*
	 * Frees what prepare allocated; state is NULL if that was nothing.
	 * May be NULL.
	 */
	void (*done)(struct probe_thread *t);

	/*
	 * Makes the probe in packet, which holds the template or an earlier
	 * probe of this thread: all that differs between probes is written,
	 * checksums included.  Returns its length.  Must be set.
	 */
	size_t (*make)(struct probe_thread *t, unsigned char *packet,
	    const struct probe_target *);

	/*
	 * Prints the layers above IP of a packet for --dryrun, a line each,
	 * into buf; NULL: the common form for TCP, UDP and ICMP.
	 */
	int (*print)(const struct probe_thread *t, const unsigned char *packet,
	    size_t n, char *buf, size_t size);

	/*
	 * Decides whether an answer is valid: packet.h has checked lengths and
	 * addresses, the receiver has checked ports, and r->v holds the words
	 * of the target that the answer claims.  If valid, sets values[i] for
	 * fields[i] (all null before) and returns REFUSED_NOT; nested values
	 * are encoded into scratch, which has PROBE_SCRATCH bytes and is empty
	 * at each call.  Strings point into the packet, into scratch, or last.
	 * Must be set.
	 */
	enum refusal (*classify)(struct probe_thread *t, const struct reply *r,
	    struct value *values, struct encoder *scratch);
};

/* --- the table --- */

extern const struct probe *const probe_table[]; /* by name, NULL at the end */

/* A module of the table, also by a name that others give it, or NULL. */
const struct probe *probe_lookup(const char *name);

/* --- helpers for modules --- */

/*
 * The fields that every module has for ICMP errors, last or wherever it likes,
 * and how to fill them from an answer whose icmp_error is set.  A table says
 * [ICMP] = PROBE_ICMP_FIELDS, and what follows has the index
 * ICMP + PROBE_ICMP_COUNT.
 */
enum {
	PROBE_ICMP_RESPONDER,
	PROBE_ICMP_TYPE,
	PROBE_ICMP_CODE,
	PROBE_ICMP_UNREACH_STR,
	PROBE_ICMP_COUNT
};

#define PROBE_ICMP_FIELDS                                                      \
	{ "icmp_responder", FIELD_IP, "source IP of ICMP error message" },     \
	    { "icmp_type", FIELD_UINT, "ICMP message type" },                  \
	    { "icmp_code", FIELD_UINT, "ICMP message sub type code" },         \
	{                                                                      \
		"icmp_unreach_str", FIELD_TEXT,                                \
		    "for ICMP unreachable responses, the string version of "   \
		    "icmp_code (e.g. network-unreachable)"                     \
	}

void probe_fill_icmp(struct value values[PROBE_ICMP_COUNT],
    const struct reply *);

/* What ZMap calls an ICMP error: "unreach", "timxceed", "toobig", ... */
const char *probe_icmp_class(const struct reply *);

/*
 * The payload of a UDP answer: as many bytes as the UDP header says and the
 * capture has.  NULL if the header contradicts the IP header.
 */
const unsigned char *probe_udp_payload(const struct reply *, size_t *n);

/* Indices of the fields that modules of UDP have in common. */
struct probe_udp_fields {
	size_t sport, dport, classification, success, icmp;
};

/* The same of a module that calls them so. */
#define PROBE_UDP_COLUMNS                                                      \
	{                                                                      \
		.sport = SPORT, .dport = DPORT,                                \
		.classification = CLASSIFICATION, .success = SUCCESS,          \
		.icmp = ICMP,                                                  \
	}

/*
 * How classify begins for these: fills in the ports, and, of an ICMP error,
 * all there is.  The payload, as above, or NULL with what classify is to
 * return: REFUSED_NOT where the ICMP error is the answer.
 */
const unsigned char *probe_udp_answer(const struct reply *,
    struct value *values, const struct probe_udp_fields *, size_t *n,
    enum refusal *);

/*
 * Text out of an answer: the bytes themselves if they are UTF-8, else a copy in
 * scratch with U+FFFD for those that are not; null if that does not fit.
 */
struct value probe_text(const unsigned char *, size_t n,
    struct encoder *scratch);

#endif
