/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filter expressions: one that is not understood has a reason that can be
 * shown; one that is, runs over any record and decides the same twice.
 */
#include <string.h>

#include "filter/filter.h"
#include "fuzz.h"

static const struct field fields[] = {
	{ "saddr", FIELD_IP, "" },
	{ "sport", FIELD_UINT, "" },
	{ "delta", FIELD_INT, "" },
	{ "success", FIELD_BOOL, "" },
	{ "classification", FIELD_TEXT, "" },
	{ "data", FIELD_BYTES, "" },
	{ "timestamp", FIELD_TIME, "" },
};

enum { FIELDS = sizeof fields / sizeof *fields };

static int
fuzz_one(const uint8_t *p, size_t n)
{
	struct value v[FIELDS] = {
		value_bytes("\x0a\x01\x02\x03", 4),
		value_uint(443),
		value_int(-7),
		value_bool(true),
		value_text("synack"),
		value_bytes("\0\xff", 2),
		value_uint(1700000000000000000),
	};
	struct value none[FIELDS] = { 0 };
	struct expr_error error;
	struct filter *f;
	char *text, shown[8192];

	/* no zero bytes on a command line, and no files but ours */
	if (memchr(p, '\0', n) != NULL || memchr(p, '@', n) != NULL)
		return -1;
	text = strndup((const char *)p, n);
	HOLDS(text != NULL);
	f = filter_new(text, &error);
	if (f == NULL || filter_bind(f, fields, FIELDS, &error) == -1) {
		HOLDS(error.why[0] != '\0');
		filter_carets(text, &error, shown, sizeof shown);
	} else {
		HOLDS(filter_match(f, v, FIELDS) == filter_match(f, v, FIELDS));
		filter_match(f, none, FIELDS);
		filter_match(f, v, 2);
	}
	filter_free(f);
	free(text);
	return 0;
}

FUZZ_TARGET(fuzz_one)
