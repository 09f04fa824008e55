/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of a status line, left out one by one; see fit.h. */
#include "show/fit.h"

#include <string.h>

#define END "; " /* of a part */

static void
fit_cut(char *from, const char *to)
{
	memmove(from, to, strlen(to) + 1);
}

/* " (1.1 Kp/s avg)", all of them */
static void
cut_averages(char *line)
{
	char *open, *close;

	while ((close = strstr(line, " avg)")) != NULL) {
		*close = '\0';
		open = strrchr(line, '(');
		*close = ' ';
		if (open == NULL || open == line)
			return;
		fit_cut(open - 1, close + strlen(" avg)"));
	}
}

/* The part that begins so, up to the next; the last one with what is before. */
static void
cut_part(char *line, const char *name)
{
	char *part = strstr(line, name), *next;

	if (part == NULL)
		return;
	next = strstr(part, END);
	if (next != NULL)
		fit_cut(part, next + strlen(END));
	else if (part >= line + strlen(END))
		part[-(int)strlen(END)] = '\0';
}

void
fit(char *line, size_t width, bool drops)
{
	static const char *const parts[] = { "drops: ", "app success: ",
		"app hits: ", "recv: ", "send: ", "drops: ", NULL };
	size_t i;
	char *head;

	if (strlen(line) >= width)
		cut_averages(line);
	for (i = drops ? 1 : 0; parts[i] != NULL && strlen(line) >= width; i++)
		cut_part(line, parts[i]);
	head = strstr(line, END);
	if (strlen(line) >= width && head != NULL)
		fit_cut(line, head + strlen(END));
}
