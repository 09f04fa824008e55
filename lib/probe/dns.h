/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DNS messages (RFC 1035): questions made, answers read.
 *
 * The reader believes no count, length or pointer in a message: names only
 * point backwards, so they end, and whatever does not fit ends the reading
 * with an error and all that came before it.
 */
#ifndef DNS_H
#define DNS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/value.h"

#define DNS_HEADER   12
#define DNS_NAME_MAX 255		/* encoded, RFC 1035 2.3.4 */
#define DNS_TEXT_MAX (4 * DNS_NAME_MAX) /* each byte as \DDD, and 0 */
#define DNS_UDP_MAX  512		/* message over UDP, RFC 1035 2.3.4 */

struct encoder;

/* "A", "MX", "ALL", "TYPE65280" (RFC 3597); 0, or -1 for no known name. */
int dns_type_parse(const char *, uint16_t *type);

/* The same backwards; made in buf if there is no name. */
const char *dns_type_name(uint16_t type, char buf[16]);

/*
 * Encodes a question of class IN for a name as people write it: labels and
 * dots, \DDD and \X for bytes that they cannot; "." is the root.  Returns its
 * length, or 0 with *why.
 */
size_t dns_question(unsigned char *out, size_t room, const char *name,
    uint16_t type, const char **why);

/*
 * Whether the message's only or first question is this encoded one; letters
 * match in either case.
 */
bool dns_asks(const unsigned char *message, size_t n,
    const unsigned char *question, size_t nquestion);

/*
 * Writes the letters of an encoded question's name in the case that the bits
 * say, a letter for each: servers send a name back as it came
 * (draft-vixie-dnsext-dns0x20). Letters for which there are no more bits stay.
 */
void dns_mix(unsigned char *question, size_t n, uint64_t bits, unsigned nbits);

/*
 * The name at `at`, as text without the last dot ("." for the root), into buf.
 * Returns the offset behind it, or 0 if it is not a name.
 */
size_t dns_name(const unsigned char *message, size_t n, size_t at,
    char buf[DNS_TEXT_MAX]);

enum {
	DNS_QUESTIONS,
	DNS_ANSWERS,
	DNS_AUTHORITIES,
	DNS_ADDITIONALS,
	DNS_SECTIONS
};

struct dns_message {
	struct value sections[DNS_SECTIONS]; /* lists of maps */
	bool error;			     /* not all of it could be read */
	size_t unread;			     /* bytes behind what was */
};

/*
 * Reads the records of a message of at least DNS_HEADER bytes.  The lists are
 * encoded into scratch, in a size that the message can pay for: what
 * compression makes of more is an error, as is what cannot be read.  Maps of
 * questions have name, qtype, qtype_str and qclass; of records name, type,
 * type_str, class, ttl, rdlength, rdata_is_parsed and rdata, which is hex where
 * it is not parsed.
 */
void dns_read(struct dns_message *, const unsigned char *message, size_t n,
    struct encoder *scratch);

#endif
