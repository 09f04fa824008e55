/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a probe carries, as --probe-args says it:
 *
 *	text:STRING	these characters
 *	hex:DIGITS	these bytes
 *	file:PATH	the bytes of this file; a template if it ends in .tpl
 *	template:PATH	a file with ${FIELD} or ${FIELD=LENGTH} in it, which
 *			each probe replaces, and ${# comments}
 *	ports:PATH	(tables only) a file with a line "PORTS PAYLOAD" for
 *			each group of target ports
 *
 * A payload is compiled once into a plan, a list of copies and fields, which
 * is constant after that: any number of threads may share one.  Random fields
 * are drawn from the target's validation words, so what is sent to a target
 * does not depend on threads or order.
 */
#ifndef PAYLOAD_H
#define PAYLOAD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct probe_target;

struct payload {
	struct step *steps;
	size_t nsteps;
	unsigned char *bytes; /* literal ones, one after another */
	size_t size;	      /* of the longest result */
	bool fixed;	      /* the same for all: it is bytes */
	uint64_t sum;	      /* if fixed: checksum_add of it */
	bool wants_time;
	bool six; /* addresses are of IPv6 */
};

/* Forms of payload that a caller accepts. */
#define PAYLOAD_FIXED	 1 /* text, hex and file */
#define PAYLOAD_TEMPLATE 2
#define PAYLOAD_TABLE	 4 /* ports: is known, elsewhere */
#define PAYLOAD_IP6	 8 /* of templates: addresses are of IPv6 */

/* What payloads may be. */
struct payload_rules {
	unsigned forms;	 /* bits of the above */
	size_t max;	 /* bytes of one */
	const char *dir; /* where relative paths start, or NULL: here */

	/* Of a table: ports that must have one; none: all must. */
	const uint16_t *ports;
	size_t nports;
};

/* Compiles a payload.  NULL if it can't be sent, with the reason in why. */
struct payload *payload_new(const char *spec, const struct payload_rules *,
    char *why, size_t whysize);
void payload_free(struct payload *);

/*
 * Writes the target's payload to out, at most size bytes, and returns how many.
 */
size_t payload_make(const struct payload *, unsigned char *out,
    const struct probe_target *);

/* --- by target port --- */

struct payload_table {
	struct payload **payloads;
	size_t count;
	uint16_t *by_port; /* 1 + index, 0: none; NULL: all 1 */
	size_t size;	   /* of the longest */
};

/*
 * A table for any spec; one without ports: has one payload for all ports.  Of
 * the forms, only PAYLOAD_IP6 counts.  0, or -1 with the reason in why.
 */
int payload_table_init(struct payload_table *, const char *spec,
    const struct payload_rules *, char *why, size_t whysize);
void payload_table_free(struct payload_table *);

static inline const struct payload *
payload_table_get(const struct payload_table *t, uint16_t port)
{
	if (t->by_port == NULL)
		return t->payloads[0];
	return t->payloads[t->by_port[port] - 1];
}

#endif
