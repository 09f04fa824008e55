/* SPDX-License-Identifier: Apache-2.0 */
/* IPv6 addresses: what is one, and which, agrees with inet_pton(3). */
#include <arpa/inet.h>
#include <string.h>

#include "addr/ip6.h"
#include "fuzz.h"

static int
fuzz_one(const uint8_t *p, size_t n)
{
	char text[64] = "", print[IP6_TEXT];
	unsigned char bytes[16], back[16];
	const char *end;
	struct ip6 a;

	if (n >= sizeof text || memchr(p, '\0', n) != NULL)
		return 0;
	memcpy(text, p, n);
	end = ip6_parse(&a, text, text + n);
	HOLDS((end == text + n) == (inet_pton(AF_INET6, text, bytes) == 1));
	if (end == text + n) {
		ip6_put(back, a);
		HOLDS(memcmp(back, bytes, sizeof bytes) == 0);
		HOLDS(ip6_equal(ip6_get(bytes), a));
	}
	/* any sixteen bytes have a text, which means them */
	if (n < 16)
		return 0;
	a = ip6_get(p);
	end = ip6_print(a, print);
	HOLDS(end == print + strlen(print));
	HOLDS(inet_pton(AF_INET6, print, bytes) == 1);
	HOLDS(memcmp(bytes, p, sizeof bytes) == 0);
	return 0;
}

FUZZ_TARGET(fuzz_one)
