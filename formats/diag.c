/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diag: the diagnostic notation of CBOR (RFC 8949 8), one item a line, so that
 * people can look at any stream.
 */
#include "formats/format.h"
#include "stream/print.h"

static int
item(struct format_state *f, const struct stream_item *i)
{
	print_diagnostic(f->out, i->bytes, i->size);
	output_byte(f->out, '\n');
	return 1;
}

static int
diag_header(struct format_state *f)
{
	print_diagnostic(f->out, f->item->bytes, f->item->size);
	output_byte(f->out, '\n');
	return 0;
}

const struct format format_diag = {
	.name = "diag",
	.help = "diagnostic notation of CBOR (RFC 8949), to look at any stream",
	.whole = true,
	.fixed = true,
	.open = diag_header,
	.segment = diag_header,
	.record = item,
	.event = item,
};
