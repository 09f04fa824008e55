/* SPDX-License-Identifier: Apache-2.0 */
/* Status lines of places that are followed; see display.h. */
#include "tools/zmap-status/display.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/tool.h"

void
status_take_followed(void *ctx, const struct follow_line *l)
{
	struct display *d = ctx;
	const char *why;

	/* a crash may leave half a line in the middle */
	if (scans_take(&d->scans, l, status_wall(), &why) == -1)
		log_say(&d->log, LOG_LEVEL_WARN, "%s: %s: left out", l->place,
		    why);
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
	for (; *names != NULL; names++) {
		if (follow_add(d->places, *names, why, sizeof why) == -1)
			errx(TOOL_MISUSED, "%s", why);
		if (strchr(*names, ':') == NULL && access(*names, F_OK) == -1)
			log_say(&d->log, LOG_LEVEL_WARN,
			    "%s: not there yet, waiting for it", *names);
	}
}
