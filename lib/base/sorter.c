/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs in memory, then in a file; see sorter.h.
 *
 * Memory holds entries from its front, each at a multiple of eight bytes, and
 * from its back where each of them begins.  These places are what is sorted.
 */
#include "base/sorter.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/whole.h"

#define STEP	    8
#define WRITE_BYTES (1 << 20) /* to the file at a time */

struct entry {
	uint32_t nkey, ndata;
	unsigned char bytes[]; /* key, data */
};

struct run {
	const unsigned char *at, *end; /* entries, in their order */
	size_t size;
};

struct sorter {
	unsigned char *memory;
	size_t size;
	size_t front; /* bytes of entries */
	size_t count; /* of places, which end at the back */
	size_t next;  /* of the places, where there is no file */
	int file;
	unsigned char *map; /* of the file */
	size_t file_size;
	struct run *runs;
	size_t nruns, allocated;
	size_t *heap; /* of runs that have an entry left, the least first */
	size_t nheap;
	unsigned char *buffer; /* of WRITE_BYTES */
};

struct sorter *
sorter_new(size_t memory, int file)
{
	struct sorter *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->size = memory & ~(size_t)(STEP - 1);
	s->file = file;
	s->memory = malloc(s->size);
	if (s->memory == NULL) {
		free(s);
		return NULL;
	}
	return s;
}

void
sorter_free(struct sorter *s)
{
	if (s == NULL)
		return;
	if (s->map != NULL)
		munmap(s->map, s->file_size);
	free(s->memory);
	free(s->buffer);
	free(s->runs);
	free(s->heap);
	free(s);
}

static size_t
length(uint32_t nkey, uint32_t ndata)
{
	return (sizeof(struct entry) + nkey + ndata + STEP - 1) &
	    ~(size_t)(STEP - 1);
}

static uint64_t *
places(const struct sorter *s)
{
	return (uint64_t *)(s->memory + s->size) - s->count;
}

static const struct entry *
entry_at(const unsigned char *p)
{
	return (const struct entry *)p;
}

static int
compare_keys(const struct entry *a, const struct entry *b)
{
	uint32_t n = a->nkey < b->nkey ? a->nkey : b->nkey;
	int order = memcmp(a->bytes, b->bytes, n);

	return order != 0 ? order : (a->nkey > b->nkey) - (a->nkey < b->nkey);
}

static int
compare_places(const void *a, const void *b, void *memory)
{
	const uint64_t *x = a, *y = b;
	const unsigned char *m = memory;
	int order = compare_keys(entry_at(m + *x), entry_at(m + *y));

	/* what came first lies first */
	return order != 0 ? order : (*x > *y) - (*x < *y);
}

static void
sort_memory(struct sorter *s)
{
	qsort_r(places(s), s->count, sizeof(uint64_t), compare_places,
	    s->memory);
}

/* --- putting in --- */

static int
write_sorted(struct sorter *s)
{
	const uint64_t *place = places(s);
	const struct entry *e;
	size_t i, n, used = 0;

	for (i = 0; i < s->count; i++) {
		e = entry_at(s->memory + place[i]);
		n = length(e->nkey, e->ndata);
		if (used > 0 && used + n > WRITE_BYTES) {
			if (whole_write(s->file, s->buffer, used) == -1)
				return -1;
			used = 0;
		}
		if (n > WRITE_BYTES) {
			if (whole_write(s->file, e, n) == -1)
				return -1;
		} else {
			memcpy(s->buffer + used, e, n);
			used += n;
		}
	}
	return used > 0 ? whole_write(s->file, s->buffer, used) : 0;
}

/* What memory holds becomes a run of the file. */
static int
sorter_spill(struct sorter *s)
{
	struct run *runs;

	if (s->count == 0)
		return 0;
	if (s->buffer == NULL && (s->buffer = malloc(WRITE_BYTES)) == NULL)
		return -1;
	if (s->nruns == s->allocated) {
		runs = reallocarray(s->runs, s->allocated * 2 + 16,
		    sizeof *runs);
		if (runs == NULL)
			return -1;
		s->runs = runs;
		s->allocated = s->allocated * 2 + 16;
	}
	sort_memory(s);
	if (write_sorted(s) == -1)
		return -1;
	s->runs[s->nruns++] = (struct run){ .size = s->front };
	s->file_size += s->front;
	s->front = s->count = 0;
	return 0;
}

