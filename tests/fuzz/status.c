/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Status lines: whatever stages say, what zmap-status makes of it is text that
 * a terminal may have, metadata that is JSON, and ready in bounded time.
 */
#include <json-c/json.h>
#include <stdbool.h>
#include <string.h>

#include "fuzz.h"
#include "show/progress.h"
#include "show/record.h"
#include "show/reports.h"

/* Printable, and the newlines and tabs that we put there. */
static void
check_text(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		HOLDS(
		    (unsigned char)s[i] >= ' ' || s[i] == '\n' || s[i] == '\t');
}

static void
check_record(const struct reports *f, const struct progress *p)
{
	struct json_object *o;
	char *text;
	size_t n;
	FILE *file;

	file = open_memstream(&text, &n);
	HOLDS(file != NULL && record_metadata(file, f, p) == 0);
	fclose(file);
	HOLDS(n > 0 && text[n - 1] == '\n');
	text[n - 1] = '\0';
	HOLDS(record_parse(text, &o) == 0);
	json_object_put(o);
	free(text);
	file = open_memstream(&text, &n);
	HOLDS(file != NULL);
	record_summary(file, f, p);
	record_prometheus(file, f, p);
	fclose(file);
	check_text(text, n);
	free(text);
}

static void
look(struct reports *f, struct progress *p, double now, bool over)
{
	struct progress before = *p;
	char text[1024];

	progress_compute(p, &before, f, now, over);
	progress_line(p, text, sizeof text);
	HOLDS(strlen(text) < 512);
	check_text(text, strlen(text));
	progress_csv(p, text, sizeof text);
	HOLDS(strlen(text) < sizeof text - 1);
	progress_warning(p, text, sizeof text);
}

static int
fuzz_one(const uint8_t *p, size_t n)
{
	struct reports f = { .nshards = 0 };
	struct progress progress = { .percent = 0 };
	const uint8_t *end = p + n, *nl;
	double now = 1.7e9;
	const char *why;

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', end - p);
		if (nl == NULL)
			break;
		if (reports_line(&f, (const char *)p, nl - p, now, &why) == -1)
			HOLDS(why[0] != '\0');
		now += 0.4;
		if (f.started)
			look(&f, &progress, now, false);
	}
	look(&f, &progress, now, true);
	check_record(&f, &progress);
	reports_free(&f);
	return 0;
}

FUZZ_TARGET(fuzz_one)
