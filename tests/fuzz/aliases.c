/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of aliased prefixes: the spans made of them say of each address what
 * looking at one prefix after the other says.  The input is prefixes of 18
 * bytes: address, length, kind; they are read from files of text.
 */
#include <arpa/inet.h>
#include <string.h>

#include "addr/aliases.h"
#include "fuzz.h"

enum { SIZE = 18, PREFIXES_MAX = 64 };

struct prefix {
	struct ip6 base;
	unsigned length;
	bool aliased;
};

static size_t
take(const uint8_t *p, size_t n, struct prefix *out)
{
	size_t i;

	for (i = 0; i < n / SIZE && i < PREFIXES_MAX; i++, p += SIZE) {
		out[i].length = p[16] % (IP6_BITS + 1);
		out[i].base = ip6_first(ip6_get(p), out[i].length);
		out[i].aliased = p[17] & 1;
	}
	return i;
}

/* Those of one kind, as a list. */
static void
add_list(struct aliases *a, const struct prefix *p, size_t n, bool aliased)
{
	int fd = memfd_create("list", 0);
	char text[IP6_TEXT], why[256];
	size_t i;

	HOLDS(fd != -1);
	for (i = 0; i < n; i++) {
		if (p[i].aliased != aliased)
			continue;
		ip6_print(p[i].base, text);
		dprintf(fd, "%s/%u\n", text, p[i].length);
	}
	HOLDS(lseek(fd, 0, SEEK_SET) == 0);
	HOLDS(aliases_read(a, "list", fd, aliased, why, sizeof why) == 0);
}

/* The longest that the address is in, or NULL; of two, the one not aliased. */
static const struct prefix *
longest(const struct prefix *p, size_t n, struct ip6 a)
{
	const struct prefix *best = NULL;
	size_t i;

	for (i = 0; i < n; i++)
		if (ip6_equal(ip6_first(a, p[i].length), p[i].base) &&
		    (best == NULL || p[i].length > best->length ||
			(p[i].length == best->length && !p[i].aliased)))
			best = &p[i];
	return best;
}

static void
check(const struct aliases *a, const struct prefix *p, size_t n, struct ip6 at)
{
	const struct prefix *best = longest(p, n, at);
	char got[ALIASES_TEXT], want[ALIASES_TEXT] = "", text[IP6_TEXT];
	unsigned char bytes[IP6_SIZE];
	size_t size;

	ip6_put(bytes, at);
	size = aliases_find(a, bytes, sizeof bytes, got);
	HOLDS(size < sizeof got);
	if (best != NULL && best->aliased) {
		ip6_print(best->base, text);
		snprintf(want, sizeof want, "%s/%u", text, best->length);
	}
	HOLDS(size == strlen(want) && memcmp(got, want, size) == 0);
}

static int
fuzz_one(const uint8_t *bytes, size_t size)
{
	struct prefix p[PREFIXES_MAX];
	struct aliases a = { 0 };
	size_t n = take(bytes, size, p), i;
	struct ip6 last;

	add_list(&a, p, n, true);
	add_list(&a, p, n, false);
	HOLDS(aliases_ready(&a) == 0);
	/* where something may begin or end */
	for (i = 0; i < n; i++) {
		last = ip6_last(p[i].base, p[i].length);
		check(&a, p, n, p[i].base);
		check(&a, p, n, last);
		check(&a, p, n, ip6_add(last, 1));
		check(&a, p, n, ip6_add(p[i].base, UINT64_MAX));
	}
	aliases_free(&a);
	return 0;
}

FUZZ_TARGET(fuzz_one)
