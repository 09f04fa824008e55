/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of shards, put together; see shards.h. */
#include "scan/shards.h"

#include <stdlib.h>

/* The first n % shards get one more. */
uint64_t
shards_part(uint64_t n, uint64_t shards, uint64_t shard)
{
	return n / shards + (shard < n % shards);
}

uint64_t
shards_begin(uint64_t n, uint64_t shards, uint64_t shard)
{
	uint64_t longer = n % shards;

	return n / shards * shard + (shard < longer ? shard : longer);
}

int
shards_add(struct shards *s, const struct shards_run *run)
{
	struct shards_run *runs = reallocarray(s->runs, s->nruns + 1,
	    sizeof *runs);

	if (runs == NULL)
		return -1;
	s->runs = runs;
	s->runs[s->nruns++] = *run;
	return 0;
}

static int
by_shard(const void *a, const void *b)
{
	const struct shards_run *x = a, *y = b;

	if (x->shard != y->shard)
		return x->shard < y->shard ? -1 : 1;
	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	if (x->reached != y->reached)
		return x->reached < y->reached ? -1 : 1;
	return x->ended - y->ended;
}

void
shards_sort(struct shards *s)
{
	if (s->nruns > 0)
		qsort(s->runs, s->nruns, sizeof *s->runs, by_shard);
}

void
shards_free(struct shards *s)
{
	free(s->runs);
	s->runs = NULL;
	s->nruns = 0;
}

/* The first run of a shard or of one behind it. */
static size_t
shards_find(const struct shards *s, uint64_t shard)
{
	size_t low = 0, high = s->nruns, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (s->runs[mid].shard < shard)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct shards_view
shards_look(const struct shards *s, uint64_t shard)
{
	struct shards_view v = { .state = SHARDS_MISSING,
		.from = shards_begin(s->count, s->shards, shard) };
	const struct shards_run *r;

	for (size_t i = shards_find(s, shard);
	     i < s->nruns && s->runs[i].shard == shard; i++) {
		r = v.last = &s->runs[i];
		if (r->begin > v.from) {
			v.state = SHARDS_HOLE;
			v.to = r->begin;
			return v;
		}
		if (r->reached > v.from)
			v.from = r->reached;
		if (r->ended)
			v.state = SHARDS_COMPLETE;
		else if (v.state != SHARDS_COMPLETE)
			v.state = SHARDS_UNFINISHED;
	}
	return v;
}
