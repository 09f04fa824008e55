/* SPDX-License-Identifier: Apache-2.0 */
/* Lists from a command line; see lists.h. */
#include "targets/lists.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
lists_is_stdin(const struct lists_source *s)
{
	return s->is_path && strcmp(s->text, "-") == 0;
}

void
lists_init(struct lists *in)
{
	*in = (struct lists){ .resolver = { .fd = -1 } };
}

int
lists_add(struct lists *in, enum selection_part part, const char *text,
    bool is_path)
{
	struct lists_source *source, new = { part, text, is_path, -1 };

	in->why[0] = '\0';
	for (size_t i = 0; lists_is_stdin(&new) && i < in->n; i++)
		if (lists_is_stdin(&in->source[i])) {
			snprintf(in->why, sizeof in->why,
			    "stdin cannot be two lists at once");
			return -1;
		}
	/* a command line may have a hundred thousand of them */
	if ((in->n & (in->n - 1)) == 0) {
		source = reallocarray(in->source, in->n == 0 ? 1 : 2 * in->n,
		    sizeof *source);
		if (source == NULL)
			return -1;
		in->source = source;
	}
	in->source[in->n++] = new;
	return 0;
}

int
lists_ready(struct lists *in)
{
	struct lists_source *s;
	size_t i;

	for (i = 0; i < in->n; i++) {
		s = &in->source[i];
		if (!s->is_path)
			continue;
		s->fd = lists_is_stdin(s) ? STDIN_FILENO :
					    open(s->text, O_RDONLY | O_CLOEXEC);
		if (s->fd == -1) {
			snprintf(in->why, sizeof in->why, "%s: %s", s->text,
			    strerror(errno));
			return -1;
		}
	}
	return 0;
}

int
lists_open(struct lists *in, size_t i, struct list *l)
{
	const struct lists_source *s = &in->source[i];
	int rc = !s->is_path  ? list_text(l, s->text) :
	    lists_is_stdin(s) ? list_fd(l, "stdin", s->fd) :
				list_fd(l, s->text, s->fd);

	l->resolver = &in->resolver;
	l->family = in->family;
	l->all = s->part == SCOPE_BLOCK;
	if (rc == -1)
		memcpy(in->why, l->why, sizeof in->why);
	return rc;
}

/* A target that no host is: RFC 1122, 3.2.1.3, and RFC 4291, 2.5.2. */
static bool
is_no_host(const struct list *l, const struct list_entry *e)
{
	if (l->all)
		return false; /* a blacklist may say so */
	if (e->family == 4)
		return e->last == 0;
	return e->last6.hi == 0 && e->last6.lo == 0;
}

/* As list_next(), and an address that no host has is like an unknown name. */
static enum list_result
next_host(struct list *l, struct list_entry *e)
{
	enum list_result r = list_next(l, e);

	if (r != LIST_ENTRY || !is_no_host(l, e))
		return r;
	list_blame(l,
	    "0.0.0.0 and :: are no host's addresses: name networks to scan, or 0.0.0.0/0");
	return LIST_UNKNOWN_NAME;
}

int
lists_next(struct lists *in, struct list *l, struct list_entry *e)
{
	enum list_result r;

	while (
	    (r = next_host(l, e)) == LIST_UNKNOWN_NAME && in->unknown != NULL)
		in->unknown(l->why);
	if (r == LIST_ENTRY || r == LIST_END)
		return r == LIST_ENTRY;
	memcpy(in->why, l->why, sizeof in->why);
	return -1;
}

int
lists_refuse(struct lists *in, struct list *l, const char *why)
{
	in->why[0] = '\0';
	if (why != NULL) {
		list_blame(l, why);
		memcpy(in->why, l->why, sizeof in->why);
	}
	return -1;
}

/* A binary list of targets is taken as it is, instead of entry by entry. */
static int
take_map(struct lists *in, struct selection *scope, struct list *l,
    enum selection_part part)
{
	unsigned char *map = l->map;

	l->map = NULL;
	scope->entries6 += l->mapped;
	in->why[0] = '\0';
	return intake6_map(&scope->intake[part], map, l->mapped);
}

static void
tell_empty(struct lists *in, struct list *l)
{
	struct stat st;

	/* who gives /dev/null knows */
	if (in->empty == NULL || fstat(l->fd, &st) == -1 ||
	    !S_ISREG(st.st_mode))
		return;
	snprintf(in->why, sizeof in->why,
	    "%s: this blacklist names no networks: nothing is left out by it",
	    l->name);
	in->empty(in->why);
	in->why[0] = '\0';
}

static int
read_one(struct lists *in, struct selection *scope, size_t i)
{
	bool any = false;
	enum selection_part part = in->source[i].part;
	struct list_entry e;
	const char *why;
	struct list l;
	int rc;

	if (lists_open(in, i, &l) == -1)
		return -1;
	/* an empty list still is one: it allows, or blocks, nothing */
	scope->given[part] = true;
	if (l.map != NULL && part != SCOPE_BLOCK && in->family != 4) {
		rc = take_map(in, scope, &l, part);
		list_close(&l);
		return rc;
	}
	while ((rc = lists_next(in, &l, &e)) == 1) {
		any = true;
		if (selection_add(scope, part, &e, &why) == -1) {
			rc = lists_refuse(in, &l, why);
			break;
		}
	}
	in->skipped += l.skipped;
	if (part == SCOPE_BLOCK && rc == 0 && !any && l.skipped == 0)
		tell_empty(in, &l);
	list_close(&l);
	return rc;
}

int
lists_read(struct lists *in, struct selection *scope, unsigned parts)
{
	for (size_t i = 0; i < in->n; i++)
		if (parts & 1u << in->source[i].part &&
		    read_one(in, scope, i) == -1)
			return -1;
	return 0;
}

void
lists_resolved(struct lists *in)
{
	resolver_stop(&in->resolver);
}

void
lists_free(struct lists *in)
{
	lists_resolved(in);
	free(in->source);
	in->source = NULL;
}
