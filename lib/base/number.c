/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as people write them; see number.h. */
#include "base/number.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* strtod(3) without signs, infinities and hexadecimal fractions. */
const char *
number_read(const char *s, struct number *v)
{
	char *end, *digits;

	s += strspn(s, " \t");
	if (!isdigit((unsigned char)*s) &&
	    !(*s == '.' && isdigit((unsigned char)s[1])))
		return NULL;
	*v = (struct number){ .whole = true };
	errno = 0;
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		v->n = strtoull(s, &end, 16);
		v->x = v->n;
		v->whole = errno == 0;
		return end > s + 1 ? end : NULL;
	}
	v->n = strtoull(s, &digits, 10);
	v->whole = errno == 0 && digits > s;
	v->x = strtod(s, &end);
	if (end > digits || digits == s) {
		v->whole = v->x < 9e15 && v->x == floor(v->x);
		v->n = v->whole ? (uint64_t)v->x : 0;
	}
	return end;
}

int
number_whole(const char *s, uint64_t min, uint64_t max, uint64_t *n)
{
	struct number v;

	s = number_read(s, &v);
	if (s == NULL || *s != '\0' || !v.whole || v.n < min || v.n > max)
		return -1;
	*n = v.n;
	return 0;
}
