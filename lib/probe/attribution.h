/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attribution: a URI that says who sends a probe, inside the probe (RFC 9511,
 * section 4).  It is the first of the probe's data, and a NUL ends it:
 *
 *	https://scan.example.net/.well-known/probing.txt\0 ... the rest
 *
 * What a module needs to know its answers by stands elsewhere, or behind it.
 */
#ifndef ATTRIBUTION_H
#define ATTRIBUTION_H
#include <stddef.h>

struct probe;

#define ATTRIBUTION_MAX	       255 /* bytes, with the NUL */
#define ATTRIBUTION_HEADER_MAX 264 /* with what makes it a header of IPv6 */

/* Is this a URI of the kinds that the RFC allows?  0, or -1 with *why. */
int attribution_check(const char *uri, const char **why);

/* Bytes that it takes, with its NUL; 0 for NULL. */
size_t attribution_size(const char *uri);

/*
 * Puts it, and n bytes of data behind it, into to[room].  How many bytes that
 * are, or 0 if there is no room or nothing to put.
 */
size_t attribution_put(unsigned char *to, size_t room, const char *uri,
    const void *data, size_t n);

/*
 * The URI and its NUL as a PadN option (RFC 8200 4.2), the first one in a
 * header of destination options.  Its first byte, which says what follows, is
 * the caller's to write.  Returns its size.
 */
size_t attribution_header(unsigned char to[ATTRIBUTION_HEADER_MAX],
    const char *uri);

/* Whether a module's probes carry it, as sentences for its help. */
const char *attribution_help(const struct probe *);
const char *attribution_help6(const struct probe *);

#endif
