/* SPDX-License-Identifier: Apache-2.0 */
/* TCP headers and their options; see tcp.h. */
#include "probes/tcp.h"

#include <stdio.h>

#include "base/bytes.h"

enum {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_WSCALE = 3,
	OPTION_SACK_PERMITTED = 4,
	OPTION_TIMESTAMPS = 8
};

/*
 * An option is a kind alone, or a kind, a length that counts both, and a
 * value.  One that does not fit into the header ends the reading; a length
 * that its kind does not have makes it an unknown option.
 */
static void
read_options(struct tcp *t, const unsigned char *p, size_t n)
{
	size_t len;

	for (; n > 0 && p[0] != OPTION_END; p += len, n -= len) {
		len = 1;
		if (p[0] == OPTION_NOP)
			continue;
		if (n < 2 || p[1] < 2 || p[1] > n)
			return;
		len = p[1];
		if (p[0] == OPTION_MSS && len == 4) {
			t->has_mss = true;
			t->mss = get16(p + 2);
		} else if (p[0] == OPTION_WSCALE && len == 3) {
			t->has_wscale = true;
			/* RFC 7323 2.3: more than 14 counts as 14 */
			t->wscale = p[2] > 14 ? 14 : p[2];
		} else if (p[0] == OPTION_SACK_PERMITTED && len == 2) {
			t->sack_permitted = true;
		} else if (p[0] == OPTION_TIMESTAMPS && len == 10) {
			t->has_timestamps = true;
			t->ts_val = get32(p + 2);
			t->ts_ecr = get32(p + 6);
		}
	}
}

/*
 * Two characters for each byte of options, at most 40 bytes, and 20 for the
 * rest.
 */
size_t
tcp_ja4ts(const struct reply *r, char text[TCP_JA4TS_MAX])
{
	size_t header = (r->data[12] >> 4) * 4, len, at;
	size_t n = (header < r->size ? header : r->size) - 20;
	const unsigned char *p = r->data + 20;
	char mss[8] = "00", shift[8] = "00";

	at = (size_t)sprintf(text, "%u_", get16(r->data + 14));
	for (; n > 0; p += len, n -= len) {
		len = p[0] <= OPTION_NOP ? 1 : n > 1 ? p[1] : 0;
		if (len == 0 || len > n || (p[0] > OPTION_NOP && len < 2))
			break;
		at += (size_t)sprintf(text + at, "%u-", p[0]);
		if (p[0] == OPTION_END)
			break;
		if (p[0] == OPTION_MSS && len == 4)
			snprintf(mss, sizeof mss, "%u", get16(p + 2));
		if (p[0] == OPTION_WSCALE && len == 3)
			snprintf(shift, sizeof shift, "%u", p[2]);
	}
	if (text[at - 1] == '-')
		at--;
	else
		at += (size_t)sprintf(text + at, "00");
	return at + (size_t)sprintf(text + at, "_%s_%s", mss, shift);
}

enum refusal
tcp_parse(const unsigned char *p, size_t n, size_t wire, struct tcp *t)
{
	size_t size;

	if (n < 20)
		return REFUSED_TRUNCATED;
	size = (p[12] >> 4) * 4;
	if (size < 20 || size > wire)
		return REFUSED_TRUNCATED;
	*t = (struct tcp){
		.sport = get16(p),
		.dport = get16(p + 2),
		.seq = get32(p + 4),
		.ack = get32(p + 8),
		.flags = p[13],
		.window = get16(p + 14),
	};
	read_options(t, p + 20, (size < n ? size : n) - 20);
	return REFUSED_NOT;
}

enum refusal
tcp_read(const struct reply *r, struct tcp *t)
{
	return tcp_parse(r->data, r->size, r->wire_size, t);
}

void
tcp_fill(struct value values[TCP_COUNT], const struct tcp *t)
{
	values[TCP_SPORT] = value_uint(t->sport);
	values[TCP_DPORT] = value_uint(t->dport);
	values[TCP_SEQNUM] = value_uint(t->seq);
	values[TCP_ACKNUM] = value_uint(t->ack);
	values[TCP_WINDOW] = value_uint(t->window);
}

void
tcp_fill_icmp(struct value values[TCP_COUNT], const struct reply *r)
{
	values[TCP_SPORT] = value_uint(r->target_port);
	values[TCP_DPORT] = value_uint(r->source_port);
}

void
tcp_fill_options(struct value values[TCP_OPTION_COUNT], const struct tcp *t)
{
	if (t->has_mss)
		values[TCP_MSS] = value_uint(t->mss);
	if (t->has_wscale)
		values[TCP_WSCALE] = value_uint(1u << t->wscale);
	if (t->sack_permitted)
		values[TCP_SACK_PERM] = value_uint(1);
	if (t->has_timestamps) {
		values[TCP_TS_VAL] = value_uint(t->ts_val);
		values[TCP_TS_ECR] = value_uint(t->ts_ecr);
	}
}
