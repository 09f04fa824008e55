/* SPDX-License-Identifier: Apache-2.0 */
/* Live opt-outs; see optout.h. */
#include "addr/optout.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "addr/list.h"
#include "addr/members.h"
#include "addr/networks.h"
#include "base/clock.h"

#define SETTLES (SECOND / 2) /* what has not changed for so long is whole */
#define NAMED	3 /* lines that are not understood, and told in full */

struct optout {
	const char *path;
	struct stat read;    /* the file that was read last */
	uint64_t since;	     /* when that version was seen first */
	bool settled;	     /* it had ceased to change when it was read */
	struct networks now; /* under the lock, as is */
	struct members of4;  /* what of it is IPv4 */
	pthread_rwlock_t lock;
};

/* What a file says, as far as it is understood. */
struct reading {
	struct networks networks;
	unsigned long bad; /* lines */
	char *why;	   /* the first of them */
	size_t size;
};

static void
blame(struct reading *r, const char *what)
{
	size_t n = strlen(r->why);

	if (r->bad++ < NAMED)
		snprintf(r->why + n, r->size - n, "%s%s", n > 0 ? "; " : "",
		    what);
}

static void
count_bad(struct reading *r)
{
	size_t n = strlen(r->why);

	if (r->bad > NAMED)
		snprintf(r->why + n, r->size - n, "; and %lu lines more",
		    r->bad - NAMED);
}

/* -1: no memory, or not readable. */
static int
read_list(struct list *l, struct reading *r)
{
	enum list_result result;
	struct list_entry entry;

	while ((result = list_next(l, &entry)) != LIST_END) {
		if (result == LIST_ENTRY && entry.port != LIST_NOPORT) {
			list_blame(l, "an address is left out on all ports");
			result = LIST_BAD_LINE;
		}
		if (result == LIST_ERROR) {
			snprintf(r->why, r->size, "%s", l->why);
			return -1;
		}
		if (result != LIST_ENTRY) {
			blame(r, l->why);
			continue;
		}
		if (networks_add(&r->networks, &entry) == -1) {
			snprintf(r->why, r->size, "%s: %s", l->name,
			    strerror(errno));
			return -1;
		}
	}
	count_bad(r);
	networks_normalise(&r->networks);
	return 0;
}

/* whole: half a line at the end is one, too. */
static int
optout_load(const char *path, struct reading *r, bool whole)
{
	struct list l;
	int rc;

	r->why[0] = '\0';
	if (list_open(&l, path) == -1) {
		snprintf(r->why, r->size, "%s", l.why);
		return -1;
	}
	l.whole_lines = !whole;
	rc = read_list(&l, r);
	list_close(&l);
	if (rc == -1)
		networks_free(&r->networks);
	return rc;
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/*
 * The ranges become what is left out; the threads wait for no more than this.
 * -1 when memory is short: then what was left out still is.
 */
static int
use(struct optout *e, struct networks *fresh)
{
	struct networks old = e->now;
	struct members members, old_members = e->of4;

	if (members_build(&members, &fresh->four) == -1)
		return -1;
	pthread_rwlock_wrlock(&e->lock);
	e->now = *fresh;
	e->of4 = members;
	pthread_rwlock_unlock(&e->lock);
	networks_free(&old);
	members_free(&old_members);
	*fresh = (struct networks){ .six = { .n = 0 } };
	return 0;
}

/* What was left out before stays so, besides. */
static int
keep_old(const struct optout *e, struct networks *fresh)
{
	const struct ranges *four = &e->now.four;
	const struct ranges6 *six = &e->now.six;
	size_t i;

	for (i = 0; i < four->n; i++)
		if (ranges_add(&fresh->four, ranges_first(four->v[i]),
			ranges_last(four->v[i])) == -1)
			return -1;
	for (i = 0; i < six->n; i++)
		if (ranges6_add(&fresh->six, six->v[i].first, six->v[i].last) ==
		    -1)
			return -1;
	networks_normalise(fresh);
	return 0;
}

static enum optout_news
read_again(struct optout *e, bool whole, char *why, size_t size)
{
	struct reading r = { .why = why, .size = size };
	uint64_t before = optout_addresses(e);
	size_t before6 = optout_ranges6(e);

	if (optout_load(e->path, &r, whole) == -1)
		return OPTOUT_UNREADABLE;
	if (((!whole || r.bad > 0) && keep_old(e, &r.networks) == -1) ||
	    use(e, &r.networks) == -1) {
		snprintf(why, size, "%s: %s", e->path, strerror(ENOMEM));
		networks_free(&r.networks);
		return OPTOUT_UNREADABLE;
	}
	if (whole)
		return r.bad > 0 ? OPTOUT_PARTLY : OPTOUT_READ;
	return optout_addresses(e) != before || optout_ranges6(e) != before6 ?
	    OPTOUT_READ :
	    OPTOUT_SAME;
}

enum optout_news
optout_reload(struct optout *e, bool always, char *why, size_t size)
{
	struct stat st;
	bool same, whole;

	/* looked at first: what changes while it is read is read again */
	if (stat(e->path, &st) == -1) {
		snprintf(why, size, "%s: %s", e->path, strerror(errno));
		/* said once; when it is back it counts as changed */
		if (!always && e->read.st_ino == 0)
			return OPTOUT_SAME;
		memset(&e->read, 0, sizeof e->read);
		return OPTOUT_UNREADABLE;
	}
	same = same_file(&st, &e->read);
	whole = always || (same && clock_ns() - e->since >= SETTLES);
	if (!always && same && (e->settled || !whole))
		return OPTOUT_SAME;
	if (!same)
		e->since = clock_ns();
	e->read = st;
	e->settled = whole;
	/* a pipe would be empty the second time */
	if (!S_ISREG(st.st_mode)) {
		snprintf(why, size, "%s: not a regular file", e->path);
		e->settled = true;
		return OPTOUT_UNREADABLE;
	}
	return read_again(e, whole, why, size);
}

struct optout *
optout_open(const char *path, char *why, size_t size)
{
	struct optout *e = calloc(1, sizeof *e);
	pthread_rwlockattr_t attr;

	if (e == NULL) {
		snprintf(why, size, "%s: out of memory", path);
		return NULL;
	}
	e->path = path;
	/* threads that send all the time must not keep a new list out */
	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr,
	    PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&e->lock, &attr);
	pthread_rwlockattr_destroy(&attr);
	if (optout_reload(e, true, why, size) != OPTOUT_READ) {
		optout_free(e);
		return NULL;
	}
	return e;
}

void
optout_free(struct optout *e)
{
	if (e == NULL)
		return;
	pthread_rwlock_destroy(&e->lock);
	networks_free(&e->now);
	members_free(&e->of4);
	free(e);
}

/* For the thread that reloads: no other thread writes. */
uint64_t
optout_addresses(const struct optout *e)
{
	return ranges_count(&e->now.four);
}

size_t
optout_ranges6(const struct optout *e)
{
	return e->now.six.n;
}

void
optout_begin(struct optout *e)
{
	pthread_rwlock_rdlock(&e->lock);
}

bool
optout_has(const struct optout *e, uint32_t address)
{
	return members_have(&e->of4, &e->now.four, address);
}

bool
optout_has6(const struct optout *e, struct ip6 address)
{
	return ranges6_contain(&e->now.six, address);
}

void
optout_end(struct optout *e)
{
	pthread_rwlock_unlock(&e->lock);
}
