/* SPDX-License-Identifier: Apache-2.0 */
/* Usage and help from the table of options; see help.h. */
#include "cli/help.h"

#include <string.h>

#include "cli/option.h"

#define INDENT 33 /* of the help for an option */
#define WIDTH  79

static const char *const groups[] = {
	[GROUP_COMMON] = "Common options",
	[GROUP_TARGETS] = "Options for what is scanned",
	[GROUP_SCAN] = "Scan options",
	[GROUP_NETWORK] = "Network options",
	[GROUP_PROBE] = "Probe options",
	[GROUP_RESULTS] = "Results options",
	[GROUP_HOSTS] = "Options for hosts to talk to",
	[GROUP_TALK] = "Options for what is said, and how long to listen",
	[GROUP_RULE] = "Options for the scan and the kernel's rule",
	[GROUP_MONITOR] = "Logging and status options",
	[GROUP_ADDITIONAL] = "Additional options",
};

/* Adds a word to the synopsis, in lines of under 80 columns. */
static void
help_word(FILE *f, size_t *column, size_t indent, const char *w)
{
	if (*column + 1 + strlen(w) > 78) {
		fprintf(f, "\n%*s", (int)indent, "");
		*column = indent;
	}
	*column += fprintf(f, " %s", w);
}

void
help_synopsis(FILE *f, const struct program *p)
{
	const struct option_def *d;
	size_t column, indent, n = 0;
	char w[96], flags[64];

	column = fprintf(f, "usage: %s", p->name);
	indent = column;
	for (d = p->table; d->name != NULL; d++)
		if (option_takes(p->stage, d) && d->letter != 0 &&
		    d->arg == NULL)
			flags[n++] = d->letter;
	if (n > 0) {
		flags[n] = '\0';
		snprintf(w, sizeof w, "[-%s]", flags);
		help_word(f, &column, indent, w);
	}
	for (d = p->table; d->name != NULL; d++) {
		if (!option_takes(p->stage, d) ||
		    (d->letter != 0 && d->arg == NULL))
			continue;
		if (d->letter != 0)
			snprintf(w, sizeof w, "[-%c %s]", d->letter, d->arg);
		else if (d->arg == NULL)
			snprintf(w, sizeof w, "[--%s]", d->name);
		else if (d->arg[0] == '[')
			snprintf(w, sizeof w, "[--%s[=%s]", d->name,
			    d->arg + 1);
		else
			snprintf(w, sizeof w, "[--%s %s]", d->name, d->arg);
		help_word(f, &column, indent, w);
	}
	if (p->operands != NULL)
		help_word(f, &column, indent, p->operands);
	fputc('\n', f);
}

/* Words from *column on, in lines that are indented. */
static void
help_wrap(FILE *f, size_t *column, size_t indent, const char *text)
{
	size_t n;

	for (; *text != '\0'; text += n + strspn(text + n, " ")) {
		n = strcspn(text, " ");
		if (*column + 1 + n > WIDTH) {
			fprintf(f, "\n%*s", (int)indent, "");
			*column = indent;
		}
		*column += fprintf(f, "%s%.*s", *column > indent ? " " : "",
		    (int)n, text);
	}
}

/* " (full, window or none; default: full)" */
static void
limits(const struct option_def *d, char *buf, size_t size)
{
	/* what a rate may be as well, its sentence says */
	const char *w = d->type == ARG_RATE ? NULL : d->words;
	size_t n, at = 0;

	buf[0] = '\0';
	while (w != NULL && *w != '\0' && at < size) {
		n = strcspn(w, " ");
		at += snprintf(buf + at, size - at, "%s%.*s",
		    at == 0	     ? "(" :
			w[n] == '\0' ? " or " :
				       ", ",
		    (int)n, w);
		w += n + strspn(w + n, " ");
	}
	if (d->standard != NULL && at < size)
		at += snprintf(buf + at, size - at, "%sdefault: %s",
		    at == 0 ? "(" : "; ", d->standard);
	if (at > 0 && at < size)
		snprintf(buf + at, size - at, ")");
}

static void
help_line(FILE *f, const struct option_def *d)
{
	char left[80], more[160];
	size_t column = INDENT;
	int n;

	if (d->letter != 0)
		n = snprintf(left, sizeof left, "-%c, ", d->letter);
	else
		n = snprintf(left, sizeof left, "    ");
	n += snprintf(left + n, sizeof left - n, "--%s", d->name);
	if (d->arg != NULL)
		snprintf(left + n, sizeof left - n,
		    d->arg[0] == '[' ? "[=%s" : "=%s",
		    d->arg[0] == '[' ? d->arg + 1 : d->arg);
	if (strlen(left) > INDENT - 3)
		fprintf(f, "  %s\n%*s", left, INDENT, "");
	else
		fprintf(f, "  %-*s", INDENT - 2, left);
	limits(d, more, sizeof more);
	help_wrap(f, &column, INDENT, d->help);
	help_wrap(f, &column, INDENT, more);
	fputc('\n', f);
}

static void
help_group(FILE *f, const struct program *p, unsigned g)
{
	const struct option_def *d;
	bool any = false;

	for (d = p->table; d->name != NULL; d++) {
		if (d->group != g || !option_takes(p->stage, d))
			continue;
		if (!any)
			fprintf(f, "\n%s:\n", groups[g]);
		any = true;
		help_line(f, d);
	}
}

void
help_print(FILE *f, const struct program *p)
{
	size_t column = 0;
	unsigned g;

	help_synopsis(f, p);
	fputc('\n', f);
	help_wrap(f, &column, 0, p->about);
	fputc('\n', f);
	for (g = 0; g < sizeof groups / sizeof *groups; g++)
		help_group(f, p, g);
}

void
help_short(FILE *f, const struct program *p, const char *examples)
{
	size_t column = 0;

	help_wrap(f, &column, 0, p->about);
	fprintf(f, "\n\n%s\nusage: %s [option ...] %s\n", examples, p->name,
	    p->operands);
	help_group(f, p, GROUP_COMMON);
	fprintf(f,
	    "\n%s -h all lists all options, %s -M NAME -h tells of a probe module.\n",
	    p->name, p->name);
}
