/* SPDX-License-Identifier: Apache-2.0 */
/* The payload of a target, by a plan; see payload.h. */
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "probe/payload-steps.h"
#include "probe/payload.h"
#include "probe/probe.h"

#define LETTERS	  8	      /* that put_letters makes at a time */
#define NTP_EPOCH 2208988800u /* 1970 in seconds since 1900, RFC 5905 */

/*
 * A target's random numbers: SplitMix64 (Steele, Lea and Flood, 2014) from its
 * validation words.
 */
static inline uint64_t
payload_make_draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static unsigned char *
put_random(unsigned char *o, uint64_t *state, size_t n)
{
	uint64_t bits;

	for (; n >= 8; n -= 8, o += 8) {
		bits = payload_make_draw(state);
		memcpy(o, &bits, 8);
	}
	if (n > 0) {
		bits = payload_make_draw(state);
		memcpy(o, &bits, n);
	}
	return o + n;
}

/*
 * Copies n bytes, PAYLOAD_SPILL at a time, which reads a little behind them and
 * writes a little behind, where that is before end: what belongs there comes
 * later. Only what is read too much may overlap with what is written.
 */
static inline unsigned char *
put_bytes(unsigned char *o, const unsigned char *end, const unsigned char *from,
    size_t n)
{
	unsigned char piece[PAYLOAD_SPILL];
	size_t i;

	if ((size_t)(end - o) < n + PAYLOAD_SPILL) {
		memcpy(o, from, n);
		return o + n;
	}
	for (i = 0; i < n; i += PAYLOAD_SPILL) {
		memcpy(piece, from + i, PAYLOAD_SPILL);
		memcpy(o + i, piece, PAYLOAD_SPILL);
	}
	return o + n;
}

typedef uint64_t words __attribute__((vector_size(16)));
typedef uint16_t lanes __attribute__((vector_size(16)));
typedef uint8_t half_lanes __attribute__((vector_size(8)));

/*
 * n random characters out of "0-9A-Za-z"[from .. from + of).  Eight at a time;
 * superfluous ones stay behind them if that is before end.
 */
static inline unsigned char *
put_letters(unsigned char *o, const unsigned char *end, uint64_t *state,
    size_t n, uint16_t from, uint16_t of)
{
	half_lanes text;
	size_t left;
	lanes v;

	for (left = n;; left -= LETTERS, o += LETTERS) {
		v = (lanes)(words){ payload_make_draw(state),
			payload_make_draw(state) };
		/* v * of / 65536; no part of it is over 16 bits */
		v = ((v >> 8) * of + ((v & 0xff) * of >> 8)) >> 8;
		v += from;
		v += '0' + ((lanes)(v > 9) & ('A' - '9' - 1)) +
		    ((lanes)(v > 35) & ('a' - 'Z' - 1));
		text = __builtin_convertvector(v, half_lanes);
		if (left <= LETTERS)
			break;
		memcpy(o, &text, LETTERS);
	}
	memcpy(o, &text, end - o < LETTERS ? left : LETTERS);
	return o + left;
}

static unsigned char *
payload_make_put_decimal(unsigned char *o, uint16_t v)
{
	unsigned char digits[5];
	size_t n = 0;

	do
		digits[n++] = '0' + v % 10;
	while ((v /= 10) > 0);
	while (n > 0)
		*o++ = digits[--n];
	return o;
}

/*
 * Octets of an address and a dot, in four characters each: the processor
 * cannot foresee how many digits the next one has, so it is not asked to.
 */
#define UNITS(t)                                                               \
	t "0." t "1." t "2." t "3." t "4." t "5." t "6." t "7." t "8." t "9."
#define TENS(h)                                                                \
	UNITS(h "0")                                                           \
	UNITS(h "1")                                                           \
	UNITS(h "2")                                                           \
	UNITS(h "3")                                                           \
	UNITS(h "4")                                                           \
	UNITS(h "5")                                                           \
	UNITS(h "6") UNITS(h "7") UNITS(h "8") UNITS(h "9")

static const char octets[] = TENS("0") TENS("1") TENS("2");

/* Takes 16 bytes, dot at the end included, which does not count. */
static unsigned char *
put_quad(unsigned char *o, uint32_t address)
{
	unsigned v, zeros;
	int shift;

	for (shift = 24; shift >= 0; shift -= 8) {
		v = address >> shift & 0xff;
		zeros = (v < 100) + (v < 10);
		memcpy(o, octets + 4 * v + zeros, 4);
		o += 4 - zeros;
	}
	return o - 1;
}

