/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of targets between threads; see work.h. */
#include "send/work.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

int
work_init(struct work *w, unsigned family, uint64_t start, unsigned copies)
{
	*w = (struct work){ .position = start,
		.copies = copies,
		.width = family == 6 ? IP6_SIZE : 4 };
	w->chunks = calloc(WORK_CHUNKS, sizeof *w->chunks);
	if (w->chunks == NULL)
		return -1;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->added, NULL);
	pthread_cond_init(&w->removed, NULL);
	return 0;
}

static struct work_chunk *
work_at(struct work *w, uint64_t n)
{
	return &w->chunks[n % WORK_CHUNKS];
}

/* n of a batch, from number `at` on, behind the targets that it has. */
static void
work_append(struct work_chunk *c, const struct batch *b, size_t at, unsigned n)
{
	const unsigned from = c->count;
	unsigned i;

	if (b->width == IP6_SIZE)
		for (i = 0; i < n; i++)
			c->address6[from + i] = batch_address6(b, at + i);
	else
		for (i = 0; i < n; i++)
			c->address[from + i] = batch_address(b, at + i);
	for (i = 0; i < n; i++)
		c->port[from + i] = batch_port(b, at + i);
	c->count += n;
}

static void
work_fill(struct work_chunk *c, const struct batch *b, size_t at, unsigned n)
{
	c->count = 0;
	work_append(c, b, at, n);
	c->finished = false;
	atomic_store(&c->done, 0);
}

/* Waits for room; false if stopped. */
static bool
work_room(struct work *w)
{
	while (w->head - w->tail == WORK_CHUNKS && !w->stopped)
		pthread_cond_wait(&w->removed, &w->lock);
	return !w->stopped;
}

bool
work_add(struct work *w, const struct batch *b, unsigned most)
{
	const size_t n = b->count;
	struct work_chunk *c;
	uint64_t before;
	size_t i;
	unsigned k;

	if (most == 0 || most > WORK_CHUNK)
		most = WORK_CHUNK;
	pthread_mutex_lock(&w->lock);
	before = w->head == w->tail ? w->position :
				      work_at(w, w->head - 1)->next;
	for (i = 0; i < n || i == 0; i += k) {
		if (!work_room(w)) {
			pthread_mutex_unlock(&w->lock);
			return false;
		}
		c = work_at(w, w->head);
		k = n - i < most ? n - i : most;
		work_fill(c, b, i, k);
		c->from = b->copy == -1 ? 0 : b->copy;
		c->to = b->copy == -1 ? w->copies : c->from + 1;
		c->before = before;
		c->next = b->next;
		c->skip = i;
		c->last = i + k == n;
		w->head++;
		w->targets += c->from == 0 ? k : 0;
		pthread_cond_signal(&w->added);
		if (n == 0)
			break;
	}
	pthread_mutex_unlock(&w->lock);
	return true;
}

void
work_close(struct work *w)
{
	pthread_mutex_lock(&w->lock);
	w->closed = true;
	pthread_cond_broadcast(&w->added);
	pthread_mutex_unlock(&w->lock);
}

void
work_stop(struct work *w)
{
	pthread_mutex_lock(&w->lock);
	w->stopped = true;
	pthread_cond_broadcast(&w->added);
	pthread_cond_broadcast(&w->removed);
	pthread_mutex_unlock(&w->lock);
}

/* --- what is asked for --- */

int
work_hold(struct work *w)
{
	unsigned i;

	w->asked = calloc(WORK_ASKED, sizeof *w->asked);
	if (w->asked == NULL)
		return -1;
	for (i = 0; i < WORK_ASKED; i++)
		w->asked[i] = (struct work_chunk){ .asked = true };
	w->held = true;
	return 0;
}

void
work_release(struct work *w)
{
	pthread_mutex_lock(&w->lock);
	w->held = false;
	pthread_cond_broadcast(&w->added);
	pthread_mutex_unlock(&w->lock);
}

/* A chunk in this state; NULL: there is none. */
static struct work_chunk *
find_asked(struct work *w, enum work_asked state)
{
	unsigned i;

	for (i = 0; w->asked != NULL && i < WORK_ASKED; i++)
		if (w->asked[i].state == state)
			return &w->asked[i];
	return NULL;
}

/* Where more with this number goes; NULL: there is no room. */
static struct work_chunk *
open_asked(struct work *w, unsigned number)
{
	struct work_chunk *c;
	unsigned i;

	for (i = 0; w->asked != NULL && i < WORK_ASKED; i++) {
		c = &w->asked[i];
		if (c->state == WORK_READY && c->from == number &&
		    c->count < WORK_CHUNK)
			return c;
	}
	c = find_asked(w, WORK_FREE);
	if (c == NULL)
		return NULL;
	c->count = 0;
	c->from = number;
	c->to = number + 1;
	atomic_store(&c->done, 0);
	c->state = WORK_READY;
	return c;
}

