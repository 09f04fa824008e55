/* SPDX-License-Identifier: Apache-2.0 */
/* mac: link addresses as text, "02:00:5e:00:53:01". */
#ifndef MAC_H
#define MAC_H
#include <stdint.h>

enum {
	MAC_SIZE = 6,
	MAC_TEXT = 18, /* with the NUL */
};

struct mac_text {
	char s[MAC_TEXT];
};

struct mac_text mac_text(const uint8_t mac[MAC_SIZE]);

/* 0, or -1 with *why. */
int mac_parse(const char *s, uint8_t mac[MAC_SIZE], const char **why);

#endif
