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

static const char *
parse4(const char *s, size_t len, uint32_t *address)
{
	char text[INET_ADDRSTRLEN];
	struct in_addr a;

	sources_trim(&s, &len);
	if (len >= sizeof text)
		return "not an IPv4 address";
	memcpy(text, s, len);
	text[len] = '\0';
	if (inet_pton(AF_INET, text, &a) != 1)
		return "not an IPv4 address";
	*address = ntohl(a.s_addr);
	return NULL;
}

static const char *
parse6(const char *s, size_t len, struct ip6 *address)
{
	sources_trim(&s, &len);
	if (len == 0 || ip6_parse(address, s, s + len) != s + len)
		return "not an IPv6 address";
	return NULL;
}

static const char *
add4(struct sources *out, const char *s, size_t len)
{
	const char *dash = memchr(s, '-', len), *why;
	uint32_t first, last;

	why = parse4(s, dash != NULL ? (size_t)(dash - s) : len, &first);
	last = first;
	if (why == NULL && dash != NULL)
		why = parse4(dash + 1, s + len - dash - 1, &last);
	if (why != NULL)
		return why;
	if (first > last)
		return "a range that ends before it begins";
	if (last - first >= SOURCES_MAX - out->n)
		return too_many;
	for (;; first++) {
		out->v4[out->n++] = first;
		if (first == last)
			return NULL;
	}
}

/* The digits behind a slash. */
static const char *
parse_length(const char *s, size_t len, unsigned *length)
{
	size_t i;

	sources_trim(&s, &len);
	*length = 0;
	for (i = 0; i < len && i < 4 && s[i] >= '0' && s[i] <= '9'; i++)
		*length = *length * 10 + (unsigned)(s[i] - '0');
	if (len == 0 || i < len || *length > IP6_BITS)
		return "a prefix length is a number up to 128";
	return NULL;
}

static const char *
add6(struct sources *out, const char *s, size_t len)
{
	const char *dash = memchr(s, '-', len), *slash = memchr(s, '/', len);
	const char *end = dash != NULL ? dash : slash, *why;
	unsigned length = IP6_BITS;
	struct ip6 first, last;

	why = parse6(s, end != NULL ? (size_t)(end - s) : len, &first);
	if (why == NULL && dash == NULL && slash != NULL)
		why = parse_length(slash + 1, s + len - slash - 1, &length);
	last = first;
	if (why == NULL && dash != NULL)
		why = parse6(dash + 1, s + len - dash - 1, &last);
	if (why != NULL)
		return why;
	if (slash != NULL)
		out->prefix = length;
	if (!ip6_equal(ip6_first(first, length), first))
		return "bits are set behind the prefix";
	if (ip6_less(last, first))
		return "a range that ends before it begins";
	if (last.hi != first.hi || last.lo - first.lo >= SOURCES_MAX - out->n)
		return too_many;
	for (;; first.lo++) {
		out->v6[out->n++] = first;
		if (first.lo == last.lo)
			return NULL;
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
		*why = family == 6 ? add6(out, s, len) : add4(out, s, len);
		if (*why != NULL)
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
