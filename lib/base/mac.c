/* SPDX-License-Identifier: Apache-2.0 */
/* Link addresses; see mac.h. */
#include "base/mac.h"

#include "base/hex.h"

struct mac_text
mac_text(const uint8_t mac[MAC_SIZE])
{
	struct mac_text t;
	char *to = t.s;
	int i;

	for (i = 0; i < MAC_SIZE; i++) {
		to = hex_put(to, &mac[i], 1);
		*to++ = i < MAC_SIZE - 1 ? ':' : '\0';
	}
	return t;
}

/* Of a byte, one digit will do. */
int
mac_parse(const char *s, uint8_t mac[MAC_SIZE], const char **why)
{
	int i, v;

	*why = "not a MAC address such as 02:00:5e:00:53:01";
	for (i = 0; i < MAC_SIZE; i++) {
		v = hex_byte(s);
		if (v != -1)
			s += 2;
		else if ((v = hex_digit(*s)) != -1)
			s++;
		else
			return -1;
		mac[i] = v;
		if (*s++ != (i < MAC_SIZE - 1 ? ':' : '\0'))
			return -1;
	}
	return 0;
}
