/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields that zmap-recv(1) gives each record besides those of the module:
 *
 *	saddr daddr ipid ttl | the module's ... |
 *		icmp_quote_ok repeat cooldown timestamp
 *
 * and, in a scan of IPv6, behind those of the module:
 *
 *	flow_label quoted_hlim eui64_mac iid
 */
#ifndef RECEIVER_FIELDS_H
#define RECEIVER_FIELDS_H
#include "stream/field.h"

/* Indices in the first ones, and how many these are; the same for the last. */
enum { FIRST_SADDR, FIRST_DADDR, FIRST_IPID, FIRST_TTL, FIRST_FIELDS };

enum { LAST_QUOTE_OK, LAST_REPEAT, LAST_COOLDOWN, LAST_TIMESTAMP, LAST_FIELDS };

enum { SIX_FLOW_LABEL, SIX_QUOTED_HLIM, SIX_EUI64_MAC, SIX_IID, SIX_FIELDS };

/* All end with a NULL name. */
extern const struct field receiver_first[FIRST_FIELDS + 1];
extern const struct field receiver_six[SIX_FIELDS + 1];
extern const struct field receiver_last[LAST_FIELDS + 1];

#endif
