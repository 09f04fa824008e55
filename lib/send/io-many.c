/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several ways out behind one; see io-many.h.
 *
 * A frame waits in its slot until its part has room; a part that is full does
 * not hold up the others, as long as there are slots.  What the oldest frame
 * waits for is the error that is told, so that giving up a frame gives up the
 * one that failed.
 */
#include "send/io-many.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	SLOTS = 2 * IO_BATCH, /* a power of two */
	/* 29 lines of cache: an odd number, so that slots share no few sets */
	SLOT = 1856,
};

#define WAITS UINT64_MAX

struct many {
	struct io *part[IO_PARTS_MAX];
	int error[IO_PARTS_MAX]; /* of its last commit */
	unsigned nparts;
	struct io_outlet *outlets;
	uint8_t *slots;
	uint64_t given;	    /* all frames before it have been given away */
	uint64_t at[SLOTS]; /* its number among the part's frames, or WAITS */
	uint16_t len[SLOTS];
	uint8_t to[SLOTS]; /* part */
	/* For one round: which frames a part gets. */
	uint8_t *frames[SLOTS];
	uint16_t lens[SLOTS];
};

static void
many_close(struct io *io)
{
	struct many *m = io->state;
	unsigned i;

	for (i = m->nparts; i-- > 0;)
		io_close(m->part[i]);
	free(m->outlets);
	free(m->slots);
	free(m);
}

static unsigned
many_reserve(struct io *io, unsigned want, uint8_t **frames)
{
	const struct many *m = io->state;
	unsigned left = SLOTS - (unsigned)(io->in - io->out), i;

	if (want > left)
		want = left;
	for (i = 0; i < want; i++)
		frames[i] = m->slots + (io->in + i) % SLOTS * SLOT;
	return want;
}

/* Frames that wait for this part. */
static unsigned
waiting(const struct io *io, unsigned part)
{
	const struct many *m = io->state;
	unsigned n = 0;
	uint64_t i;

	for (i = m->given; i < io->in; i++)
		n += m->at[i % SLOTS] == WAITS && m->to[i % SLOTS] == part;
	return n;
}

/* Gives a part as many of its frames as it has room for. */
static void
give(struct io *io, unsigned part)
{
	struct many *m = io->state;
	struct io *to = m->part[part];
	unsigned want = waiting(io, part), n = 0, slot;
	uint64_t i;

	if (want > 0)
		want = io_reserve(to, want, m->frames);
	for (i = m->given; n < want; i++) {
		slot = (unsigned)(i % SLOTS);
		if (m->at[slot] != WAITS || m->to[slot] != part)
			continue;
		memcpy(m->frames[n], m->slots + (size_t)slot * SLOT,
		    m->len[slot]);
		m->lens[n] = m->len[slot];
		m->at[slot] = to->in + n++;
	}
	m->error[part] = 0;
	if ((n > 0 || to->out < to->in) && io_commit(to, n, m->lens) == -1)
		m->error[part] = errno;
}

/* Counts what has left, in order. */
static void
look(struct io *io)
{
	struct many *m = io->state;
	unsigned slot;

	while (m->given < io->in && m->at[m->given % SLOTS] != WAITS)
		m->given++;
	for (; io->out < m->given; io->out++) {
		slot = (unsigned)(io->out % SLOTS);
		if (m->part[m->to[slot]]->out <= m->at[slot])
			break;
	}
}

static int
many_commit(struct io *io, unsigned n, const uint16_t *len)
{
	struct many *m = io->state;
	const struct io_outlet *o;
	unsigned i, slot;

	for (i = 0; i < n; i++) {
		slot = (unsigned)((io->in + i) % SLOTS);
		o = &m->outlets[io->outlet[i]];
		memcpy(m->slots + (size_t)slot * SLOT, o->header, IO_ETHERNET);
		m->len[slot] = len[i];
		m->to[slot] = o->part;
		m->at[slot] = WAITS;
	}
	io->in += n;
	for (i = 0; i < m->nparts; i++)
		give(io, i);
	look(io);
	if (io->out == io->in)
		return 0;
	errno = m->error[m->to[io->out % SLOTS]];
	return errno == 0 ? 0 : -1;
}

static int
many_skip(struct io *io)
{
	struct many *m = io->state;
	unsigned slot = (unsigned)(io->out % SLOTS);

	if (io->out == io->in || m->at[slot] == WAITS ||
	    !io_skip(m->part[m->to[slot]]))
		return -1;
	look(io);
	return 0;
}

static const struct io_way io_many = {
	.name = "several ways",
	.help = "one for each device",
	.ethernet = false,
	.network = true,
	.reserve = many_reserve,
	.commit = many_commit,
	.skip = many_skip,
	.close = many_close,
};

struct io *
io_many_open(const struct io_part *parts, unsigned nparts, struct io *first,
    const char **why, char **tried)
{
	struct io *io = calloc(1, sizeof *io);
	struct many *m = calloc(1, sizeof *m);
	struct io_args args;
	int saved;

	*tried = NULL;
	*why = "no memory";
	if (io == NULL || m == NULL ||
	    (m->slots = calloc(SLOTS, SLOT)) == NULL) {
		free(io);
		free(m);
		return NULL;
	}
	*io = (struct io){ .way = &io_many, .state = m, .slots = SLOTS };
	for (; m->nparts < nparts; m->nparts++) {
		free(*tried);
		args = parts[m->nparts].args;
		args.first = first != NULL ? io_many_part(first, m->nparts) :
					     NULL;
		m->part[m->nparts] = io_open(parts[m->nparts].way, &args, why,
		    tried);
		if (m->part[m->nparts] == NULL) {
			saved = errno;
			io_close(io);
			errno = saved;
			return NULL;
		}
	}
	return io;
}

int
io_many_outlets(struct io *io, const struct io_outlet *outlets, size_t n)
{
	struct many *m = io->state;
	struct io_outlet *copy;

	if (io->way != &io_many)
		return 0;
	copy = calloc(n, sizeof *copy);
	if (copy == NULL)
		return -1;
	memcpy(copy, outlets, n * sizeof *copy);
	free(m->outlets);
	m->outlets = copy;
	return 0;
}

struct io *
io_many_part(struct io *io, unsigned i)
{
	const struct many *m = io->state;

	return io->way == &io_many ? m->part[i] : io;
}

unsigned
io_many_parts(const struct io *io)
{
	const struct many *m = io->state;

	return io->way == &io_many ? m->nparts : 1;
}
