/* SPDX-License-Identifier: Apache-2.0 */
/* Files that a command line names; see files.h. */
#include "cli/files.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum use { NEITHER, READ, WRITTEN };

/* A checkpoint is read by --resume and written again: that is its use. */
static enum use
use_of(enum option_id id)
{
	switch (id) {
	case OPT_ALIASED:
	case OPT_BLACKLIST_FILE:
	case OPT_CONFIG:
	case OPT_EXCLUDE:
	case OPT_LIST_OF_IPS_FILE:
	case OPT_NON_ALIASED:
	case OPT_WHITELIST_FILE:
		return READ;
	case OPT_CHECKPOINT:
	case OPT_LOG_FILE:
	case OPT_METADATA_FILE:
	case OPT_OUTPUT_FILE:
	case OPT_PROMETHEUS:
	case OPT_RESUME:
	case OPT_STATUS_FILE:
	case OPT_STATUS_UPDATES_FILE:
	case OPT_WRITE_PCAP:
	case OPT_WRITE_STREAM:
		return WRITTEN;
	default:
		return NEITHER;
	}
}

static bool
is_checkpoint(const struct setting *s)
{
	return s->def->id == OPT_CHECKPOINT || s->def->id == OPT_RESUME;
}

/* A device or a pipe may be used by several. */
static bool
files_same_file(const struct stat *a, const struct stat *b)
{
	return S_ISREG(a->st_mode) && a->st_dev == b->st_dev &&
	    a->st_ino == b->st_ino;
}

static bool
files_same(const struct setting *a, const struct setting *b)
{
	struct stat x, y;

	if (strcmp(a->value, "-") == 0 || strcmp(b->value, "-") == 0)
		return false;
	if (stat(a->value, &x) == -1 || stat(b->value, &y) == -1)
		return strcmp(a->value, b->value) == 0;
	return files_same_file(&x, &y);
}

static bool
is_stdin(const struct setting *s)
{
	struct stat in, st;

	return fstat(STDIN_FILENO, &in) == 0 && stat(s->value, &st) == 0 &&
	    files_same_file(&in, &st);
}

/* The first other setting of the same file that must not be. */
static const struct setting *
files_rival(const struct config *c, const struct setting *out)
{
	const struct setting *s, *end = c->settings + c->count;
	enum use use;

	for (s = c->settings; s < end; s++) {
		use = s->replaced || s->off ? NEITHER : use_of(s->def->id);
		/* of two outputs, the later one looks at the earlier */
		if (use == NEITHER || (use == WRITTEN && s >= out) ||
		    (is_checkpoint(s) && is_checkpoint(out)))
			continue;
		if (files_same(s, out))
			return s;
	}
	return NULL;
}

int
files_check(const struct config *c, char *why, size_t size)
{
	const struct setting *s, *other, *end = c->settings + c->count;

	for (s = c->settings; s < end; s++) {
		if (s->replaced || s->off || use_of(s->def->id) != WRITTEN)
			continue;
		if (is_stdin(s)) {
			snprintf(why, size,
			    "--%s %s: this file is read as stdin; write to another one",
			    s->def->name, s->value);
			return -1;
		}
		other = files_rival(c, s);
		if (other == NULL)
			continue;
		snprintf(why, size,
		    "--%s %s: this is the file of --%s; write to another one",
		    s->def->name, s->value, other->def->name);
		return -1;
	}
	return 0;
}
