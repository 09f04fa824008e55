/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One text made of another, line by line; see settle.h.  What the lines mean
 * is the concern of checkpoint.c, but for those that change.
 */
#include "scan/settle.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/replace.h"

static bool
begins(const char *line, const char *word)
{
	return strncmp(line, word, strlen(word)) == 0;
}

/* Its "sent" line, blank included; false if it has none, or no end. */
static bool
find_sent(FILE *f, char *number, size_t size)
{
	char line[256];
	bool found = false, ended = false;

	if (fgets(line, sizeof line, f) == NULL ||
	    !begins(line, "zmap-checkpoint "))
		return false;
	while (!ended && fgets(line, sizeof line, f) != NULL) {
		ended = strcmp(line, "end\n") == 0;
		if (!begins(line, "sent "))
			continue;
		snprintf(number, size, "%s", line + strlen("sent "));
		found = true;
	}
	return found && ended;
}

enum settle_state
settle_look(const char *path)
{
	enum settle_state state = SETTLE_UNFINISHED;
	FILE *f = fopen(path, "re");
	bool ended = false;
	char line[256];

	if (f == NULL)
		return SETTLE_NONE;
	if (fgets(line, sizeof line, f) != NULL &&
	    begins(line, "zmap-checkpoint "))
		while (!ended && fgets(line, sizeof line, f) != NULL) {
			ended = strcmp(line, "end\n") == 0;
			if (strcmp(line, "done\n") == 0)
				state = SETTLE_DONE;
		}
	fclose(f);
	return ended ? state : SETTLE_NONE;
}

static void
settle_copy(FILE *from, FILE *to, const char *number)
{
	char line[256];

	while (fgets(line, sizeof line, from) != NULL)
		if (begins(line, "position "))
			fprintf(to, "position %s", number);
		else if (strcmp(line, "drained\n") == 0)
			fputs("done\n", to);
		else if (!begins(line, "sent "))
			fputs(line, to);
}

int
settle_checkpoint(const char *path, char *why, size_t size)
{
	struct replace r;
	char number[256];
	FILE *f = fopen(path, "re");
	int rc = 0;

	if (f == NULL) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (find_sent(f, number, sizeof number)) {
		rewind(f);
		rc = replace_begin(&r, path, 0644);
		if (rc == 0) {
			settle_copy(f, r.f, number);
			rc = replace_end(&r, true);
		}
		if (rc == -1)
			snprintf(why, size, "%s: %s", path, strerror(errno));
	}
	fclose(f);
	return rc;
}
