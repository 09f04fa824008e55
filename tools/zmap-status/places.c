/* SPDX-License-Identifier: Apache-2.0 */
/* Status lines of places that are followed; see display.h. */
#include "tools/zmap-status/display.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/tool.h"

struct place {
	char scan[64];
	unsigned long shard;
	bool complained;
};

/* The text behind a key, up to a quote or comma. */
static void
peek(const char *line, size_t n, const char *key, char *buf, size_t size)
{
	const char *at = memmem(line, n, key, strlen(key)), *end = line + n;
	size_t i = 0;

	if (at != NULL)
		for (at += strlen(key); at < end && i + 1 < size &&
		     *at != '"' && *at != ',' && *at != '}';
		     at++)
			buf[i++] = *at;
	buf[i] = '\0';
}

/*
 * A place has one shard of one scan at a time; of an older one nothing is
 * shown.  Lines of stages that do not know their scan yet count nothing.
 */
static bool
status_is_current(struct display *d, struct place *p, const char *line,
    size_t n)
{
	char scan[64], shard[24];

	peek(line, n, "\"scan\":\"", scan, sizeof scan);
	peek(line, n, "\"shard\":", shard, sizeof shard);
	if (scan[0] == '\0')
		return memmem(line, n, "\"options\":", 10) != NULL ||
		    memmem(line, n, "\"defaults\":", 11) != NULL;
	if (p->scan[0] != '\0' && strcmp(p->scan, scan) != 0)
		reports_forget(&d->reports, p->scan, p->shard);
	snprintf(p->scan, sizeof p->scan, "%s", scan);
	p->shard = strtoul(shard, NULL, 10);
	return true;
}

void
status_take_followed(void *ctx, const struct follow_line *l)
{
	struct display *d = ctx;
	struct place *p;
	const char *why;

	if (*l->memory == NULL &&
	    (*l->memory = calloc(1, sizeof(struct place))) == NULL)
		return;
	p = *l->memory;
	if (!status_is_current(d, p, l->text, l->len) ||
	    reports_line(&d->reports, l->text, l->len, status_wall(), &why) ==
		0)
		return;
	/* a crash may leave half a line in the middle */
	if (!p->complained)
		log_say(&d->log, LOG_LEVEL_WARN, "%s: %s: left out", l->place,
		    why);
	p->complained = true;
}

void
status_add_places(struct display *d, char **names)
{
	char why[512];

	if (*names == NULL)
		return;
	d->places = follow_new();
	if (d->places == NULL)
		err(EXIT_FAILURE, NULL);
	d->reports.live = true;
	for (; *names != NULL; names++) {
		if (follow_add(d->places, *names, why, sizeof why) == -1)
			errx(TOOL_MISUSED, "%s", why);
		if (strchr(*names, ':') == NULL && access(*names, F_OK) == -1)
			log_say(&d->log, LOG_LEVEL_WARN,
			    "%s: not there yet, waiting for it", *names);
	}
}