bool
work_ask(struct work *w, const unsigned char *address, uint16_t port,
    unsigned number)
{
	const struct batch one = { .count = 1,
		.width = w->width,
		.addresses = address,
		.port = port };
	struct work_chunk *c;

	pthread_mutex_lock(&w->lock);
	c = open_asked(w, number);
	if (c != NULL) {
		work_append(c, &one, 0, 1);
		pthread_cond_signal(&w->added);
	}
	pthread_mutex_unlock(&w->lock);
	return c != NULL;
}

bool
work_invite(struct work *w, const unsigned char *address, uint16_t port,
    unsigned number)
{
	struct work_guest *g;
	unsigned n;

	pthread_mutex_lock(&w->lock);
	n = atomic_load(&w->guests);
	if (n < WORK_GUESTS) {
		g = &w->guest[n];
		*g = (struct work_guest){ .port = port, .number = number };
		if (w->width == IP6_SIZE)
			g->address6 = ip6_get(address);
		else
			g->address = get32(address);
		atomic_store(&w->guests, n + 1);
		pthread_cond_signal(&w->added);
	}
	pthread_mutex_unlock(&w->lock);
	return n < WORK_GUESTS;
}

/* With the lock held. */
static struct work_guest
pop_guest(struct work *w)
{
	struct work_guest g = w->guest[0];
	unsigned n = atomic_load(&w->guests) - 1;

	memmove(w->guest, w->guest + 1, n * sizeof g);
	atomic_store(&w->guests, n);
	return g;
}

bool
work_take_guest(struct work *w, struct work_guest *g)
{
	bool any;

	pthread_mutex_lock(&w->lock);
	any = atomic_load(&w->guests) > 0;
	if (any)
		*g = pop_guest(w);
	pthread_mutex_unlock(&w->lock);
	return any;
}

/* A chunk of all guests that have room in it; NULL: of none. */
static struct work_chunk *
seat_guests(struct work *w)
{
	struct work_chunk *c = NULL;
	struct work_guest g;

	while (atomic_load(&w->guests) > 0 &&
	    (c = open_asked(w, w->guest[0].number)) != NULL) {
		g = pop_guest(w);
		c->address[c->count] = g.address;
		c->address6[c->count] = g.address6;
		c->port[c->count++] = g.port;
	}
	return find_asked(w, WORK_READY);
}

/* --- taking --- */

static struct work_chunk *
work_next_chunk(struct work *w)
{
	struct work_chunk *c = find_asked(w, WORK_READY);

	if (w->stopped)
		return NULL;
	if (c == NULL && w->taken < w->head)
		return work_at(w, w->taken++);
	if (c == NULL)
		c = seat_guests(w);
	if (c != NULL)
		c->state = WORK_TAKEN;
	return c;
}

struct work_chunk *
work_take(struct work *w)
{
	struct work_chunk *c;

	pthread_mutex_lock(&w->lock);
	while ((c = work_next_chunk(w)) == NULL && !w->stopped &&
	    (!w->closed || w->held))
		pthread_cond_wait(&w->added, &w->lock);
	pthread_mutex_unlock(&w->lock);
	return c;
}

struct work_chunk *
work_take_now(struct work *w)
{
	struct work_chunk *c;

	pthread_mutex_lock(&w->lock);
	c = work_next_chunk(w);
	pthread_mutex_unlock(&w->lock);
	return c;
}

/* The position moves over all chunks that are finished, from the oldest. */
void
work_finish(struct work *w, struct work_chunk *c)
{
	pthread_mutex_lock(&w->lock);
	if (c->asked) {
		c->state = WORK_FREE;
		pthread_mutex_unlock(&w->lock);
		return;
	}
	c->finished = true;
	while (w->tail < w->taken && work_at(w, w->tail)->finished) {
		c = work_at(w, w->tail);
		w->position = c->last ? c->next :
					c->before + c->skip + c->count;
		w->tail++;
	}
	pthread_cond_signal(&w->removed);
	pthread_mutex_unlock(&w->lock);
}

uint64_t
work_position(struct work *w)
{
	const struct work_chunk *c;
	uint64_t position;

	pthread_mutex_lock(&w->lock);
	position = w->position;
	if (w->tail < w->taken) {
		c = work_at(w, w->tail);
		position = c->before + c->skip + atomic_load(&c->done);
	}
	pthread_mutex_unlock(&w->lock);
	return position;
}

uint64_t
work_targets(struct work *w)
{
	uint64_t n;

	pthread_mutex_lock(&w->lock);
	n = w->targets;
	pthread_mutex_unlock(&w->lock);
	return n;
}

bool
work_drained(struct work *w)
{
	bool drained;

	pthread_mutex_lock(&w->lock);
	drained = w->closed && w->tail == w->head;
	pthread_mutex_unlock(&w->lock);
	return drained;
}

bool
work_settled(struct work *w)
{
	bool asked;

	pthread_mutex_lock(&w->lock);
	asked = find_asked(w, WORK_READY) != NULL ||
	    find_asked(w, WORK_TAKEN) != NULL || atomic_load(&w->guests) > 0;
	pthread_mutex_unlock(&w->lock);
	return !asked && work_drained(w);
}
