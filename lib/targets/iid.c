/* SPDX-License-Identifier: Apache-2.0 */
/* Interface identifiers; see iid.h. */
#include "targets/iid.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "targets/splitmix.h"

#define SEED_IID UINT64_C(0x6969642e7a6d6170)
#define EUI64	 64 /* bits of one */
#define WORDS	 64 /* drawn at once; a power of two */

/* --- the list of a command line --- */

/* "00:1b:21", "00-1b-21" or "001b21". */
static int
vendor(const char *s, size_t n, uint32_t *v)
{
	unsigned digits = 0;

	*v = 0;
	for (size_t i = 0; i < n; i++) {
		int digit = hex_digit(s[i]);

		if ((s[i] == ':' || s[i] == '-') && n == 8 && i % 3 == 2)
			continue;
		if (digit == -1)
			return -1;
		*v = *v << 4 | digit;
		digits++;
	}
	return digits == 6 ? 0 : -1;
}

static int
iid_one(struct iid *id, const char *s, size_t n, const char **why)
{
	static const char eui[] = "eui64=";
	const size_t head = sizeof eui - 1;

	*id = (struct iid){ .kind = IID_FIXED };
	if (n == 4 && memcmp(s, "rand", n) == 0) {
		id->kind = IID_RAND;
	} else if (n == 4 && memcmp(s, "zero", n) == 0) {
		return 0;
	} else if (n == 3 && memcmp(s, "low", n) == 0) {
		id->bits.lo = 1;
	} else if (n >= head && memcmp(s, eui, head) == 0) {
		id->kind = IID_EUI64;
		*why = "has no vendor like eui64=00:1b:21";
		return vendor(s + head, n - head, &id->vendor);
	} else if (ip6_parse(&id->bits, s, s + n) != s + n) {
		*why =
		    "is none of rand, zero, low, eui64=OUI or an address such as ::53";
		return -1;
	}
	return 0;
}

static bool
iid_same(const struct iid *a, const struct iid *b)
{
	return a->kind == b->kind && a->vendor == b->vendor &&
	    ip6_equal(a->bits, b->bits);
}

static int
iids_add(struct iids *list, const struct iid *id, const char **why)
{
	size_t k = 0;

	while (k < list->n && !iid_same(&list->v[k], id))
		k++;
	*why = "is one too many: 16 are possible";
	if (k == IID_MAX)
		return -1;
	if (k == list->n)
		list->v[list->n++] = *id;
	return 0;
}

int
iids_parse(struct iids *list, const char *s, char *why, size_t size)
{
	const char *reason;
	struct iid id;

	for (;; s++) {
		size_t n = strcspn(s, ",");

		if (iid_one(&id, s, n, &reason) == -1 ||
		    iids_add(list, &id, &reason) == -1) {
			snprintf(why, size, "'%.*s' %s", n < 64 ? (int)n : 64,
			    s, reason);
			return -1;
		}
		s += n;
		if (*s == '\0')
			return 0;
	}
}

/* --- addresses --- */

static bool
iid_fits(struct ip6 bits, struct ip6 host)
{
	return (bits.hi & ~host.hi) == 0 && (bits.lo & ~host.lo) == 0;
}

/* Whether these bits are an EUI-64 of this vendor. */
static bool
is_eui64(struct ip6 bits, uint32_t oui)
{
	return bits.hi == 0 &&
	    bits.lo >> 24 == ((uint64_t)(oui ^ 0x020000) << 16 | 0xfffe);
}

/* What the others take of the places that a draw could fall on. */
static void
add_others(struct iid_maker *m, const struct iids *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct iid *id = &list->v[i];

		if (id->kind == IID_FIXED &&
		    (m->iid.kind == IID_RAND ||
			is_eui64(id->bits, m->iid.vendor)))
			m->not [m->nots++] = id->bits;
		if (id->kind == IID_EUI64)
			m->vendor[m->vendors++] = id->vendor;
	}
}

