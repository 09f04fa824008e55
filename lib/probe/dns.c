/* SPDX-License-Identifier: Apache-2.0 */
/* DNS messages, made and read; see dns.h. */
#include "probe/dns.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/hex.h"
#include "base/utf8.h"
#include "stream/encode.h"

#define LABEL_MAX 63

/*
 * Compression makes names of 255 bytes out of two, so one host could fill the
 * queue and the disk.  Records that are meant seriously need about ten times
 * their own size, most of it the names of our keys.
 */
#define DNS_GROWTH 12 /* bytes of a record for one of the message */
#define DNS_EXTRA  1024
#define RDATA_MAX  9216 /* more than any packet brings */

/* How the data of a record is shown; the rest is hex. */
enum shape {
	HEX,
	IPV4,
	IPV6,
	NAME,
	PREFERENCE,
	TEXTS,
	SOA,
	SRV,
	CAA,
	DS,
	DNSKEY,
};

/* IANA's "DNS parameters"; ALL is what ZMap calls type 255. */
static const struct type {
	const char *name;
	uint16_t type;
	enum shape shape;
} types[] = {
	{ "A", 1, IPV4 },
	{ "NS", 2, NAME },
	{ "CNAME", 5, NAME },
	{ "SOA", 6, SOA },
	{ "PTR", 12, NAME },
	{ "HINFO", 13, HEX },
	{ "MX", 15, PREFERENCE },
	{ "TXT", 16, TEXTS },
	{ "RP", 17, HEX },
	{ "AFSDB", 18, PREFERENCE },
	{ "KEY", 25, HEX },
	{ "AAAA", 28, IPV6 },
	{ "LOC", 29, HEX },
	{ "SRV", 33, SRV },
	{ "NAPTR", 35, HEX },
	{ "DNAME", 39, NAME },
	{ "OPT", 41, HEX },
	{ "DS", 43, DS },
	{ "SSHFP", 44, HEX },
	{ "RRSIG", 46, HEX },
	{ "NSEC", 47, HEX },
	{ "DNSKEY", 48, DNSKEY },
	{ "NSEC3", 50, HEX },
	{ "NSEC3PARAM", 51, HEX },
	{ "TLSA", 52, HEX },
	{ "CDS", 59, DS },
	{ "CDNSKEY", 60, DNSKEY },
	{ "SVCB", 64, HEX },
	{ "HTTPS", 65, HEX },
	{ "SPF", 99, TEXTS },
	{ "AXFR", 252, HEX },
	{ "ALL", 255, HEX },
	{ "ANY", 255, HEX },
	{ "CAA", 257, CAA },
	{ .name = NULL },
};

int
dns_type_parse(const char *s, uint16_t *type)
{
	const struct type *t;
	unsigned long v;
	char *end;

	for (t = types; t->name != NULL; t++)
		if (strcasecmp(t->name, s) == 0) {
			*type = t->type;
			return 0;
		}
	if (strncasecmp(s, "TYPE", 4) != 0 || s[4] < '0' || s[4] > '9')
		return -1;
	v = strtoul(s + 4, &end, 10);
	if (*end != '\0' || v > 65535)
		return -1;
	*type = v;
	return 0;
}

static const struct type *
find_type(uint16_t type)
{
	const struct type *t;

	for (t = types; t->name != NULL; t++)
		if (t->type == type)
			return t;
	return NULL;
}

const char *
dns_type_name(uint16_t type, char buf[16])
{
	const struct type *t = find_type(type);

	if (t != NULL)
		return t->name;
	snprintf(buf, 16, "TYPE%u", type);
	return buf;
}

/* --- questions --- */

