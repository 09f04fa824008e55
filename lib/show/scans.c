/* SPDX-License-Identifier: Apache-2.0 */
/* Scans that are followed, told apart; see scans.h. */
#include "show/scans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCANS_MAX  64
#define EARLY_MAX  65536 /* bytes of a place's options */
#define ID_BYTES   64
#define HEARD_SECS 5 /* who was heard of so lately is at work */

/* What is remembered of a place. */
struct scans_place {
	char scan[ID_BYTES];
	unsigned long shard;
	bool complained;
	/* lines about options, which come before the scan's id is known */
	char *early;
	size_t early_len;
};

/* What is no line of a stage is left out. */
static void
scans_feed(struct reports *r, const char *lines, size_t n, double now)
{
	const char *end = lines + n, *nl, *why;

	for (; n > 0 && lines < end &&
	     (nl = memchr(lines, '\n', end - lines)) != NULL;
	     lines = nl + 1)
		reports_line(r, lines, nl - lines, now, &why);
}

static struct scans_one *
scans_add(struct scans *s)
{
	struct scans_one **room, *one;

	room = s->n == SCANS_MAX ? NULL :
				   realloc(s->all, (s->n + 1) * sizeof *room);
	if (room == NULL)
		return NULL;
	s->all = room;
	one = calloc(1, sizeof *one);
	if (one == NULL)
		return NULL;
	if (s->n > 0)
		one->reports.live = s->all[0]->reports.live;
	if (s->own != NULL)
		scans_feed(&one->reports, s->own, strlen(s->own), 0);
	s->all[s->n++] = one;
	return one;
}

int
scans_begin(struct scans *s, const char *own)
{
	*s = (struct scans){ .own = own };
	return scans_add(s) == NULL ? -1 : 0;
}

void
scans_free(struct scans *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		reports_free(&s->all[i]->reports);
		free(s->all[i]);
	}
	free(s->all);
	*s = (struct scans){ .n = 0 };
}

static struct scans_one *
scans_find(const struct scans *s, const char *id)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->all[i]->id, id) == 0)
			return s->all[i];
	return NULL;
}

/* The first that is heard of is the one that is there from the beginning. */
static struct scans_one *
scans_named(struct scans *s, const char *id)
{
	struct scans_one *one = scans_find(s, id);

	if (one != NULL)
		return one;
	one = s->all[0]->id[0] == '\0' ? s->all[0] : scans_add(s);
	if (one != NULL)
		snprintf(one->id, sizeof one->id, "%s", id);
	return one;
}

/* The text behind a key, up to a quote or comma. */
static void
peek(const struct follow_line *l, const char *key, char *buf, size_t size)
{
	const char *at = memmem(l->text, l->len, key, strlen(key));
	const char *end = l->text + l->len;
	size_t i = 0;

	if (at != NULL)
		for (at += strlen(key); at < end && i + 1 < size &&
		     *at != '"' && *at != ',' && *at != '}';
		     at++)
			buf[i++] = *at;
	buf[i] = '\0';
}

static bool
is_about_options(const struct follow_line *l)
{
	return memmem(l->text, l->len, "\"options\":", 10) != NULL ||
	    memmem(l->text, l->len, "\"defaults\":", 11) != NULL;
}

static void
keep_early(struct scans_place *p, const struct follow_line *l)
{
	char *room;

	if (p->early_len + l->len + 1 > EARLY_MAX)
		return;
	room = realloc(p->early, p->early_len + l->len + 1);
	if (room == NULL)
		return;
	memcpy(room + p->early_len, l->text, l->len);
	p->early = room;
	p->early_len += l->len;
	p->early[p->early_len++] = '\n';
}

static void
give_early(struct scans_place *p, struct reports *r, double now)
{
	scans_feed(r, p->early, p->early_len, now);
	free(p->early);
	p->early = NULL;
	p->early_len = 0;
}

/* The place's older scan, of which it says nothing more. */
static void
overtake(struct scans *s, const struct scans_place *p)
{
	struct scans_one *old = scans_find(s, p->scan);

	if (old == NULL || p->scan[0] == '\0')
		return;
	reports_forget(&old->reports, p->scan, p->shard);
	old->overtaken = true;
}

static int
scans_line(struct scans *s, struct scans_place *p, const struct follow_line *l,
    double now, const char **why)
{
	char id[ID_BYTES], shard[24];
	struct scans_one *one;

	peek(l, "\"scan\":\"", id, sizeof id);
	peek(l, "\"shard\":", shard, sizeof shard);
	if (id[0] == '\0') {
		if (is_about_options(l))
			keep_early(p, l);
		return 0;
	}
	one = scans_named(s, id);
	if (one == NULL) {
		*why = "more scans than can be shown";
		return -1;
	}
	if (strcmp(p->scan, id) != 0) {
		/* what is new here may be old elsewhere */
		if (p->scan[0] != '\0')
			one->overtaken = false;
		overtake(s, p);
		strcpy(p->scan, id);
	}
	p->shard = strtoul(shard, NULL, 10);
	give_early(p, &one->reports, now);
	return reports_line(&one->reports, l->text, l->len, now, why);
}

int
scans_take(struct scans *s, const struct follow_line *l, double now,
    const char **why)
{
	struct scans_place *p;

	if (*l->memory == NULL)
		*l->memory = calloc(1, sizeof *p);
	p = *l->memory;
	if (p == NULL || scans_line(s, p, l, now, why) == 0 || p->complained)
		return 0;
	p->complained = true;
	return -1;
}

/* Has any stage of it been heard of, and lately? */
static bool
is_at_work(const struct scans_one *one, double now)
{
	const struct reports_shard *s = one->reports.shards;
	const struct reports_shard *end = s + one->reports.nshards;
	size_t i;

	for (; s < end; s++)
		for (i = 0; i < s->nstages; i++)
			if (reports_ran(&s->stages[i]) && !s->stages[i].final &&
			    now - s->stages[i].seen <= HEARD_SECS)
				return true;
	return false;
}

struct scans_one *
scans_shown(const struct scans *s, size_t i, double now)
{
	size_t k, left = i;

	for (k = 0; k < s->n; k++)
		if ((!s->all[k]->overtaken || is_at_work(s->all[k], now)) &&
		    left-- == 0)
			return s->all[k];
	return i == 0 ? s->all[0] : NULL;
}

bool
scans_complete(const struct scans *s, double now)
{
	const struct scans_one *one;
	size_t i;

	for (i = 0; (one = scans_shown(s, i, now)) != NULL; i++)
		if (one->reports.nshards == 0 || !one->progress.complete)
			return false;
	return true;
}
