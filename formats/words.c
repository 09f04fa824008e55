/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and times as people read them; see words.h. */
#include "formats/words.h"

#include <time.h>

#include "base/clock.h"
#include "base/output.h"

void
words_count(struct output *o, uint64_t n)
{
	char text[40], *at = text + sizeof text;
	int digits = 0;

	*--at = '\0';
	do {
		if (digits > 0 && digits % 3 == 0)
			*--at = ',';
		*--at = (char)('0' + n % 10);
		digits++;
	} while ((n /= 10) > 0);
	output_text(o, at);
}

void
words_time(struct output *o, uint64_t ns)
{
	time_t t = (time_t)(ns / SECOND);
	char text[40] = "";
	struct tm tm;

	if (localtime_r(&t, &tm) != NULL)
		strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z", &tm);
	output_text(o, text);
}
