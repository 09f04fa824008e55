/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of ours, as options name them; see sources.h. */
#include "addr/sources.h"

#include <arpa/inet.h>
#include <string.h>

static int
parse_address(const char *s, size_t len, uint32_t *address, const char **why)
{
	char text[INET_ADDRSTRLEN];
	struct in_addr a;

	/* "192.0.2.1, 192.0.2.3", as programs join lists */
	for (; len > 0 && (*s == ' ' || *s == '\t'); s++)
		len--;
	for (; len > 0 && (s[len - 1] == ' ' || s[len - 1] == '\t');)
		len--;
	*why = "not an IPv4 address";
	if (len >= sizeof text)
		return -1;
	memcpy(text, s, len);
	text[len] = '\0';
	if (inet_pton(AF_INET, text, &a) != 1) {
		if (strchr(text, ':') != NULL)
			*why = "an IPv6 address; only IPv4 can be given";
		return -1;
	}
	*address = ntohl(a.s_addr);
	return 0;
}

int
sources_parse(const char *s, uint32_t *list, unsigned max, unsigned *n,
    const char **why)
{
	const char *dash;
	uint32_t first, last;
	size_t len;

	for (*n = 0;; s += len + 1) {
		len = strcspn(s, ",");
		dash = memchr(s, '-', len);
		if (parse_address(s, dash != NULL ? (size_t)(dash - s) : len,
			&first, why) == -1)
			return -1;
		last = first;
		if (dash != NULL &&
		    parse_address(dash + 1, s + len - dash - 1, &last, why) ==
			-1)
			return -1;
		*why = "a range that ends before it begins";
		if (first > last)
			return -1;
		*why = "too many addresses";
		if (last - first >= max - *n)
			return -1;
		for (;; first++) {
			list[(*n)++] = first;
			if (first == last)
				break;
		}
		if (s[len] == '\0')
			return 0;
	}
}
