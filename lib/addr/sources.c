/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of ours, as options name them; see sources.h. */
#include "addr/sources.h"

#include <arpa/inet.h>
#include <string.h>

static const char *
parse_address(const char *s, size_t len, uint32_t *address)
{
	char text[INET_ADDRSTRLEN];
	struct in_addr a;

	/* "192.0.2.1, 192.0.2.3", as programs join lists */
	for (; len > 0 && (*s == ' ' || *s == '\t'); s++)
		len--;
	for (; len > 0 && (s[len - 1] == ' ' || s[len - 1] == '\t');)
		len--;
	if (len >= sizeof text)
		return "not an IPv4 address";
	memcpy(text, s, len);
	text[len] = '\0';
	if (inet_pton(AF_INET, text, &a) != 1)
		return strchr(text, ':') != NULL ?
		    "an IPv6 address; only IPv4 can be scanned yet" :
		    "not an IPv4 address";
	*address = ntohl(a.s_addr);
	return NULL;
}

const char *
sources_parse(const char *s, uint32_t *list, unsigned max, unsigned *n)
{
	const char *why, *dash;
	uint32_t first, last;
	size_t len;

	for (*n = 0;; s += len + 1) {
		len = strcspn(s, ",");
		dash = memchr(s, '-', len);
		why = parse_address(s, dash != NULL ? (size_t)(dash - s) : len,
		    &first);
		last = first;
		if (why == NULL && dash != NULL)
			why = parse_address(dash + 1, s + len - dash - 1,
			    &last);
		if (why != NULL)
			return why;
		if (first > last)
			return "a range that ends before it begins";
		if (last - first >= max - *n)
			return "too many addresses";
		for (;; first++) {
			list[(*n)++] = first;
			if (first == last)
				break;
		}
		if (s[len] == '\0')
			return NULL;
	}
}