/* RFC 5905: seconds since 1900 and a fraction of 2^-32 s. */
static void
put_ntp(unsigned char *o, uint64_t now)
{
	put32(o, (uint32_t)(now / SECOND) + NTP_EPOCH);
	put32(o + 4, (now % SECOND << 32) / SECOND);
}

/*
 * Addresses and ports as text, which templates tend to repeat: where in the
 * payload it was first, or in bytes where that is too near to the end.
 */
struct text {
	const unsigned char *at; /* NULL: not made yet */
	size_t n;
	unsigned char bytes[IP6_TEXT + PAYLOAD_SPILL];
};

static size_t
make_text6(unsigned char *o, struct ip6 a)
{
	return ip6_print(a, (char *)o) - (char *)o;
}

/* Takes `room` bytes; returns how many of them count. */
static size_t
make_text(unsigned char *o, enum op op, bool six, const struct probe_target *to)
{
	if (six && op <= DADDR)
		return make_text6(o, op == SADDR ? to->source6 : to->address6);
	switch (op) {
	case SADDR:
		return put_quad(o, to->source) - o;
	case DADDR:
		return put_quad(o, to->address) - o;
	case SPORT:
		return payload_make_put_decimal(o, to->source_port) - o;
	default:
		return payload_make_put_decimal(o, to->port) - o;
	}
}

static inline unsigned char *
put_text(unsigned char *o, const unsigned char *end, struct text *t, enum op op,
    bool six, const struct probe_target *to)
{
	const ptrdiff_t room = six ? IP6_TEXT : PAYLOAD_SPILL;

	if (t->at != NULL)
		return put_bytes(o, end, t->at, t->n);
	if (end - o >= room) {
		t->at = o;
		t->n = make_text(o, op, six, to);
		return o + t->n;
	}
	t->at = t->bytes;
	t->n = make_text(t->bytes, op, six, to);
	memcpy(o, t->bytes, t->n);
	return o + t->n;
}

static unsigned char *
put_address(unsigned char *o, bool six, uint32_t address, struct ip6 address6)
{
	if (six) {
		ip6_put(o, address6);
		return o + IP6_SIZE;
	}
	put32(o, address);
	return o + 4;
}

size_t
payload_make(const struct payload *p, unsigned char *out,
    const struct probe_target *to)
{
	uint64_t random = ((uint64_t)to->v[0] << 32 | to->v[2]) ^
	    ((uint64_t)to->v[1] << 32 | to->v[3]) * 0x9e3779b97f4a7c15 ^
	    to->number;
	const struct step *s = p->steps;
	struct text text[PAYLOAD_TEXTS];
	uint64_t now = p->wants_time ? clock_wall_ns() : 0;
	const unsigned char *end = out + p->size;
	unsigned char *o = out;
	size_t i;

	for (i = 0; i < PAYLOAD_TEXTS; i++)
		text[i].at = NULL;
	for (i = 0; i < p->nsteps; i++, s++)
		switch (s->op) {
		case COPY:
			o = put_bytes(o, end, p->bytes + s->at, s->n);
			break;
		case SADDR:
		case DADDR:
		case SPORT:
		case DPORT:
			o = put_text(o, end, &text[s->op - SADDR], s->op,
			    p->six, to);
			break;
		case SADDR_N:
			o = put_address(o, p->six, to->source, to->source6);
			break;
		case DADDR_N:
			o = put_address(o, p->six, to->address, to->address6);
			break;
		case SPORT_N:
			put16(o, to->source_port);
			o += 2;
			break;
		case DPORT_N:
			put16(o, to->port);
			o += 2;
			break;
		case RAND_BYTE:
			o = put_random(o, &random, s->n);
			break;
		case RAND_DIGIT:
			o = put_letters(o, end, &random, s->n, 0, 10);
			break;
		case RAND_ALPHA:
			o = put_letters(o, end, &random, s->n, 10, 52);
			break;
		case RAND_ALPHANUM:
			o = put_letters(o, end, &random, s->n, 0, 62);
			break;
		case HEX:
			break;
		case UNIXTIME_SEC:
			put32(o, now / SECOND);
			o += 4;
			break;
		case UNIXTIME_USEC:
			put32(o, now % SECOND / MICROSECOND);
			o += 4;
			break;
		case NTP_TIMESTAMP:
			put_ntp(o, now);
			o += 8;
			break;
		}
	return o - out;
}
