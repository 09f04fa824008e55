/* SPDX-License-Identifier: Apache-2.0 */
/* Reasons; see refuse.h. */
#include "base/refuse.h"

#include <stdarg.h>
#include <stdio.h>

int
refuse_with(char *why, size_t size, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(why, size, format, ap);
	va_end(ap);
	return -1;
}