/* One character of a name in text; \DDD and \X (RFC 1035 5.1) are one too. */
static int
name_byte(const char **s)
{
	const char *p = *s;
	int v;

	if (p[0] != '\\') {
		*s = p + 1;
		return (unsigned char)p[0];
	}
	if (p[1] < '0' || p[1] > '9') {
		*s = p + 2;
		return p[1] == '\0' ? -1 : (unsigned char)p[1];
	}
	if (p[2] < '0' || p[2] > '9' || p[3] < '0' || p[3] > '9')
		return -1;
	v = (p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0');
	*s = p + 4;
	return v > 255 ? -1 : v;
}

/* What is wrong with a byte of a name that is not escaped; NULL if nothing. */
static const char *
mistaken(unsigned char c)
{
	/* of two names, a URL, a variable that was empty */
	if (strchr(" \t\r\n,:\"", c) != NULL)
		return "a name with a blank, comma, colon or quote; \\032 is a blank that is meant";
	if (c > 126)
		return "a name with letters beyond ASCII: write it as xn--..., or each byte as \\DDD";
	return NULL;
}

size_t
dns_question(unsigned char *out, size_t room, const char *name, uint16_t type,
    const char **why)
{
	size_t label = 0, at = 1; /* of the length byte; after it */
	int c;

	if (room < DNS_NAME_MAX + 4) {
		*why = "no room for a question";
		return 0;
	}
	if (name[0] == '\0') {
		*why = "an empty name; '.' is the root";
		return 0;
	}
	if (strcmp(name, ".") == 0)
		name = "";
	while (*name != '\0') {
		if (*name == '.') {
			if (at == label + 1) {
				*why = "a name with an empty label";
				return 0;
			}
			out[label] = at - label - 1;
			label = at++;
			name++;
			continue;
		}
		*why = mistaken(*name);
		if (*why != NULL)
			return 0;
		c = name_byte(&name);
		if (c == -1) {
			*why = "a name with a bad escape";
			return 0;
		}
		if (at - label - 1 == LABEL_MAX) {
			*why = "a name with a label of over 63 bytes";
			return 0;
		}
		/* its own length byte and the root's must fit besides */
		if (at + 1 >= DNS_NAME_MAX) {
			*why = "a name of over 255 bytes";
			return 0;
		}
		out[at++] = c;
	}
	if (at > label + 1) { /* the last dot may be left out */
		out[label] = at - label - 1;
		label = at++;
	}
	out[label] = 0;
	put16(out + at, type);
	put16(out + at + 2, 1); /* IN */
	return at + 4;
}

static bool
is_letter(unsigned char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

void
dns_mix(unsigned char *question, size_t n, uint64_t bits, unsigned nbits)
{
	unsigned bit = 0;
	size_t i;

	/* lengths are at most 63, below the letters */
	for (i = 0; i + 4 < n && bit < nbits; i++)
		if (is_letter(question[i])) {
			question[i] &= ~0x20;
			question[i] |= (bits >> bit++ & 1) << 5;
		}
}

bool
dns_asks(const unsigned char *message, size_t n, const unsigned char *question,
    size_t nquestion)
{
	const unsigned char *asked = message + DNS_HEADER;
	size_t i, name = nquestion - 4;
	unsigned char a, b;

	if (n < DNS_HEADER + nquestion || get16(message + 4) == 0)
		return false;
	for (i = 0; i < name; i++) {
		/* lengths are at most 63, below the letters */
		a = asked[i];
		b = question[i];
		a += a >= 'A' && a <= 'Z' ? 'a' - 'A' : 0;
		b += b >= 'A' && b <= 'Z' ? 'a' - 'A' : 0;
		if (a != b)
			return false;
	}
	return memcmp(asked + name, question + name, 4) == 0;
}

/* --- reading --- */

static char *
put_label(char *o, const unsigned char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] == '.' || p[i] == '\\') {
			*o++ = '\\';
			*o++ = p[i];
		} else if (p[i] > ' ' && p[i] < 0x7f) {
			*o++ = p[i];
		} else {
			*o++ = '\\';
			*o++ = '0' + p[i] / 100;
			*o++ = '0' + p[i] / 10 % 10;
			*o++ = '0' + p[i] % 10;
		}
	}
	return o;
}

/*
 * A pointer (RFC 1035 4.1.4) must lead to before the start of the labels it
 * ends, so each jump goes further back, and 255 bytes are all there can be.
 */
size_t
dns_name(const unsigned char *message, size_t n, size_t at,
    char buf[DNS_TEXT_MAX])
{
	size_t behind = 0, start = at, length = 1, to, label;
	char *o = buf;

	for (;;) {
		if (at >= n)
			return 0;
		label = message[at];
		if (label == 0)
			break;
		if ((label & 0xc0) == 0xc0) {
			if (at + 2 > n)
				return 0;
			to = get16(message + at) & 0x3fff;
			if (to >= start)
				return 0;
			if (behind == 0)
				behind = at + 2;
			at = start = to;
			continue;
		}
		length += 1 + label;
		if (label > LABEL_MAX || length > DNS_NAME_MAX ||
		    at + 1 + label > n)
			return 0;
		if (o > buf)
			*o++ = '.';
		o = put_label(o, message + at + 1, label);
		at += 1 + label;
	}
	if (o == buf)
		*o++ = '.';
	*o = '\0';
	return behind != 0 ? behind : at + 1;
}

