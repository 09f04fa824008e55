/* SPDX-License-Identifier: Apache-2.0 */
/* Text and JSON to values; see cell.h. */
#include "intake/cell.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/jsonfeed.h"
#include "base/number.h"
#include "base/utf8.h"

static const char no_room[] = "a record of over a megabyte";

/* Room for n bytes in scratch, or NULL with *why. */
static unsigned char *
cell_take(struct encoder *scratch, size_t n, const char **why)
{
	unsigned char *p = scratch->at;

	if (scratch->full || (size_t)(scratch->end - scratch->at) < n) {
		*why = no_room;
		return NULL;
	}
	scratch->at += n;
	return p;
}

static int
parse_ip(struct value *v, const char *s, struct encoder *scratch,
    const char **why)
{
	bool six = strchr(s, ':') != NULL;
	unsigned char *p = cell_take(scratch, six ? 16 : 4, why);

	if (p == NULL)
		return -1;
	if (inet_pton(six ? AF_INET6 : AF_INET, s, p) != 1) {
		*why = "no address";
		return -1;
	}
	*v = value_bytes(p, six ? 16 : 4);
	return 0;
}

static int
parse_uint(struct value *v, const char *s, const char **why)
{
	uint64_t n;

	if (number_whole(s, 0, UINT64_MAX, &n) == -1) {
		*why = "no whole number from 0 to 18446744073709551615";
		return -1;
	}
	*v = value_uint(n);
	return 0;
}

static int
parse_int(struct value *v, const char *s, const char **why)
{
	bool minus = *s == '-';
	uint64_t n;

	if (number_whole(s + minus, 0, (uint64_t)INT64_MAX + minus, &n) == -1) {
		*why = "no whole number of 64 bits";
		return -1;
	}
	/* -2^63 has no positive counterpart */
	*v = minus ? value_int((int64_t)(0 - n)) : value_uint(n);
	return 0;
}

static int
parse_bool(struct value *v, const char *s, const char **why)
{
	bool yes = strcmp(s, "1") == 0 || strcmp(s, "true") == 0;

	if (!yes && strcmp(s, "0") != 0 && strcmp(s, "false") != 0) {
		*why = "no truth value: 0, 1, true or false";
		return -1;
	}
	*v = value_bool(yes);
	return 0;
}

static int
digit(unsigned char c)
{
	return isdigit(c) ? c - '0' : isxdigit(c) ? (c | 32) - 'a' + 10 : -1;
}

static int
parse_bytes(struct value *v, const unsigned char *s, size_t n,
    struct encoder *scratch, const char **why)
{
	unsigned char *p = cell_take(scratch, n / 2, why);
	size_t i;

	if (p == NULL)
		return -1;
	*why = "no bytes in hexadecimal";
	if (n % 2 != 0)
		return -1;
	for (i = 0; i < n; i++)
		if (digit(s[i]) == -1)
			return -1;
	for (i = 0; i < n / 2; i++)
		p[i] = digit(s[2 * i]) << 4 | digit(s[2 * i + 1]);
	*v = value_bytes(p, n / 2);
	return 0;
}

/* --- times --- */

/* Digits behind a point, as nanoseconds; moves *s behind them. */
static int
cell_fraction(const char **s, uint64_t *ns)
{
	uint64_t unit = SECOND;

	*ns = 0;
	if (**s != '.' && **s != ',')
		return 0;
	if (!isdigit((unsigned char)*++*s))
		return -1;
	for (; isdigit((unsigned char)**s); ++*s) {
		unit /= 10;
		*ns += unit * (unsigned)(**s - '0');
	}
	return 0;
}

/* Z, +0100, +01:00, +01 or nothing: seconds east of Greenwich. */
static int
zone(const char *s, long *east)
{
	int sign = *s == '-' ? -1 : 1, i, at[4];

	*east = 0;
	if (*s == '\0' || strcmp(s, "Z") == 0 || strcmp(s, "z") == 0)
		return 0;
	if (*s != '+' && *s != '-')
		return -1;
	s++;
	for (i = 0; i < 4 && isdigit((unsigned char)*s); i++) {
		at[i] = *s++ - '0';
		if (i == 1 && *s == ':')
			s++;
	}
	if (*s != '\0' || (i != 2 && i != 4))
		return -1;
	*east = (at[0] * 10 + at[1]) * 3600;
	if (i == 4)
		*east += (at[2] * 10 + at[3]) * 60;
	*east *= sign;
	return 0;
}

int
cell_time(const char *s, uint64_t *ns)
{
	struct tm tm = { 0 };
	uint64_t part;
	time_t t;
	long east;

	s = strptime(s, "%Y-%m-%d", &tm);
	if (s == NULL || (*s != 'T' && *s != 't' && *s != ' '))
		return -1;
	s = strptime(s + 1, "%H:%M:%S", &tm);
	if (s == NULL || cell_fraction(&s, &part) == -1 || zone(s, &east) == -1)
		return -1;
	t = timegm(&tm) - east;
	if (t < 0 || (uint64_t)t > INT64_MAX / SECOND - 1)
		return -1;
	*ns = (uint64_t)t * SECOND + part;
	return 0;
}

