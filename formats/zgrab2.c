/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zgrab2: targets as zgrab2 reads them: address, domain, tag, port.  There is
 * no header row, which it would take for a domain; a tag is --output-args
 * tag=NAME, and a record without a port is an address alone.
 */
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "formats/format.h"
#include "stream/print.h"

static int
prepare(struct format_state *f)
{
	const char *args = f->config->args;

	if (args == NULL)
		return 0;
	if (strncmp(args, "tag=", 4) != 0)
		return format_misuse(f,
		    "--output-args %s: zgrab2 takes tag=NAME", args);
	args += 4;
	if (args[strcspn(args, ",\"\r\n \t")] != '\0')
		return format_misuse(f,
		    "--output-args: a tag has no commas, quotes or blanks");
	f->state = (void *)args;
	return 0;
}

static int
record(struct format_state *f, const struct stream_item *item)
{
	struct column *c = f->columns->list;
	struct value address, port;
	const char *tag = f->state;

	address = column_value(&c[0], item->values, item->nvalues);
	port = column_value(&c[1], item->values, item->nvalues);
	if (address.type != VALUE_BYTES ||
	    print_address(f->out, address.bytes, address.size) == -1) {
		format_fail(f, "zgrab2 needs an address in each");
		return 0;
	}
	if (port.type == VALUE_UINT) {
		output_bytes(f->out, ",,", 2);
		if (tag != NULL)
			output_text(f->out, tag);
		output_byte(f->out, ',');
		output_uint(f->out, port.number);
	} else if (tag != NULL) {
		output_bytes(f->out, ",,", 2);
		output_text(f->out, tag);
	}
	output_byte(f->out, '\n');
	return 1;
}

const struct format format_zgrab2 = {
	.name = "zgrab2",
	.help = "targets for zgrab2: ip,,tag,port",
	.fields = "saddr,sport?",
	.fixed = true,
	.prepare = prepare,
	.appends = FORMAT_LINES,
	.record = record,
};