int
iid_maker(struct iid_maker *m, const struct iids *list, size_t which,
    unsigned length, uint64_t seed, char *why, size_t size)
{
	unsigned bits = IP6_BITS - length;
	struct ip6 all = ip6_mask(length);
	char text[IP6_TEXT];
	uint64_t state;

	*m = (struct iid_maker){
		.length = length,
		.host = { ~all.hi, ~all.lo },
	};
	if (list->n > 0)
		m->iid = list->v[which];
	if (m->iid.kind == IID_FIXED && !iid_fits(m->iid.bits, m->host)) {
		ip6_print(m->iid.bits, text);
		snprintf(why, size,
		    "--iid %s: a /%u leaves only %u bits for it", text, length,
		    bits);
		return -1;
	}
	if (m->iid.kind == IID_EUI64 && bits < EUI64) {
		snprintf(why, size,
		    "--iid eui64: a /%u leaves only %u bits, and it needs 64",
		    length, bits);
		return -1;
	}
	if (m->iid.kind == IID_FIXED)
		return 0;
	add_others(m, list);
	if (bits < 5 && m->nots >= UINT64_C(1) << bits) {
		snprintf(why, size,
		    "--iid: a /%u leaves %u bits, and the others leave none of their values for rand",
		    length, bits);
		return -1;
	}
	state = seed ^ SEED_IID;
	state = splitmix64_output(state) + length;
	m->k1 = splitmix64(&state);
	m->k2 = splitmix64(&state);
	return 0;
}

/* Whether one of the scan's other identifiers has these bits. */
static bool
taken(const struct iid_maker *m, struct ip6 bits)
{
	for (size_t i = 0; i < m->nots; i++)
		if (ip6_equal(bits, m->not [i]))
			return true;
	for (size_t i = 0; m->iid.kind == IID_RAND && i < m->vendors; i++)
		if (is_eui64(bits, m->vendor[i]))
			return true;
	return false;
}

static inline struct ip6
iid_draw(const struct iid_maker *m, uint64_t *state)
{
	uint64_t lo = splitmix64(state);
	uint64_t hi = m->host.hi != 0 ? splitmix64(state) : 0;

	if (m->iid.kind == IID_RAND)
		return (struct ip6){ hi & m->host.hi, lo & m->host.lo };
	return (struct ip6){
		0,
		(uint64_t)(m->iid.vendor ^ 0x020000) << 40 |
		    UINT64_C(0xfffe) << 24 | (lo & 0xffffff),
	};
}

static inline uint64_t
iid_state_of(const struct iid_maker *m, struct ip6 prefix)
{
	uint64_t state = splitmix64_output(prefix.hi ^ m->k1);

	return splitmix64_output(state ^ prefix.lo ^ m->k2) ^ m->iid.vendor;
}

struct ip6
iid_make(const struct iid_maker *m, struct ip6 prefix)
{
	struct ip6 bits = m->iid.bits;
	uint64_t state;

	if (m->iid.kind != IID_FIXED) {
		state = iid_state_of(m, prefix);
		do
			bits = iid_draw(m, &state);
		while (m->nots + m->vendors > 0 && taken(m, bits));
	}
	return (struct ip6){ prefix.hi | bits.hi, prefix.lo | bits.lo };
}

/*
 * Usual windows: prefixes of 64 bits or less, and no vendors.  Plain loops over
 * words, which compilers turn into vectors where these have a multiplication of
 * 64 bits.  In hi is the word of a prefix, to which its draw is added.
 */
static inline __attribute__((always_inline)) void
iid_draw_words(const struct iid_maker *m, uint64_t *restrict hi,
    uint64_t *restrict lo)
{
	const uint64_t k1 = m->k1, k2 = m->k2, host = m->host.hi;
	uint64_t state[WORDS];

	for (size_t i = 0; i < WORDS; i++) {
		uint64_t z = splitmix64_output(hi[i] ^ k1);

		state[i] = splitmix64_output(z ^ k2);
		lo[i] = splitmix64(&state[i]);
	}
	if (host != 0)
		for (size_t i = 0; i < WORDS; i++)
			hi[i] |= splitmix64(&state[i]) & host;
}

