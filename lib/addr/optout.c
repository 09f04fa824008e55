/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live opt-outs; see exclude.h.
 *
 * A reload makes a new set and swaps a pointer.  A thread may still be looking
 * at the set of before, for some nanoseconds, so a set outlives the next four
 * reloads; the keeper takes most of a second at least for these.
 */
#include "addr/optout.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "addr/list.h"
#include "addr/networks.h"

#define OLD 4 /* sets that are kept for slow threads */

struct optout {
	const char *path;
	struct stat read; /* the file that was read last */
	struct stat seen; /* ... that was looked at last */
	struct networks *_Atomic now;
	struct networks *old[OLD];
};

static void
drop(struct networks *r)
{
	if (r != NULL)
		networks_free(r);
	free(r);
}

static int
read_list(struct list *l, struct networks *r, char *why, size_t size)
{
	enum list_result result;
	struct list_entry entry;

	while ((result = list_next(l, &entry)) == LIST_ENTRY) {
		if (entry.port != LIST_NOPORT) {
			list_blame(l, "an address is left out on all ports");
			break;
		}
		if (networks_add(r, &entry) == -1) {
			snprintf(why, size, "%s: %s", l->name, strerror(errno));
			return -1;
		}
	}
	if (result != LIST_END) {
		snprintf(why, size, "%s", l->why);
		return -1;
	}
	networks_normalise(r);
	return 0;
}

static struct networks *
load(const char *path, char *why, size_t size)
{
	struct networks *r = calloc(1, sizeof *r);
	struct list l;

	if (r == NULL) {
		snprintf(why, size, "%s: out of memory", path);
		return NULL;
	}
	if (list_open(&l, path) == -1) {
		snprintf(why, size, "%s", l.why);
		free(r);
		return NULL;
	}
	if (read_list(&l, r, why, size) == -1) {
		drop(r);
		r = NULL;
	}
	list_close(&l);
	return r;
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int
optout_reload(struct optout *e, bool always, char *why, size_t size)
{
	struct networks *fresh;
	struct stat st;

	/* looked at first: what changes while it is read is read again */
	if (stat(e->path, &st) == -1) {
		snprintf(why, size, "%s: %s", e->path, strerror(errno));
		/* said once; when it is back it counts as changed */
		if (!always && e->read.st_ino == 0)
			return 0;
		memset(&e->read, 0, sizeof e->read);
		return -1;
	}
	if (!always && same_file(&st, &e->read))
		return 0;
	/* who is still writing it has to be done first */
	if (!always && !same_file(&st, &e->seen)) {
		e->seen = st;
		return 0;
	}
	/* a pipe would be empty the second time */
	if (!S_ISREG(st.st_mode)) {
		snprintf(why, size, "%s: not a regular file", e->path);
		e->read = st;
		return -1;
	}
	e->read = st;
	fresh = load(e->path, why, size);
	if (fresh == NULL)
		return -1;
	drop(e->old[OLD - 1]);
	memmove(e->old + 1, e->old, (OLD - 1) * sizeof *e->old);
	e->old[0] = atomic_exchange(&e->now, fresh);
	return 1;
}

struct optout *
optout_open(const char *path, char *why, size_t size)
{
	struct optout *e = calloc(1, sizeof *e);

	if (e == NULL) {
		snprintf(why, size, "%s: out of memory", path);
		return NULL;
	}
	e->path = path;
	if (optout_reload(e, true, why, size) != 1) {
		free(e);
		return NULL;
	}
	return e;
}

void
optout_free(struct optout *e)
{
	size_t i;

	if (e == NULL)
		return;
	drop(atomic_load(&e->now));
	for (i = 0; i < OLD; i++)
		drop(e->old[i]);
	free(e);
}

uint64_t
optout_addresses(const struct optout *e)
{
	return ranges_count(&atomic_load(&e->now)->four);
}

bool
optout_has(const struct optout *e, uint32_t address)
{
	struct networks *now = atomic_load_explicit(&e->now,
	    memory_order_acquire);

	return ranges_contain(&now->four, address);
}

bool
optout_has6(const struct optout *e, struct ip6 address)
{
	struct networks *now = atomic_load_explicit(&e->now,
	    memory_order_acquire);

	return ranges6_contain(&now->six, address);
}
