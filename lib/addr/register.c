/* SPDX-License-Identifier: Apache-2.0 */
/* Opt-outs with their owners; see register.h. */
#include "addr/register.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/replace.h"

const char *const register_names[REGISTER_FIELDS] = {
	[REGISTER_OWNER] = "owner",
	[REGISTER_SINCE] = "since",
	[REGISTER_UNTIL] = "until",
	[REGISTER_VERIFIED] = "verified",
	[REGISTER_NOTE] = "note",
};

static int
register_fail(struct reg *r, const char *what, const char *why)
{
	snprintf(r->why, sizeof r->why, "%.300s: %.300s", what, why);
	return -1;
}

/* --- values --- */

static bool
is_date(const char *s)
{
	struct tm tm = { 0 };
	const char *end = strptime(s, "%Y-%m-%d", &tm);
	char again[16];

	/* 30 February is read, and means another day */
	if (strlen(s) != 10 || end == NULL || *end != '\0' || timegm(&tm) == -1)
		return false;
	strftime(again, sizeof again, "%Y-%m-%d", &tm);
	return strcmp(again, s) == 0;
}

int
register_check(enum register_field field, const char *value, const char **why)
{
	const unsigned char *p = (const unsigned char *)value;

	*why = "not a date such as 2026-12-31";
	if ((field == REGISTER_SINCE || field == REGISTER_UNTIL) &&
	    !is_date(value))
		return -1;
	*why = "a value is one line of text without ;";
	for (; *p != '\0'; p++)
		if (*p < ' ' || *p == 0x7f || *p == ';')
			return -1;
	return 0;
}

/* --- addresses --- */

static unsigned __int128
first_of(const struct list_entry *e)
{
	return e->family == 6 ? ip6_number(e->first6) : e->first;
}

static unsigned __int128
last_of(const struct list_entry *e)
{
	return e->family == 6 ? ip6_number(e->last6) : e->last;
}

bool
register_covers(const struct list_entry *a, const struct list_entry *b)
{
	return a->family == b->family && first_of(a) <= first_of(b) &&
	    last_of(a) >= last_of(b);
}

bool
register_touches(const struct list_entry *a, const struct list_entry *b)
{
	return a->family == b->family && first_of(a) <= last_of(b) &&
	    last_of(a) >= first_of(b);
}

/* By family, first address, and the larger network first. */
static int
register_compare(const void *pa, const void *pb)
{
	const struct list_entry *a = &((const struct register_entry *)pa)->net;
	const struct list_entry *b = &((const struct register_entry *)pb)->net;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	if (first_of(a) != first_of(b))
		return first_of(a) < first_of(b) ? -1 : 1;
	if (last_of(a) != last_of(b))
		return last_of(a) > last_of(b) ? -1 : 1;
	return 0;
}

int
register_network(struct reg *r, const char *text, struct list_entry *e)
{
	struct list l;
	int rc;

	if (list_text(&l, text) == -1)
		return register_fail(r, text, l.why);
	rc = list_next(&l, e);
	list_close(&l);
	if (rc != LIST_ENTRY || e->port != LIST_NOPORT ||
	    (e->family == 6 && e->part != IP6_BITS))
		return register_fail(r, text,
		    "not an address, a prefix or a range, such as 192.0.2.0/24");
	return 0;
}

/* --- the file --- */

static int
no_memory(struct reg *r)
{
	return register_fail(r, "memory", strerror(ENOMEM));
}

/* Appends a line and its end to a text, which may be NULL. */
static int
register_append(struct reg *r, char **text, const char *line)
{
	char *longer;

	if (asprintf(&longer, "%s%s\n", *text != NULL ? *text : "", line) == -1)
		return no_memory(r);
	free(*text);
	*text = longer;
	return 0;
}

static void
forget(struct register_entry *e)
{
	free(e->network);
	free(e->above);
	for (int i = 0; i < REGISTER_FIELDS; i++)
		free(e->field[i]);
}

static int
store(struct reg *r, const struct register_entry *e)
{
	size_t room = r->room > 0 ? 2 * r->room : 64;
	struct register_entry *v = r->v;

	if (r->n == r->room) {
		v = reallocarray(r->v, room, sizeof *v);
		if (v == NULL)
			return no_memory(r);
		r->v = v;
		r->room = room;
	}
	r->v[r->n++] = *e;
	return 0;
}