static void
draw_words_plain(const struct iid_maker *m, uint64_t *hi, uint64_t *lo)
{
	iid_draw_words(m, hi, lo);
}

#if defined __x86_64__
static __attribute__((target("avx512f,avx512dq,avx512vl"))) void
draw_words_wide(const struct iid_maker *m, uint64_t *hi, uint64_t *lo)
{
	iid_draw_words(m, hi, lo);
}

static bool
has_wide(void)
{
	return __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512vl");
}
#else
#define draw_words_wide draw_words_plain

static bool
has_wide(void)
{
	return false;
}
#endif

/*
 * Draws for n prefixes; both arrays have room for the next multiple of WORDS.
 * False if a draw may have fallen on what is not to be drawn.
 */
static bool
draw_all(const struct iid_maker *m, uint64_t *hi, uint64_t *lo, size_t n)
{
	const bool wide = has_wide();
	bool hit = false;

	memset(hi + n, 0, -n % WORDS * sizeof *hi);
	for (size_t i = 0; i < n; i += WORDS)
		if (wide)
			draw_words_wide(m, hi + i, lo + i);
		else
			draw_words_plain(m, hi + i, lo + i);
	for (size_t k = 0; k < m->nots; k++)
		for (size_t i = 0; i < n; i++)
			hit |= lo[i] == m->not [k].lo;
	return !hit;
}

static void
make_rand(const struct iid_maker *m, uint64_t *hi, struct ip6 *a, size_t n)
{
	uint64_t lo[IID_ROOM];

	if (draw_all(m, hi, lo, n))
		for (size_t i = 0; i < n; i++)
			a[i] = (struct ip6){ hi[i], lo[i] };
	else
		for (size_t i = 0; i < n; i++)
			a[i] = iid_make(m,
			    (struct ip6){ hi[i] & ~m->host.hi, 0 });
}

static void
make_fixed(const struct iid_maker *m, struct ip6 *a, size_t n)
{
	const struct ip6 bits = m->iid.bits;

	for (size_t i = 0; i < n; i++) {
		a[i].hi |= bits.hi;
		a[i].lo |= bits.lo;
	}
}

void
iid_make_all(const struct iid_maker *m, struct ip6 *a, size_t n)
{
	if (m->iid.kind == IID_FIXED)
		make_fixed(m, a, n);
	else
		for (size_t i = 0; i < n; i++)
			a[i] = iid_make(m, a[i]);
}

void
iid_make_high(const struct iid_maker *m, uint64_t *hi, struct ip6 *a, size_t n)
{
	if (m->iid.kind == IID_RAND && m->vendors == 0) {
		make_rand(m, hi, a, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		a[i] = (struct ip6){ hi[i], 0 };
	iid_make_all(m, a, n);
}

bool
iid_mix(struct iid_mix *x, const struct iid_maker *m, size_t n)
{
	*x = (struct iid_mix){ .maker = m };
	if (n < 2 || n > IID_MAX)
		return false;
	for (size_t w = 0; w < n; w++) {
		if (m[w].length != 64 || m[w].vendors > 0)
			return false;
		x->bits[w] = m[w].iid.bits.lo;
		if (m[w].iid.kind == IID_RAND) {
			x->draws = &m[w];
			x->drawn[w] = UINT64_MAX;
		}
	}
	return true;
}

void
iid_make_mixed(const struct iid_mix *x, const uint8_t *which, uint64_t *hi,
    struct ip6 *a, size_t n)
{
	uint64_t lo[IID_ROOM] = { 0 };

	if (x->draws == NULL || draw_all(x->draws, hi, lo, n))
		for (size_t i = 0; i < n; i++)
			a[i] = (struct ip6){ hi[i],
				(lo[i] & x->drawn[which[i]]) |
				    x->bits[which[i]] };
	else
		for (size_t i = 0; i < n; i++)
			a[i] = iid_make(&x->maker[which[i]],
			    (struct ip6){ hi[i], 0 });
}
