/* SPDX-License-Identifier: Apache-2.0 */
/* Ends of several streams as one; see sums.h. */
#include "stream/sums.h"

#include <stdlib.h>
#include <string.h>

#include "stream/token.h"

enum { STAGES = 16, TEXT_ROOM = 32, ROOM = STAGES * COUNTERS * 64 };

/* What is summed of one stage, by the rows of counter_table. */
struct sums_stage {
	char name[TEXT_ROOM];
	bool counts[COUNTERS];
	uint64_t values[COUNTERS];
};

struct sums {
	struct sums_stage stages[STAGES]; /* the last of a pipeline first */
	size_t n;
	unsigned char bytes[ROOM];
};

struct sums *
sums_new(void)
{
	return calloc(1, sizeof(struct sums));
}

void
sums_free(struct sums *s)
{
	free(s);
}

/* The stage called so, or a new one; NULL: no room. */
static struct sums_stage *
sums_stage_of(struct sums *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->stages[i].name, name) == 0)
			return &s->stages[i];
	if (s->n == STAGES)
		return NULL;
	strcpy(s->stages[s->n].name, name);
	return &s->stages[s->n++];
}

/* Text that fits into a name; -1: it is something else. */
static int
sums_name_of(const struct token *t, char name[TEXT_ROOM])
{
	if (t->kind != TOKEN_TEXT || t->number >= TEXT_ROOM ||
	    memchr(t->bytes, '\0', t->number) != NULL)
		return -1;
	memcpy(name, t->bytes, t->number);
	name[t->number] = '\0';
	return 0;
}

static void
add_count(struct sums_stage *stage, const char *name, uint64_t value)
{
	const struct counter_row *row = counter_find(stage->name, name);
	uint64_t *sum;

	if (row == NULL || row->kind != COUNTER_GROWS)
		return;
	sum = &stage->values[row - counter_table];
	stage->counts[row - counter_table] = true;
	if (__builtin_add_overflow(*sum, value, sum))
		*sum = UINT64_MAX;
}

/* All pairs of the map at p of a name and a number. */
static void
add_counts(struct sums_stage *stage, const unsigned char *p, size_t n)
{
	const unsigned char *end = p + n;
	char name[TEXT_ROOM];
	struct token t;

	p += token_next(p, n, &t);
	while (p < end && *p != 0xff) {
		bool named = token_next(p, end - p, &t) > 0 &&
		    sums_name_of(&t, name) == 0;

		p += token_skip(p, end - p);
		if (named && token_next(p, end - p, &t) > 0 &&
		    t.kind == TOKEN_UINT)
			add_count(stage, name, t.number);
		p += token_skip(p, end - p);
	}
}

void
sums_add(struct sums *s, const struct stream_item *end)
{
	const unsigned char *p = end->bytes;
	size_t n = end->size, at, len;
	struct sums_stage *stage;
	char name[TEXT_ROOM];
	struct token t;

	/* a whole item, as stream_next gives it: token_skip does not fail */
	while (n > 0 && p[0] >> 5 == 5) {
		at = token_map_find(p, n, "stage", &len);
		if (at > 0 && token_next(p + at, len, &t) > 0 &&
		    sums_name_of(&t, name) == 0 &&
		    (stage = sums_stage_of(s, name)) != NULL)
			add_counts(stage, p, n);
		at = token_map_find(p, n, "before", &n);
		if (at == 0)
			break;
		p += at;
	}
}

struct stream_item
sums_end(struct sums *s, enum outcome outcome)
{
	struct encoder e = encoder_on(s->bytes, sizeof s->bytes);
	const struct sums_stage *stage = s->stages;

	for (; stage < s->stages + s->n; stage++) {
		if (stage > s->stages)
			encode_text(&e, "before");
		encode_open_map(&e);
		encode_text(&e, "event");
		encode_text(&e, "end");
		encode_text(&e, "stage");
		encode_text(&e, stage->name);
		encode_text(&e, "status");
		encode_text(&e, outcome_name(outcome));
		for (size_t i = 0; i < COUNTERS; i++)
			if (stage->counts[i]) {
				encode_text(&e, counter_table[i].name);
				encode_uint(&e, stage->values[i]);
			}
	}
	for (size_t i = 0; i < s->n; i++)
		encode_break(&e);
	return (struct stream_item){ .what = STREAM_END,
		.bytes = s->bytes,
		.size = encode_size(&e) };
}
