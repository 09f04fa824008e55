/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan that a payload is compiled to: what payload.c makes and
 * payload-make.c follows.  For the files of payloads alone.
 */
#ifndef PAYLOAD_STEPS_H
#define PAYLOAD_STEPS_H
#include <stddef.h>
#include <stdint.h>

/* Bytes that are copied at a time, so that a copy may go so far too far. */
#define PAYLOAD_SPILL 16
#define PAYLOAD_TEXTS 4 /* fields that are text, the first ones */

enum op {
	COPY,  /* n bytes of payload->bytes from `at` on */
	SADDR, /* the texts, PAYLOAD_TEXTS of them */
	DADDR,
	SPORT,
	DPORT,
	SADDR_N,
	DADDR_N,
	SPORT_N,
	DPORT_N,
	RAND_BYTE,
	RAND_DIGIT,
	RAND_ALPHA,
	RAND_ALPHANUM,
	HEX, /* becomes a COPY */
	UNIXTIME_SEC,
	UNIXTIME_USEC,
	NTP_TIMESTAMP,
};

struct step {
	enum op op;
	uint32_t at;
	uint32_t n;
};

/*
 * A whole file, at most a MiB, to be freed; a relative path starts in dir,
 * unless that is NULL.  NULL with the reason in why.
 */
char *payload_read(const char *dir, const char *path, size_t *n, char *why,
    size_t whysize);

/* The rest of spec if it starts with word and a colon, or NULL. */
const char *payload_after(const char *spec, const char *word);

#endif
