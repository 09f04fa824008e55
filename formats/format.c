/* The table of output formats; see format.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "token.h"

extern const struct format format_cbor, format_csv, format_diag;

const struct format *const format_table[] = {
	&format_cbor,
	&format_csv,
	&format_diag,
	NULL
};

const struct format *
format_lookup(const char *name)
{
	const struct format *const *f;

	for (f = format_table; *f != NULL; f++)
		if (strcmp((*f)->name, name) == 0)
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

bool
format_many_ports(const struct header *h)
{
	const struct dict_entry *ports = dict_get(&h->scan, "ports");
	struct token list, item, first, last;
	const unsigned char *p;
	ssize_t used;
	size_t n;

	if (ports == NULL)
		return false;
	p = ports->bytes;
	n = ports->size;
	used = token_next(p, n, &list);
	if (used <= 0 || list.kind != TOKEN_ARRAY || list.number == 0)
		return false;
	if (list.number > 1)
		return true;
	/* one element: a port, or first and last */
	p += used;
	n -= used;
	used = token_next(p, n, &item);
	if (used <= 0 || item.kind != TOKEN_ARRAY || item.number != 2)
		return false;
	p += used;
	n -= used;
	used = token_next(p, n, &first);
	return used > 0 && token_next(p + used, n - used, &last) > 0 &&
	    first.number != last.number;
}
