/* SPDX-License-Identifier: Apache-2.0 */
/* What every record has; see receiver-fields.h. */
#include "probe/receiver-fields.h"

const struct field receiver_first[FIRST_FIELDS + 1] = {
	[FIRST_SADDR] = { "saddr", FIELD_IP, "source IP address of response" },
	[FIRST_DADDR] = { "daddr", FIELD_IP,
	    "destination IP address of response" },
	[FIRST_IPID] = { "ipid", FIELD_UINT,
	    "IP identification number of response" },
	[FIRST_TTL] = { "ttl", FIELD_UINT, "time-to-live of response packet" },
	{ .name = NULL },
};

const struct field receiver_six[SIX_FIELDS + 1] = {
	[SIX_FLOW_LABEL] = { "flow_label", FIELD_UINT,
	    "flow label of response (IPv6)" },
	[SIX_QUOTED_HLIM] = { "quoted_hlim", FIELD_UINT,
	    "hop limit that the probe had left, in an ICMPv6 error (IPv6)" },
	[SIX_EUI64_MAC] = { "eui64_mac", FIELD_TEXT,
	    "MAC address in the address that answered, if one is in it (IPv6)" },
	[SIX_IID] = { "iid", FIELD_BYTES,
	    "interface identifier of the address that answered (IPv6)" },
	{ .name = NULL },
};

const struct field receiver_last[LAST_FIELDS + 1] = {
	[LAST_QUOTE_OK] = { "icmp_quote_ok", FIELD_BOOL,
	    "does the ICMP error quote the IP ID of our probe" },
	[LAST_REPEAT] = { "repeat", FIELD_BOOL,
	    "is response a repeat response from host" },
	[LAST_COOLDOWN] = { "cooldown", FIELD_BOOL,
	    "was response received during the cooldown period" },
	[LAST_TIMESTAMP] = { "timestamp", FIELD_TIME, "when response arrived" },
	{ .name = NULL },
};
