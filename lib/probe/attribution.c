/* SPDX-License-Identifier: Apache-2.0 */
/* Probes that say who sends them; see attribution.h. */
#include "probe/attribution.h"

#include <string.h>

#include "probe/probe.h"

enum { PADN = 1 };

static const char *const schemes[] = { "https://", "mailto:", "tel:", NULL };

/* RFC 3986, 2: all others are written %XX. */
static const char allowed[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%";

int
attribution_check(const char *uri, const char **why)
{
	size_t i, n;

	for (i = 0; schemes[i] != NULL; i++) {
		n = strlen(schemes[i]);
		if (strncmp(uri, schemes[i], n) == 0)
			break;
	}
	*why = "not a URI that begins with https://, mailto: or tel:";
	if (schemes[i] == NULL)
		return -1;
	*why = "nothing follows the scheme";
	if (uri[n] == '\0')
		return -1;
	*why = "a character that URIs do not have; write it as %XX";
	if (uri[strspn(uri, allowed)] != '\0')
		return -1;
	*why = "longer than 254 characters";
	return strlen(uri) >= ATTRIBUTION_MAX ? -1 : 0;
}

size_t
attribution_size(const char *uri)
{
	return uri == NULL ? 0 : strlen(uri) + 1;
}

size_t
attribution_put(unsigned char *to, size_t room, const char *uri,
    const void *data, size_t n)
{
	size_t first = attribution_size(uri);

	if (first > room || n > room - first)
		return 0;
	if (first > 0)
		memcpy(to, uri, first);
	if (n > 0)
		memcpy(to + first, data, n);
	return first + n;
}

size_t
attribution_header(unsigned char to[ATTRIBUTION_HEADER_MAX], const char *uri)
{
	const size_t n = attribution_size(uri), fixed = 4;
	const size_t size = (fixed + n + 7) / 8 * 8, rest = size - fixed - n;
	unsigned char *behind = to + fixed + n;

	to[0] = 0;
	to[1] = size / 8 - 1; /* RFC 8200 4.6 */
	to[2] = PADN;
	to[3] = n;
	memcpy(to + fixed, uri, n);
	memset(behind, 0, rest); /* a single byte of 0 is Pad1 */
	if (rest >= 2) {
		behind[0] = PADN;
		behind[1] = rest - 2;
	}
	return size;
}

const char *
attribution_help(const struct probe *p)
{
	switch (p->attribution) {
	case PROBE_ATTRIBUTION_CARRIED:
		return "Its probes carry --attribution.";
	case PROBE_ATTRIBUTION_FREE:
		return "Its probes carry --attribution if they have no payload of their own.";
	case PROBE_ATTRIBUTION_ASKED:
		return "Its probes carry --attribution only with --probe-args=attribution.";
	default:
		return "Its probes do not carry --attribution: they have no room for it.";
	}
}

const char *
attribution_help6(const struct probe *p)
{
	return p->ip6 ? "Over IPv6, they all do with --attribution-padn.\n" :
			"";
}
