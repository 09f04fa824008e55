/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions within bounds; see pattern.h. */
#include "filter/pattern.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct reader {
	const char *p;
	const char *why; /* it is refused, or NULL */
};

static bool
pattern_refuse(struct reader *r, const char *why)
{
	r->why = why;
	return false;
}

/* Past [...], in which a bracket may stand first or in [: :], [. .], [= =]. */
static void
skip_bracket(struct reader *r)
{
	const char *p = r->p + 1;
	char kind;

	p += *p == '^';
	p += *p == ']';
	while (*p != '\0' && *p != ']') {
		if (*p == '[' && p[1] != '\0' && strchr(":.=", p[1]) != NULL) {
			kind = p[1];
			p += 2;
			while (*p != '\0' && !(*p == kind && p[1] == ']'))
				p++;
			p += *p != '\0';
		}
		p += *p != '\0';
	}
	r->p = p + (*p != '\0');
}

/*
 * How often {m}, {m,} or {m,n} writes out what is before it; 0: it is text.
 * The C library overlooks backslashes in there.
 */
static uint64_t
repetitions(struct reader *r)
{
	uint64_t n[2] = { 0, 0 };
	unsigned at = 0, digits[2] = { 0, 0 };
	const char *p;

	for (p = r->p + 1; *p != '}'; p++) {
		if (*p == ',' && at == 0) {
			at = 1;
		} else if (isdigit((unsigned char)*p)) {
			n[at] = n[at] * 10 + *p - '0';
			if (n[at] > PATTERN_LARGEST)
				n[at] = PATTERN_LARGEST;
			digits[at]++;
		} else if (*p != '\\') {
			return 0;
		}
	}
	r->p = p + 1;
	if (at == 1 && digits[1] == 0)
		n[1] = n[0] + 1;
	if (n[1] < n[0])
		n[1] = n[0];
	return n[1] == 0 ? 1 : n[1];
}

/*
 * What comes before is repeated: its size from then on, or 0 if this is no
 * repetition.
 */
static uint64_t
repeated(struct reader *r, uint64_t last)
{
	uint64_t times = 0;

	switch (*r->p) {
	case '*':
	case '?':
		times = 1;
		r->p++;
		break;
	case '+':
		times = 2;
		r->p++;
		break;
	case '{':
		times = repetitions(r);
		break;
	default:
		break;
	}
	return times == 0 ? 0 : last * times + 1;
}

/* The size of what is up to the end or a closing parenthesis. */
static bool
pattern_measure(struct reader *r, unsigned depth, uint64_t *size)
{
	uint64_t last = 0, next;
	bool again = false; /* what is last is a repetition */

	if (depth > PATTERN_DEEPEST)
		return pattern_refuse(r, "nested too deep");
	for (*size = 0; *r->p != '\0' && (*r->p != ')' || depth == 0);) {
		next = repeated(r, last);
		if (next != 0) {
			if (again)
				return pattern_refuse(r,
				    "a repetition of a repetition");
			last = next;
			again = true;
		} else {
			*size += last;
			last = 1;
			again = false;
			if (r->p[0] == '\\' && isdigit((unsigned char)r->p[1]))
				return pattern_refuse(r,
				    "it has back references");
			if (*r->p == '[') {
				skip_bracket(r);
			} else if (*r->p == '(') {
				r->p++;
				if (!pattern_measure(r, depth + 1, &last))
					return false;
				last++;
				r->p += *r->p == ')';
			} else {
				r->p += *r->p == '\\' && r->p[1] != '\0';
				r->p++;
			}
		}
		if (*size + last > PATTERN_LARGEST)
			return pattern_refuse(r,
			    "too large with its repetitions");
	}
	*size += last;
	return true;
}

int
pattern_compile(regex_t *regex, const char *text, char *why, size_t size)
{
	struct reader r = { .p = text };
	uint64_t all;
	int rc;

	if (!pattern_measure(&r, 0, &all)) {
		snprintf(why, size, "%s", r.why);
		return -1;
	}
	rc = regcomp(regex, text, REG_EXTENDED | REG_NOSUB);
	if (rc == 0)
		return 0;
	regerror(rc, regex, why, size);
	why[0] = tolower((unsigned char)why[0]);
	return -1;
}
