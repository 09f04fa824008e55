/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of one scan's streams, as one; see together.h. */
#include "scan/together.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/refuse.h"

#define FACTS                                                                  \
	(FACT_ID | FACT_SEED | FACT_SHARD | FACT_SHARDS | FACT_PORTS |         \
	    FACT_TOTAL | FACT_COUNT | FACT_POSITION | FACT_START)

int
together_facts(struct facts *f, const struct header *h, char *why, size_t size)
{
	*f = (struct facts){ 0 };
	if (facts_decode(f, &h->scan, FACTS, why, size) == -1)
		return -1;
	if (!(f->has & FACT_ID))
		return refuse_with(why, size,
		    "does not say which scan it is of; zmap-out and zmap-filter read several files as they are");
	if (!(f->has & FACT_SHARDS))
		f->shards = 1;
	if (f->shards == 0 || f->shards > SHARDS_MAX || f->shard >= f->shards)
		return refuse_with(why, size,
		    "header: no such shard: %" PRIu64 " of %" PRIu64, f->shard,
		    f->shards);
	return 0;
}

static bool
entries_differ(const struct dict_entry *a, const struct dict_entry *b)
{
	if (a == NULL || b == NULL)
		return a != b;
	return a->size != b->size || memcmp(a->bytes, b->bytes, a->size) != 0;
}

/* What streams of one scan have alike; the id comes last. */
static const char *
difference(const struct dict *a, const struct dict *b)
{
	static const struct {
		const char *key, *words;
	} rows[] = {
		{ "probe", "probe module" },
		{ "probe_args", "probe" },
		{ "probes", "number of probes" },
		{ "seed", "seed" },
		{ "shards", "number of shards" },
		{ "ports", "ports" },
		{ "lists", "targets" },
		{ "id", "targets" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (entries_differ(dict_get(a, rows[i].key),
			dict_get(b, rows[i].key)))
			return rows[i].words;
	return NULL;
}

/* Of a run, and so of none when they are together. */
static bool
is_of_run(const char *key)
{
	static const char *const keys[] = { "shard", "position", "targets",
		"places", "start" };

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

static void
keep_common(struct dict *scan, const struct dict *other)
{
	for (size_t i = scan->count; i-- > 0;)
		if (!is_of_run(scan->entries[i].key) &&
		    entries_differ(&scan->entries[i],
			dict_get(other, scan->entries[i].key)))
			dict_remove(scan, scan->entries[i].key);
}

static int
together_add_field(struct together *t, const struct field *f, char *why,
    size_t size)
{
	const struct field *there = t->header.fields;

	for (size_t i = 0; i < t->header.nfields; i++, there++) {
		if (strcmp(there->name, f->name) != 0)
			continue;
		if (there->type == f->type)
			return 0;
		return refuse_with(why, size,
		    "has field '%s' as %s, and %s as %s", f->name,
		    field_type_name(f->type), t->first,
		    field_type_name(there->type));
	}
	if (t->header.nfields == FIELD_MAX)
		return refuse_with(why, size, "too many fields");
	if (header_add_field(&t->header, f) == -1)
		return refuse_with(why, size, "%s", strerror(ENOMEM));
	return 0;
}

static int
together_take_first(struct together *t, const char *name,
    const struct header *h, const struct facts *f)
{
	if (header_copy(&t->header, h) == -1)
		return -1;
	t->first = name;
	t->facts = *f;
	t->start_ns = f->start_ns;
	return 0;
}

int
together_take(struct together *t, const char *name, const struct header *h,
    char *why, size_t size)
{
	const char *words;
	struct facts f;
	size_t i;
	int rc = together_facts(&f, h, why, size);

	if (rc == 0 && t->first == NULL) {
		if (together_take_first(t, name, h, &f) == 0)
			return 0;
		rc = refuse_with(why, size, "%s", strerror(ENOMEM));
	}
	words = rc == 0 ? difference(&t->header.scan, &h->scan) : NULL;
	if (words != NULL)
		rc = refuse_with(why, size,
		    "of another scan than %s: not the same %s", t->first,
		    words);
	for (i = 0; rc == 0 && i < h->nfields; i++)
		rc = together_add_field(t, &h->fields[i], why, size);
	if (rc == 0) {
		keep_common(&t->header.scan, &h->scan);
		if (f.has & FACT_START && f.start_ns < t->start_ns)
			t->start_ns = f.start_ns;
	}
	facts_free(&f);
	return rc;
}

int
together_describe(const struct together *t, struct header *h)
{
	const struct facts *f = &t->facts;
	struct dict *scan = &h->scan;
	int rc = 0;

	dict_remove(scan, "places");
	dict_remove(scan, "targets");
	dict_remove(scan, "position");
	if (f->has & FACT_POSITION)
		rc |= dict_set_uint(scan, "position", 0);
	if (f->has & FACT_TOTAL)
		rc |= dict_set_uint(scan, "targets", f->total);
	if (f->has & FACT_START)
		rc |= dict_set_uint(scan, "start", t->start_ns);
	rc |= dict_set_uint(scan, "shard", 0);
	rc |= dict_set_uint(scan, "shards", 1);
	return rc;
}

void
together_free(struct together *t)
{
	header_free(&t->header);
	facts_free(&t->facts);
}