/* A record's data within its message. */
struct rdata {
	const unsigned char *message;
	size_t n; /* of the message */
	size_t at;
	size_t length;
};

static const unsigned char *
dns_bytes(const struct rdata *r)
{
	return r->message + r->at;
}

/* A name at `skip` that ends where the data ends. */
static bool
last_name(const struct rdata *r, size_t skip, char buf[DNS_TEXT_MAX])
{
	return r->length > skip &&
	    dns_name(r->message, r->at + r->length, r->at + skip, buf) ==
	    r->at + r->length;
}

/* RFC 1035 3.3.13 */
static bool
show_soa(const struct rdata *r, char *buf, size_t size)
{
	char mname[DNS_TEXT_MAX], rname[DNS_TEXT_MAX];
	size_t end = r->at + r->length, at;
	const unsigned char *p;

	at = dns_name(r->message, end, r->at, mname);
	if (at == 0)
		return false;
	at = dns_name(r->message, end, at, rname);
	if (at == 0 || at + 20 != end)
		return false;
	p = r->message + at;
	snprintf(buf, size, "%s %s %u %u %u %u %u", mname, rname, get32(p),
	    get32(p + 4), get32(p + 8), get32(p + 12), get32(p + 16));
	return true;
}

/* RFC 1035 3.3.14: strings, which belong together, one after another. */
static bool
show_texts(const struct rdata *r, char *buf, size_t size, size_t *len)
{
	const unsigned char *p = dns_bytes(r), *end = p + r->length;
	unsigned char joined[RDATA_MAX];
	size_t n = 0;

	if (p == end)
		return false;
	for (; p < end; p += 1 + p[0]) {
		if (p[0] > end - p - 1)
			return false;
		memcpy(joined + n, p + 1, p[0]);
		n += p[0];
	}
	n = utf8_clean((unsigned char *)buf, size - 1, joined, n);
	if (n >= size)
		return false;
	buf[n] = '\0';
	*len = n; /* there may be bytes of 0 */
	return true;
}

static char *
put_hex(char *o, const unsigned char *p, size_t n)
{
	o = hex_put(o, p, n);
	*o = '\0';
	return o;
}

/* RFC 8659 4.1: flags, tag, value. */
static bool
show_caa(const struct rdata *r, char *buf, size_t size)
{
	const unsigned char *p = dns_bytes(r);
	size_t tag, n, i;

	if (r->length < 2 || p[1] == 0 || p[1] > r->length - 2)
		return false;
	tag = p[1];
	for (i = 2; i < r->length; i++)
		if (p[i] < ' ' || p[i] > '~')
			return false;
	n = snprintf(buf, size, "%u %.*s %.*s", p[0], (int)tag, p + 2,
	    (int)(r->length - 2 - tag), p + 2 + tag);
	return n < size;
}

/* Text for the data, or false for what must be shown in hex. */
static bool
show(const struct rdata *r, enum shape shape, char *buf, size_t size)
{
	char name[DNS_TEXT_MAX];
	const unsigned char *p = dns_bytes(r);
	char *o;

	switch (shape) {
	case IPV4:
		return r->length == 4 &&
		    inet_ntop(AF_INET, p, buf, size) != NULL;
	case IPV6:
		return r->length == 16 &&
		    inet_ntop(AF_INET6, p, buf, size) != NULL;
	case NAME:
		if (!last_name(r, 0, name))
			return false;
		snprintf(buf, size, "%s", name);
		return true;
	case PREFERENCE:
		if (!last_name(r, 2, name))
			return false;
		snprintf(buf, size, "%u %s", get16(p), name);
		return true;
	case SRV: /* RFC 2782 */
		if (!last_name(r, 6, name))
			return false;
		snprintf(buf, size, "%u %u %u %s", get16(p), get16(p + 2),
		    get16(p + 4), name);
		return true;
	case DS:     /* RFC 4034 5.3 */
	case DNSKEY: /* 2.2, with the key in hex */
		if (r->length < 5 || r->length * 2 + 32 > size)
			return false;
		o = buf +
		    snprintf(buf, size, "%u %u %u ", get16(p), p[2], p[3]);
		put_hex(o, p + 4, r->length - 4);
		return true;
	case SOA:
		return show_soa(r, buf, size);
	case CAA:
		return show_caa(r, buf, size);
	case TEXTS:
	case HEX:
		break;
	}
	return false;
}

