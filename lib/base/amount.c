/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts; see amount.h. */
#include "base/amount.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define WHOLE_MAX UINT64_C(100000000000)

/*
 * "12.5e3": digits to *n, and the power of ten that they are to be multiplied
 * by.  Returns where they end, NULL for too many.
 */
static const char *
parse_decimal(const char *s, uint64_t *n, int *power)
{
	const char *point = NULL, *begin = s;
	int e = 0, sign = 1;

	*n = 0;
	*power = 0;
	for (; (*s >= '0' && *s <= '9') || (*s == '.' && point == NULL); s++) {
		if (*s == '.') {
			point = s;
			continue;
		}
		if (*n > UINT64_MAX / 10 - 9)
			return NULL;
		*n = *n * 10 + (*s - '0');
		*power -= point != NULL;
	}
	if (s == begin || (*s != 'e' && *s != 'E'))
		return s;
	if (*++s == '-' || *s == '+')
		sign = *s++ == '-' ? -1 : 1;
	if (*s < '0' || *s > '9')
		return begin;
	for (; *s >= '0' && *s <= '9'; s++)
		if ((e = e * 10 + (*s - '0')) > 99)
			return NULL;
	*power += sign * e;
	return s;
}

int
amount_parse(const char *arg, struct amount *a, const char **why)
{
	uint64_t n, whole = 100;
	const char *s;
	int power;
	bool share;

	*why = "too many digits";
	s = parse_decimal(arg + strspn(arg, " \t"), &n, &power);
	if (s == NULL)
		return -1;
	*why = "neither a number nor a percentage";
	share = *s == '%';
	if (s == arg || s[share] != '\0')
		return -1;
	*why = "less than one";
	if (n == 0)
		return -1;
	for (; power < 0 && n % 10 == 0; power++)
		n /= 10;
	*why = "not a whole number";
	if (power < 0 && !share)
		return -1;
	*why = "too many digits";
	for (; power < 0; power++)
		if ((whole *= 10) > WHOLE_MAX)
			return -1;
	for (; power > 0; power--) {
		if (n > UINT64_MAX / 10)
			return -1;
		n *= 10;
	}
	*why = "over 100%";
	if (share && n > whole)
		return -1;
	*a = (struct amount){ .n = n, .whole = share ? whole : 0 };
	return 0;
}
