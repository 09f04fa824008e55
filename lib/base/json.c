/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of RFC 8259; see json.h.  All take NULL for what is none. */
#include "base/json.h"

#include <ctype.h>
#include <string.h>

#include "base/utf8.h"

static const char *value(const char *s, unsigned depth);

static const char *
json_blanks(const char *s)
{
	return s + strspn(s, " \t\r\n");
}

static const char *
digits(const char *s)
{
	return isdigit((unsigned char)*s) ? s + strspn(s, "0123456789") : NULL;
}

static const char *
json_number(const char *s)
{
	s += *s == '-';
	s = *s == '0' ? s + 1 : digits(s);
	if (s != NULL && *s == '.')
		s = digits(s + 1);
	if (s != NULL && (*s == 'e' || *s == 'E')) {
		s++;
		s = digits(s + (*s == '+' || *s == '-'));
	}
	return s;
}

static const char *
string(const char *s)
{
	if (*s++ != '"')
		return NULL;
	for (; *s != '"'; s++) {
		if ((unsigned char)*s < ' ')
			return NULL;
		if (*s != '\\')
			continue;
		s++;
		if (*s == 'u') {
			if (strspn(s + 1, "0123456789abcdefABCDEF") < 4)
				return NULL;
			s += 4;
		} else if (*s == '\0' || strchr("\"\\/bfnrt", *s) == NULL) {
			return NULL;
		}
	}
	return s + 1;
}

static const char *
json_word(const char *s)
{
	static const char *const words[] = { "true", "false", "null", NULL };
	size_t i, n;

	for (i = 0; words[i] != NULL; i++) {
		n = strlen(words[i]);
		if (strncmp(s, words[i], n) == 0)
			return s + n;
	}
	return NULL;
}

/* What stands between the brackets, and the one that ends it. */
static const char *
json_list(const char *s, char end, unsigned depth)
{
	s = json_blanks(s);
	if (*s == end)
		return s + 1;
	for (;;) {
		if (end == '}') {
			s = string(json_blanks(s));
			if (s == NULL)
				return NULL;
			s = json_blanks(s);
			if (*s++ != ':')
				return NULL;
		}
		s = value(s, depth);
		if (s == NULL || (*s != ',' && *s != end))
			return NULL;
		if (*s++ == end)
			return s;
	}
}

/* With the blanks around it. */
static const char *
value(const char *s, unsigned depth)
{
	s = json_blanks(s);
	if (depth > JSON_DEPTH_MAX)
		return NULL;
	if (*s == '{')
		s = json_list(s + 1, '}', depth + 1);
	else if (*s == '[')
		s = json_list(s + 1, ']', depth + 1);
	else if (*s == '"')
		s = string(s);
	else if (*s == '-' || isdigit((unsigned char)*s))
		s = json_number(s);
	else
		s = json_word(s);
	return s == NULL ? NULL : json_blanks(s);
}

bool
json_valid(const char *text)
{
	const char *end;

	if (!utf8_valid((const unsigned char *)text, strlen(text)))
		return false;
	end = value(text, 0);
	return end != NULL && *end == '\0';
}
