/* SPDX-License-Identifier: Apache-2.0 */
/* The table of output formats; see format.h. */
#include "formats/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "scan/facts.h"

extern const struct format format_cbor, format_csv, format_diag, format_html,
    format_info, format_intelmq, format_json, format_lzr, format_map,
    format_parquet, format_redis, format_sqlite, format_text, format_xml,
    format_zgrab2;

const struct format *const format_table[] = { &format_cbor, &format_csv,
	&format_diag, &format_html, &format_info, &format_intelmq, &format_json,
	&format_lzr, &format_map, &format_parquet, &format_redis,
	&format_sqlite, &format_text, &format_xml, &format_zgrab2, NULL };

const struct format *
format_lookup(const char *name)
{
	const struct format *const *f;

	for (f = format_table; *f != NULL; f++)
		if (strcmp((*f)->name, name) == 0 ||
		    ((*f)->alias != NULL && strcmp((*f)->alias, name) == 0))
			return *f;
	return NULL;
}

int
format_fail(struct format_state *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->why, sizeof f->why, fmt, ap);
	va_end(ap);
	return -1;
}

int
format_misuse(struct format_state *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->why, sizeof f->why, fmt, ap);
	va_end(ap);
	f->misused = true;
	return -1;
}

bool
format_many_ports(const struct header *h)
{
	struct facts facts;
	char why[64];
	bool many;

	many = facts_decode(&facts, &h->scan, FACT_PORTS, why, sizeof why) ==
		0 &&
	    facts.ports.n > 0 && ranges_count(&facts.ports) > 1;
	facts_free(&facts);
	return many;
}
