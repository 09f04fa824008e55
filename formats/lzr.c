/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lzr: what LZR reads on its stdin: JSON with seven keys and no others.  It
 * matches keys to a structure without regard to case, and gives up at the
 * first value of another type, so answers that lack one of them (RST, ICMP)
 * are left out.  Its peer waits with a SYN-ACK in hand: nothing is held back.
 */
#include "formats/format.h"

extern const struct format format_json;

static int
open_lzr(struct format_state *f)
{
	return format_json.open(f);
}

static int
record(struct format_state *f, const struct stream_item *item)
{
	struct column *c;
	struct value v;
	size_t i;

	for (i = 0; i < f->columns->count; i++) {
		c = &f->columns->list[i];
		v = column_value(c, item->values, item->nvalues);
		if (c->type == FIELD_IP ?
			v.type == VALUE_BYTES && (v.size == 4 || v.size == 16) :
			v.type == VALUE_UINT)
			continue;
		format_fail(f, "LZR needs %s in each", c->name);
		return 0;
	}
	return format_json.record(f, item);
}

static int
close_lzr(struct format_state *f)
{
	return format_json.close(f);
}

const struct format format_lzr = {
	.name = "lzr",
	.help = "JSON with the seven keys that LZR reads",
	.fields = "saddr,daddr,sport,dport,seqnum,acknum,window",
	.fixed = true,
	.open = open_lzr,
	.appends = FORMAT_LINES,
	.record = record,
	.close = close_lzr,
};
