/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of ours, as options name them; see sources.h. */
#include "addr/sources.h"

#include <arpa/inet.h>
#include <string.h>

static const char too_many[] = "too many addresses";

/* "192.0.2.1, 192.0.2.3", as programs join lists */
static void
sources_trim(const char **s, size_t *len)
{
	for (; *len > 0 && (**s == ' ' || **s == '\t'); ++*s)
		--*len;
	for (; *len > 0 && ((*s)[*len - 1] == ' ' || (*s)[*len - 1] == '\t');)
		--*len;
}

static int
parse4(const char *s, size_t len, uint32_t *address, const char **why)
{
	char text[INET_ADDRSTRLEN];
	struct in_addr a;

	*why = "not an IPv4 address";
	sources_trim(&s, &len);
	if (len >= sizeof text)
		return -1;
	memcpy(text, s, len);
	text[len] = '\0';
	if (inet_pton(AF_INET, text, &a) != 1)
		return -1;
	*address = ntohl(a.s_addr);
	return 0;
}

static int
parse6(const char *s, size_t len, struct ip6 *address, const char **why)
{
	*why = "not an IPv6 address";
	sources_trim(&s, &len);
	return len > 0 && ip6_parse(address, s, s + len) == s + len ? 0 : -1;
}

static int
add4(struct sources *out, const char *s, size_t len, const char **why)
{
	const char *dash = memchr(s, '-', len);
	uint32_t first, last;

	if (parse4(s, dash != NULL ? (size_t)(dash - s) : len, &first, why) ==
	    -1)
		return -1;
	last = first;
	if (dash != NULL &&
	    parse4(dash + 1, s + len - dash - 1, &last, why) == -1)
		return -1;
	*why = "a range that ends before it begins";
	if (first > last)
		return -1;
	*why = too_many;
	if (last - first >= SOURCES_MAX - out->n)
		return -1;
	for (;; first++) {
		out->v4[out->n++] = first;
		if (first == last)
			return 0;
	}
}

/* The digits behind a slash. */
static int
parse_length(const char *s, size_t len, unsigned *length, const char **why)
{
	size_t i;

	*why = "a prefix length is a number up to 128";
	sources_trim(&s, &len);
	*length = 0;
	for (i = 0; i < len && i < 4 && s[i] >= '0' && s[i] <= '9'; i++)
		*length = *length * 10 + (unsigned)(s[i] - '0');
	return len > 0 && i == len && *length <= IP6_BITS ? 0 : -1;
}

/* One address, or the ends of a range, or a prefix. */
static int
parse_range6(struct sources *out, const char *s, size_t len, struct ip6 ends[2],
    const char **why)
{
	const char *dash = memchr(s, '-', len), *slash = memchr(s, '/', len);
	const char *end = dash != NULL ? dash : slash;
	unsigned length = IP6_BITS;

	if (parse6(s, end != NULL ? (size_t)(end - s) : len, &ends[0], why) ==
	    -1)
		return -1;
	ends[1] = ends[0];
	if (dash != NULL &&
	    parse6(dash + 1, s + len - dash - 1, &ends[1], why) == -1)
		return -1;
	if (dash == NULL && slash != NULL &&
	    parse_length(slash + 1, s + len - slash - 1, &length, why) == -1)
		return -1;
	if (slash != NULL)
		out->prefix = length;
	*why = "bits are set behind the prefix";
	return ip6_equal(ip6_first(ends[0], length), ends[0]) ? 0 : -1;
}

static int
add6(struct sources *out, const char *s, size_t len, const char **why)
{
	struct ip6 ends[2], *first = &ends[0], *last = &ends[1];

	if (parse_range6(out, s, len, ends, why) == -1)
		return -1;
	*why = "a range that ends before it begins";
	if (ip6_less(*last, *first))
		return -1;
	*why = too_many;
	if (last->hi != first->hi ||
	    last->lo - first->lo >= SOURCES_MAX - out->n)
		return -1;
	for (;; first->lo++) {
		out->v6[out->n++] = *first;
		if (first->lo == last->lo)
			return 0;
	}
}

int
sources_parse(const char *s, struct sources *out, const char **why)
{
	unsigned family;
	size_t len;

	out->family = out->n = 0;
	out->prefix = IP6_BITS;
	for (;; s += len + 1) {
		len = strcspn(s, ",");
		family = memchr(s, ':', len) != NULL ? 6 : 4;
		*why = "addresses of both families; a scan has one";
		if (out->family != 0 && out->family != family)
			return -1;
		out->family = family;
		if ((family == 6 ? add6(out, s, len, why) :
				   add4(out, s, len, why)) == -1)
			return -1;
		*why = "a prefix and others; it stands alone";
		if (out->prefix != IP6_BITS && out->n > 1)
			return -1;
		if (s[len] == '\0')
			return 0;
	}
}

bool
sources_name4(const struct sources *s, uint32_t address)
{
	unsigned i;

	for (i = 0; i < s->n; i++)
		if (s->family == 4 && s->v4[i] == address)
			return true;
	return false;
}

bool
sources_name6(const struct sources *s, struct ip6 first, unsigned prefix)
{
	unsigned i;

	for (i = 0; i < s->n; i++)
		if (s->family == 6 && s->prefix <= prefix &&
		    ip6_equal(ip6_first(first, s->prefix), s->v6[i]))
			return true;
	return false;
}