static char *
register_trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	n = strlen(s);
	while (n > 0 && strchr(" \t\r\n", s[n - 1]) != NULL)
		n--;
	s[n] = '\0';
	return s;
}

/* "owner: X; since: Y" into fields; what is neither is a note. */
static int
read_fields(struct reg *r, struct register_entry *e, char *text)
{
	char *part, *save, *value;
	const char *name, *why;
	int i;

	for (part = strtok_r(text, ";", &save); part != NULL;
	     part = strtok_r(NULL, ";", &save)) {
		part = register_trim(part);
		if (*part == '\0')
			continue;
		for (i = 0; i < REGISTER_FIELDS; i++) {
			name = register_names[i];
			if (strncmp(part, name, strlen(name)) == 0 &&
			    part[strlen(name)] == ':' && e->field[i] == NULL)
				break;
		}
		value = part;
		if (i < REGISTER_FIELDS)
			value = register_trim(
			    part + strlen(register_names[i]) + 1);
		else if (e->field[i = REGISTER_NOTE] != NULL)
			continue;
		if (register_check(i, value, &why) == -1)
			return register_fail(r, value, why);
		e->field[i] = strdup(value);
		if (e->field[i] == NULL)
			return no_memory(r);
	}
	return 0;
}

/* Whether a list would take this for a name of hosts, which is not ours. */
static bool
is_name(const char *s)
{
	return strpbrk(s, "ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ") != NULL;
}

static int
read_line(struct reg *r, char *line, char **above)
{
	struct register_entry e = { 0 };
	char whole[4096], *comment, *network;

	snprintf(whole, sizeof whole, "%s", register_trim(line));
	network = register_trim(line);
	comment = network + strcspn(network, "#;");
	if (*comment != '\0')
		*comment++ = '\0';
	network = register_trim(network);
	if (*whole == '\0' && r->n == 0 && r->head == NULL) {
		r->head = *above;
		*above = NULL;
		return register_append(r, &r->head, "");
	}
	if (*network == '\0')
		return register_append(r, above, whole);
	if (is_name(network))
		return register_append(r, &r->names, whole);
	if (register_network(r, network, &e.net) == -1)
		return -1;
	e.network = strdup(network);
	if (e.network == NULL)
		return no_memory(r);
	if (read_fields(r, &e, comment) == -1 || store(r, &e) == -1) {
		forget(&e);
		return -1;
	}
	r->v[r->n - 1].above = *above;
	*above = NULL;
	return 0;
}

static int
read_all(struct reg *r)
{
	FILE *f = fdopen(dup(r->fd), "r");
	char *line = NULL, *above = NULL, where[sizeof r->why];
	unsigned long number = 0;
	size_t room = 0;
	ssize_t n;
	int rc = 0;

	if (f == NULL)
		return register_fail(r, r->path, strerror(errno));
	while (rc == 0 && (n = getline(&line, &room, f)) != -1) {
		number++;
		if ((size_t)n != strlen(line) || n > 4000)
			rc = register_fail(r, "line",
			    "too long, or with a NUL in it");
		else
			rc = read_line(r,
			    line +
				(number == 1 &&
					    strncmp(line, "\xef\xbb\xbf", 3) ==
						0 ?
					3 :
					0),
			    &above);
	}
	if (rc == 0 && ferror(f))
		rc = register_fail(r, r->path, strerror(errno));
	else if (rc == -1) {
		snprintf(where, sizeof where, "%.300s:%lu: %.300s", r->path,
		    number, r->why);
		memcpy(r->why, where, sizeof where);
	}
	r->below = above;
	free(line);
	fclose(f);
	if (r->n > 0)
		qsort(r->v, r->n, sizeof *r->v, register_compare);
	return rc;
}

/* Is the file that we have open still the one of this name? */
static bool
is_current(const struct reg *r)
{
	struct stat ours, now;

	return fstat(r->fd, &ours) == 0 && stat(r->path, &now) == 0 &&
	    ours.st_ino == now.st_ino && ours.st_dev == now.st_dev;
}