static bool
show_text(const struct rdata *r, enum shape shape, char *buf, size_t size,
    size_t *len)
{
	if (shape == TEXTS)
		return show_texts(r, buf, size, len);
	if (!show(r, shape, buf, size))
		return false;
	*len = strlen(buf);
	return true;
}

static void
put_type(struct encoder *e, uint16_t type)
{
	char buf[16];

	encode_text(e, dns_type_name(type, buf));
}

/* The offset behind the question at `at`, or 0. */
static size_t
read_question(const unsigned char *m, size_t n, size_t at, struct encoder *e)
{
	char name[DNS_TEXT_MAX];

	at = dns_name(m, n, at, name);
	if (at == 0 || n - at < 4)
		return 0;
	encode_map(e, 4);
	encode_text(e, "name");
	encode_text(e, name);
	encode_text(e, "qtype");
	encode_uint(e, get16(m + at));
	encode_text(e, "qtype_str");
	put_type(e, get16(m + at));
	encode_text(e, "qclass");
	encode_uint(e, get16(m + at + 2));
	return at + 4;
}

/* The same for a record. */
static size_t
read_record(const unsigned char *m, size_t n, size_t at, struct encoder *e)
{
	char name[DNS_TEXT_MAX], text[2 * RDATA_MAX + 64];
	const struct type *t;
	struct rdata r = { m, n, 0, 0 };
	const unsigned char *p;
	size_t length;
	bool parsed;

	at = dns_name(m, n, at, name);
	if (at == 0 || n - at < 10)
		return 0;
	p = m + at;
	r.at = at + 10;
	r.length = get16(p + 8);
	if (r.length > n - r.at || r.length > RDATA_MAX)
		return 0;
	t = find_type(get16(p));
	parsed = t != NULL &&
	    show_text(&r, t->shape, text, sizeof text, &length);
	if (!parsed)
		length = put_hex(text, dns_bytes(&r), r.length) - text;
	encode_map(e, 8);
	encode_text(e, "name");
	encode_text(e, name);
	encode_text(e, "type");
	encode_uint(e, get16(p));
	encode_text(e, "type_str");
	put_type(e, get16(p));
	encode_text(e, "class");
	encode_uint(e, get16(p + 2));
	encode_text(e, "ttl");
	encode_uint(e, get32(p + 4));
	encode_text(e, "rdlength");
	encode_uint(e, r.length);
	encode_text(e, "rdata_is_parsed");
	encode_bool(e, parsed);
	encode_text(e, "rdata");
	encode_textn(e, text, length);
	return r.at + r.length;
}

/* An array head of three bytes, whose count is written later. */
#define HEAD 3

static size_t
read_section(struct value *list, const unsigned char *m, size_t n, size_t at,
    unsigned wanted, bool questions, struct encoder *e, bool *error)
{
	unsigned char *head = e->at, *good;
	unsigned count;
	size_t next;

	if (e->end - e->at < HEAD)
		e->full = true;
	if (e->full) {
		*error = true;
		return at;
	}
	e->at += HEAD;
	for (count = 0; count < wanted && !*error; count++) {
		good = e->at;
		next = questions ? read_question(m, n, at, e) :
				   read_record(m, n, at, e);
		if (next == 0 || e->full) {
			/* without it, and without all that follow */
			e->at = good;
			e->full = false;
			*error = true;
			break;
		}
		at = next;
	}
	head[0] = 0x99; /* array, count in two bytes */
	put16(head + 1, count);
	*list = (struct value){ .type = VALUE_LIST,
		.bytes = head,
		.size = e->at - head };
	return at;
}

void
dns_read(struct dns_message *d, const unsigned char *message, size_t n,
    struct encoder *scratch)
{
	unsigned char *const begin = scratch->at, *const end = scratch->end;
	size_t at = DNS_HEADER, room = DNS_GROWTH * n + DNS_EXTRA;
	int i;

	*d = (struct dns_message){ .error = false };
	for (i = 0; i < DNS_SECTIONS; i++) {
		/* the head of each list always fits */
		room += HEAD;
		if ((size_t)(end - begin) > room)
			scratch->end = begin + room;
		at = read_section(&d->sections[i], message, n, at,
		    get16(message + 4 + 2 * i), i == DNS_QUESTIONS, scratch,
		    &d->error);
	}
	scratch->end = end;
	d->unread = n - at;
}
