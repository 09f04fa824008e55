/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zgrab2: targets as zgrab2 reads them: address, domain, tag, port.  There is
 * no header row, which it would take for a domain; a tag is --output-args
 * tag=NAME, and a record without a port is an address alone.  Hosts that
 * are closed have nothing to say, and repeats have said it.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "formats/arguments.h"
#include "formats/format.h"
#include "stream/print.h"

struct state {
	bool all;	 /* also what is closed, and repeats */
	const char *tag; /* or NULL */
	char *text;	 /* holds it */
};

static int
zgrab2_take_tag(struct format_state *f, const char *value, int word)
{
	struct state *s = f->state;

	(void)word;
	s->tag = value;
	if (s->tag[strcspn(s->tag, "\"\r\n \t")] != '\0')
		return format_misuse(f,
		    "--output-args: a tag has no commas, quotes or blanks");
	return 0;
}

static int
zgrab2_take_all(struct format_state *f, const char *value, int word)
{
	struct state *s = f->state;

	(void)value;
	(void)word;
	s->all = true;
	return 0;
}

static const struct format_argument arguments[] = {
	{ "tag", .value = "NAME", .take = zgrab2_take_tag },
	{ "all", .take = zgrab2_take_all },
	{ .name = NULL },
};

static int
prepare(struct format_state *f)
{
	struct state *s = calloc(1, sizeof *s);

	f->state = s;
	if (s == NULL)
		return format_fail(f, "%s", strerror(ENOMEM));
	return format_arguments(f, "zgrab2", arguments, &s->text);
}

static int
close_zgrab2(struct format_state *f)
{
	struct state *s = f->state;

	if (s != NULL)
		free(s->text);
	free(s);
	return 0;
}

/* Truth where it is said. */
static bool
zgrab2_is(const struct value *v, bool truth)
{
	return (v->type == VALUE_BOOL || v->type == VALUE_UINT) &&
	    (v->number != 0) == truth;
}

static int
record(struct format_state *f, const struct stream_item *item)
{
	struct column *c = f->columns->list;
	struct value address, port, success, repeat;
	const struct state *s = f->state;
	const char *tag = s->tag;

	success = column_value(&c[2], item->values, item->nvalues);
	repeat = column_value(&c[3], item->values, item->nvalues);
	if (!s->all &&
	    (zgrab2_is(&success, false) || zgrab2_is(&repeat, true))) {
		format_fail(f,
		    "closed, or a repeat; --output-args all writes them");
		return 0;
	}
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
	.fields = "saddr,sport?,success?,repeat?",
	.fixed = true,
	.prepare = prepare,
	.appends = FORMAT_LINES,
	.record = record,
	.close = close_zgrab2,
};