int
register_open(struct reg *r, const char *path, bool changes)
{
	char *real = realpath(path, NULL);

	*r = (struct reg){ .fd = -1, .changes = changes };
	snprintf(r->path, sizeof r->path, "%s", real != NULL ? real : path);
	free(real);
	do {
		if (r->fd != -1)
			close(r->fd);
		r->fd = open(r->path,
		    (changes ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC, 0644);
		if (r->fd == -1 ||
		    flock(r->fd, changes ? LOCK_EX : LOCK_SH) == -1)
			return register_fail(r, path, strerror(errno));
	} while (!is_current(r));
	return read_all(r);
}

static void
write_entry(FILE *f, const struct register_entry *e)
{
	const char *before = "\t# ";

	fprintf(f, "%s%s", e->above != NULL ? e->above : "", e->network);
	for (int i = 0; i < REGISTER_FIELDS; i++) {
		if (e->field[i] == NULL)
			continue;
		fprintf(f, "%s%s: %s", before, register_names[i], e->field[i]);
		before = "; ";
	}
	fputc('\n', f);
}

int
register_save(struct reg *r)
{
	struct replace file;
	struct stat st;

	if (fstat(r->fd, &st) == -1 ||
	    replace_begin(&file, r->path, st.st_mode & 0777) == -1)
		return register_fail(r, r->path, strerror(errno));
	qsort(r->v, r->n, sizeof *r->v, register_compare);
	fputs(r->head != NULL ? r->head : "", file.f);
	for (size_t i = 0; i < r->n; i++)
		write_entry(file.f, &r->v[i]);
	fprintf(file.f, "%s%s", r->names != NULL ? r->names : "",
	    r->below != NULL ? r->below : "");
	if (replace_end(&file, true) == -1)
		return register_fail(r, r->path, strerror(errno));
	return 0;
}

void
register_close(struct reg *r)
{
	for (size_t i = 0; i < r->n; i++)
		forget(&r->v[i]);
	free(r->v);
	free(r->names);
	free(r->head);
	free(r->below);
	if (r->fd != -1)
		close(r->fd);
	*r = (struct reg){ .fd = -1 };
}

/* --- changes --- */

void
register_remove(struct reg *r, size_t i)
{
	struct register_entry *e = &r->v[i];

	/* what stands above it may be of those behind it, too */
	if (e->above != NULL && i + 1 < r->n && r->v[i + 1].above == NULL) {
		r->v[i + 1].above = e->above;
		e->above = NULL;
	}
	forget(e);
	memmove(e, e + 1, (--r->n - i) * sizeof *e);
}

static int
set_field(struct reg *r, struct register_entry *e, int i, const char *value)
{
	char *copy;

	if (value == NULL)
		return 0;
	copy = strdup(value);
	if (copy == NULL)
		return no_memory(r);
	free(e->field[i]);
	e->field[i] = copy;
	return 0;
}

static bool
same_owner(const struct register_entry *e, const char *owner)
{
	const char *theirs = e->field[REGISTER_OWNER];

	return owner == NULL || theirs == NULL || strcmp(theirs, owner) == 0;
}

int
register_add(struct reg *r, const char *network,
    const char *const field[REGISTER_FIELDS])
{
	const char *owner = field[REGISTER_OWNER];
	struct register_entry new = { 0 }, *e = NULL;
	size_t i;

	if (register_network(r, network, &new.net) == -1)
		return -1;
	for (i = 0; i < r->n && e == NULL; i++)
		if (register_compare(&r->v[i], &new) == 0)
			e = &r->v[i];
		else if (register_covers(&r->v[i].net, &new.net) &&
		    same_owner(&r->v[i], owner))
			return 1;
	if (e == NULL) {
		new.network = strdup(network);
		if (new.network == NULL || store(r, &new) == -1)
			return no_memory(r);
		e = &r->v[r->n - 1];
	}
	for (i = 0; i < REGISTER_FIELDS; i++)
		if ((i != REGISTER_SINCE || e->field[i] == NULL) &&
		    set_field(r, e, i, field[i]) == -1)
			return -1;
	for (i = r->n; i-- > 0;)
		if (register_compare(&r->v[i], &new) != 0 &&
		    register_covers(&new.net, &r->v[i].net) &&
		    same_owner(&r->v[i], owner))
			register_remove(r, i);
	return 0;
}
