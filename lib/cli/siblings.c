/* SPDX-License-Identifier: Apache-2.0 */
/* The other blacklist beside a configuration file; see siblings.h. */
#include "cli/siblings.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The length of the directory's name, slash included; 0: there is none. */
static size_t
directory(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? 0 : (size_t)(slash + 1 - path);
}

static const char *
other_name(const char *name)
{
	if (strcmp(name, "blocklist.conf") == 0)
		return "blacklist.conf";
	return strcmp(name, "blacklist.conf") == 0 ? "blocklist.conf" : NULL;
}

/* Is it there, and no list of the configuration by whatever name? */
static bool
is_new(const struct config *c, const char *path)
{
	const struct setting *s, *end = c->settings + c->count;
	struct stat a, b;

	if (stat(path, &a) == -1)
		return false;
	for (s = c->settings; s < end; s++)
		if (s->def->id == OPT_BLACKLIST_FILE && s->value != NULL &&
		    stat(s->value, &b) == 0 && a.st_dev == b.st_dev &&
		    a.st_ino == b.st_ino)
			return false;
	return true;
}

int
siblings_add(struct config *c, const char *path)
{
	char other[PATH_MAX], where[PATH_MAX + 16];
	const struct setting *s;
	const char *name;
	size_t i, n = directory(path), count = c->count;

	for (i = 0; i < count; i++) {
		s = &c->settings[i];
		if (s->def->id != OPT_BLACKLIST_FILE ||
		    s->source != CONFIG_FILE || s->value == NULL ||
		    directory(s->value) != n || memcmp(s->value, path, n) != 0)
			continue;
		name = other_name(s->value + n);
		if (name == NULL ||
		    (size_t)snprintf(other, sizeof other, "%.*s%s", (int)n,
			path, name) >= sizeof other ||
		    !is_new(c, other))
			continue;
		snprintf(where, sizeof where, "beside %s", s->value + n);
		if (config_add(c, s->def, other, CONFIG_FILE, where) == -1)
			return -1;
	}
	return 0;
}