static int
parse_time(struct value *v, const char *s, const char **why)
{
	uint64_t ns;

	if (number_whole(s, 0, INT64_MAX, &ns) == -1 &&
	    cell_time(s, &ns) == -1) {
		*why = "no time: ISO 8601, or nanoseconds since 1970";
		return -1;
	}
	*v = value_uint(ns);
	return 0;
}

/* --- JSON --- */

static void
encode(struct encoder *e, struct json_object *o)
{
	size_t i, n;

	switch (json_object_get_type(o)) {
	case json_type_null:
		encode_null(e);
		break;
	case json_type_boolean:
		encode_bool(e, json_object_get_boolean(o));
		break;
	case json_type_double:
		encode_double(e, json_object_get_double(o));
		break;
	case json_type_int:
		if (json_object_get_int64(o) < 0)
			encode_int(e, json_object_get_int64(o));
		else
			encode_uint(e, json_object_get_uint64(o));
		break;
	case json_type_string:
		encode_textn(e, json_object_get_string(o),
		    (size_t)json_object_get_string_len(o));
		break;
	case json_type_array:
		n = json_object_array_length(o);
		encode_array(e, n);
		for (i = 0; i < n; i++)
			encode(e, json_object_array_get_idx(o, i));
		break;
	case json_type_object:
		encode_map(e, (uint64_t)json_object_object_length(o));
		json_object_object_foreach(o, key, value)
		{
			encode_text(e, key);
			encode(e, value);
		}
		break;
	}
}

static int
nest(struct value *v, enum field_type type, struct json_object *o,
    struct encoder *scratch, const char **why)
{
	bool map = type == FIELD_MAP;
	unsigned char *p = scratch->at;

	if (!json_object_is_type(o, map ? json_type_object : json_type_array)) {
		*why = map ? "no object of JSON" : "no array of JSON";
		return -1;
	}
	encode(scratch, o);
	if (scratch->full) {
		*why = no_room;
		return -1;
	}
	*v = (struct value){ .type = map ? VALUE_MAP : VALUE_LIST,
		.bytes = p,
		.size = (size_t)(scratch->at - p) };
	return 0;
}

static int
parse_nested(struct value *v, enum field_type type, const unsigned char *s,
    size_t n, struct encoder *scratch, const char **why)
{
	struct json_tokener *t = json_tokener_new_ex(CELL_DEPTH_MAX);
	struct json_object *o;
	size_t taken;
	int rc = -1;

	*why = "no memory";
	if (t == NULL)
		return -1;
	json_tokener_set_flags(t, JSON_TOKENER_STRICT);
	/* the NUL behind it ends a number */
	o = json_feed(t, s, n + 1, &taken);
	*why = "no JSON";
	if (json_tokener_get_error(t) == json_tokener_success && taken >= n &&
	    strlen((const char *)s) == n && utf8_valid(s, n))
		rc = nest(v, type, o, scratch, why);
	json_object_put(o);
	json_tokener_free(t);
	return rc;
}

int
cell_parse(struct value *v, enum field_type type, const unsigned char *s,
    size_t n, struct encoder *scratch, const char **why)
{
	const char *text = (const char *)s;

	if (type == FIELD_TEXT) {
		*v = value_text("");
		v->bytes = s;
		v->size = n;
		return 0;
	}
	if (strlen(text) != n) {
		*why = "a byte of 0";
		return -1;
	}
	switch (type) {
	case FIELD_IP:
		return parse_ip(v, text, scratch, why);
	case FIELD_UINT:
		return parse_uint(v, text, why);
	case FIELD_INT:
		return parse_int(v, text, why);
	case FIELD_BOOL:
		return parse_bool(v, text, why);
	case FIELD_BYTES:
		return parse_bytes(v, s, n, scratch, why);
	case FIELD_TIME:
		return parse_time(v, text, why);
	case FIELD_LIST:
	case FIELD_MAP:
	case FIELD_TEXT:
		break;
	}
	return parse_nested(v, type, s, n, scratch, why);
}

int
cell_convert(struct value *v, enum field_type type, struct json_object *o,
    struct encoder *scratch, const char **why)
{
	bool string = json_object_is_type(o, json_type_string);
	const char *s;
	size_t n;

	if (o == NULL) {
		*v = (struct value){ .type = VALUE_NULL };
		return 0;
	}
	if (type == FIELD_LIST || type == FIELD_MAP)
		return nest(v, type, o, scratch, why);
	if (type == FIELD_BYTES && !string) {
		*why = "no bytes in hexadecimal";
		return -1;
	}
	s = string ?
	    json_object_get_string(o) :
	    json_object_to_json_string_ext(o,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	n = string ? (size_t)json_object_get_string_len(o) : strlen(s);
	return cell_parse(v, type, (const unsigned char *)s, n, scratch, why);
}

enum field_type
cell_guess(struct json_object *o)
{
	switch (json_object_get_type(o)) {
	case json_type_boolean:
		return FIELD_BOOL;
	case json_type_int:
		return json_object_get_int64(o) < 0 ? FIELD_INT : FIELD_UINT;
	case json_type_array:
		return FIELD_LIST;
	case json_type_object:
		return FIELD_MAP;
	default:
		return FIELD_TEXT;
	}
}