int
sorter_add(struct sorter *s, const void *key, uint32_t nkey, const void *data,
    uint32_t ndata)
{
	size_t n = length(nkey, ndata), back;
	struct entry *e;

	back = s->size - (s->count + 1) * sizeof(uint64_t);
	if (s->front + n > back) {
		errno = ENOBUFS;
		if (s->file == -1 || n + sizeof(uint64_t) > s->size ||
		    sorter_spill(s) == -1)
			return -1;
	}
	e = (struct entry *)(s->memory + s->front);
	e->nkey = nkey;
	e->ndata = ndata;
	memcpy(e->bytes, key, nkey);
	memcpy(e->bytes + nkey, data, ndata);
	memset(e->bytes + nkey + ndata, 0, n - sizeof *e - nkey - ndata);
	s->count++;
	places(s)[0] = s->front;
	s->front += n;
	return 0;
}

/* --- taking out --- */

/* Of the same keys, those of the earlier run came first. */
static bool
run_before(const struct sorter *s, size_t a, size_t b)
{
	int order = compare_keys(entry_at(s->runs[a].at),
	    entry_at(s->runs[b].at));

	return order != 0 ? order < 0 : a < b;
}

static void
sift_down(struct sorter *s, size_t i)
{
	size_t child, run = s->heap[i];

	while ((child = 2 * i + 1) < s->nheap) {
		if (child + 1 < s->nheap &&
		    run_before(s, s->heap[child + 1], s->heap[child]))
			child++;
		if (run_before(s, run, s->heap[child]))
			break;
		s->heap[i] = s->heap[child];
		i = child;
	}
	s->heap[i] = run;
}

static int
map_runs(struct sorter *s)
{
	const unsigned char *at;
	size_t i;

	s->heap = calloc(s->nruns, sizeof *s->heap);
	if (s->heap == NULL)
		return -1;
	at = mmap(NULL, s->file_size, PROT_READ, MAP_SHARED, s->file, 0);
	if (at == MAP_FAILED)
		return -1;
	s->map = (unsigned char *)at;
	madvise(s->map, s->file_size, MADV_SEQUENTIAL);
	for (i = 0; i < s->nruns; i++) {
		s->runs[i].at = at;
		s->runs[i].end = at += s->runs[i].size;
		s->heap[i] = i;
	}
	s->nheap = s->nruns;
	for (i = s->nheap / 2; i-- > 0;)
		sift_down(s, i);
	return 0;
}

int
sorter_finish(struct sorter *s)
{
	if (s->nruns == 0) {
		sort_memory(s);
		return 0;
	}
	if (sorter_spill(s) == -1)
		return -1;
	/* the map takes its place */
	free(s->memory);
	s->memory = NULL;
	return map_runs(s);
}

static const struct entry *
next_of_runs(struct sorter *s)
{
	const struct entry *e;
	struct run *r;

	if (s->nheap == 0)
		return NULL;
	r = &s->runs[s->heap[0]];
	e = entry_at(r->at);
	r->at += length(e->nkey, e->ndata);
	if (r->at == r->end)
		s->heap[0] = s->heap[--s->nheap];
	if (s->nheap > 0)
		sift_down(s, 0);
	return e;
}

int
sorter_next(struct sorter *s, struct sorter_item *item)
{
	const struct entry *e = NULL;

	if (s->nruns > 0)
		e = next_of_runs(s);
	else if (s->next < s->count)
		e = entry_at(s->memory + places(s)[s->next++]);
	if (e == NULL)
		return 0;
	*item = (struct sorter_item){ e->bytes, e->bytes + e->nkey, e->nkey,
		e->ndata };
	return 1;
}
