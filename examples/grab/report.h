/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is written of each host that was talked to.
 *
 *	json	an object a line, of every host, whatever came of it
 *	base64	address, blank, the banner in base64: hosts with one only
 *	hex	the same in hexadecimal
 *	text	the same as a line of text: controls, backslashes and what is
 *		not UTF-8 as \n, \r, \t, \\ and \xHH; ZMap's word is ascii
 *	cbor	a stream of every host: results.h
 */
#ifndef REPORT_H
#define REPORT_H
#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>

#include "base/output.h"
#include "host.h"

/* What came of it. */
enum report_status {
	REPORT_BANNER, /* it said something */
	REPORT_SILENT, /* connected, and not a byte in time */
	REPORT_CLOSED, /* connected, and it hung up without a word */
	REPORT_RESET,  /* the same, rudely */
	REPORT_REFUSED,
	REPORT_UNREACHABLE,
	REPORT_TIMEOUT,	    /* no connection in time */
	REPORT_TLS,	    /* no TLS */
	REPORT_INTERRUPTED, /* by us */
	REPORT_LOCAL,	    /* this machine could not; nothing was asked */
	REPORT_STATUSES
};

/* Why a banner ends where it does. */
enum report_end {
	REPORT_END_CLOSED, /* by the host: this is all of it */
	REPORT_END_RESET,
	REPORT_END_PAUSE,    /* nothing more for --gap */
	REPORT_END_FOUND,    /* what --until says */
	REPORT_END_LIMIT,    /* --max-bytes */
	REPORT_END_DEADLINE, /* --total-timeout */
	REPORT_END_INTERRUPTED,
	REPORT_END_TLS, /* a failure of TLS */
};

enum report_format {
	REPORT_JSON,
	REPORT_BASE64,
	REPORT_HEX,
	REPORT_TEXT,
	REPORT_CBOR, /* by results.h */
};

struct report {
	const struct host *host;
	enum report_status status;
	enum report_end end; /* of a banner */
	const char *error;   /* more words, or NULL */
	uint64_t begin_ns;   /* since 1970 UTC */
	int64_t connect_ns;  /* from then on; -1: never */
	int64_t first_ns;
	int64_t total_ns;
	const unsigned char *bytes;
	size_t size;
	SSL *ssl; /* or NULL */
};

const char *report_status_name(enum report_status);
const char *report_end_name(enum report_end);

/* REPORT_JSON and so on by name, or -1. */
int report_format_parse(const char *);

void report_write(struct output *, enum report_format, const struct report *);

/* Without newlines. */
void report_base64(struct output *, const unsigned char *, size_t);

#endif
