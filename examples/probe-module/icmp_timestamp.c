/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A probe module outside of the tree: asks each target for the time of day by
 * an ICMP timestamp request (RFC 792), and says how far its clock is off.
 *
 *	$ make
 *	$ zmap -M ./icmp_timestamp.so -f saddr,offset_ms 192.0.2.0/24
 */
#include "probe/probe.h"
#include "probe/template.h"

#define SIZE (TEMPLATE_IP + TEMPLATE_ICMP + 12)
#define DAY  86400000 /* times are milliseconds since midnight UTC */

enum { CLASSIFICATION, SUCCESS, RECEIVED, OFFSET, ICMP };

static const struct field fields[] = {
	[CLASSIFICATION] = { "classification", FIELD_TEXT, "kind of answer" },
	[SUCCESS] = { "success", FIELD_BOOL, "did it tell its time" },
	[RECEIVED] = { "received_ms", FIELD_UINT, "the target's clock" },
	[OFFSET] = { "offset_ms", FIELD_INT, "by which it is ahead of ours" },
	PROBE_ICMP_FIELDS,
	{ .name = NULL },
};

static int
prepare(struct probe_thread *t, const struct probe_config *c, const char **why)
{
	const struct template_place place = { t->packet, SIZE, c->ttl, why };
	static const unsigned char times[12];

	if (c->args != NULL) {
		*why = "icmp_timestamp takes no --probe-args";
		return -1;
	}
	if (t->packet == NULL)
		return 0;
	t->size = template_icmp(&place, 13, 0, times, sizeof times);
	return t->size > 0 ? 0 : -1;
}

static size_t
make(struct probe_thread *t, unsigned char *packet,
    const struct probe_target *to)
{
	unsigned char *icmp = packet + TEMPLATE_IP;

	template_set_ip(packet, t->size, to);
	put16(icmp + 4, to->v[1]); /* identifier and sequence number */
	put16(icmp + 6, to->v[2]); /* come back in the answer */
	template_sum_icmp(packet, t->size - TEMPLATE_IP);
	return t->size;
}

static enum refusal
classify(struct probe_thread *t, const struct reply *r, struct value *values,
    struct encoder *scratch)
{
	const unsigned char *icmp = r->icmp_error ? r->quote : r->data;
	size_t n = r->icmp_error ? r->quote_size : r->size;
	int64_t theirs, ours = r->time_ns / 1000000 % DAY;

	(void)t;
	(void)scratch;
	if (n < (r->icmp_error ? 8 : 20))
		return REFUSED_TRUNCATED;
	if (icmp[0] != (r->icmp_error ? 13 : 14))
		return REFUSED_PROTOCOL;
	if (get16(icmp + 4) != (r->v[1] & 0xffff) ||
	    get16(icmp + 6) != (r->v[2] & 0xffff))
		return REFUSED_VALIDATION;
	values[SUCCESS] = value_bool(!r->icmp_error);
	values[CLASSIFICATION] = value_text(r->icmp_error ? "icmp" : "time");
	if (r->icmp_error) {
		probe_fill_icmp(values + ICMP, r);
		return REFUSED_NOT;
	}
	theirs = get32(icmp + 12);
	values[RECEIVED] = value_uint(theirs);
	if (theirs < DAY) /* else it is no time in UTC */
		values[OFFSET] = value_int(
		    (theirs - ours + DAY * 3 / 2) % DAY - DAY / 2);
	return REFUSED_NOT;
}

const struct probe zmap_probe = {
	.abi = PROBE_ABI,
	.name = "icmp_timestamp",
	.protocol = 1,
	.help = "Asks each target for the time of day by ICMP.",
	.max_size = SIZE,
	.snaplen = 128,
	.filter = "icmp[0] = 14",
	.fields = fields,
	.classification = CLASSIFICATION,
	.success = SUCCESS,
	.prepare = prepare,
	.make = make,
	.classify = classify,
};
