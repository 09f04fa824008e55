/* SPDX-License-Identifier: Apache-2.0 */
/* The queue in front of stdout; see spool.h. */
#include "recv/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/whole.h"

#define BLOCK (256 << 10) /* bytes of a block, in memory and in the file */
#define SPARE 16	  /* free blocks kept */

struct block {
	struct block *next;
	uint64_t records;
	uint32_t size; /* of data */
	bool sealed;   /* nothing is added any more */
	unsigned char data[];
};

#define ROOM (BLOCK - sizeof(struct block))

struct list {
	struct block *first, *last;
};

struct spool {
	pthread_mutex_t lock;	/* of all that follows */
	pthread_cond_t filled;	/* the writer waits for something */
	pthread_cond_t pressed; /* the spiller waits for work */
	pthread_t writer, spiller;
	bool has_writer, has_spiller;
	int fd, file;
	struct list front, back;
	struct block *spare;
	unsigned nspare;
	uint64_t blocks, blocks_max; /* in use; spares are not */
	uint64_t head, tail; /* blocks of the file: first, behind last */
	bool spilling;	     /* a block is on its way to the file */
	bool file_full;	     /* until something has been taken */
	bool keep_all;
	bool ending;
	int error; /* errno of writing to fd */
	struct spool_counts counts;
};

struct spool *
spool_new(int fd, uint64_t memory, int file)
{
	struct spool *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->fd = fd;
	s->file = file;
	s->blocks_max = memory / BLOCK;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->filled, NULL);
	pthread_cond_init(&s->pressed, NULL);
	return s;
}

int
spool_file(const char *dir)
{
	char path[PATH_MAX];
	int fd;

	if (dir == NULL)
		dir = getenv("TMPDIR");
	if (dir == NULL || dir[0] == '\0')
		dir = "/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd != -1 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	if (snprintf(path, sizeof path, "%s/zmap-recv.XXXXXX", dir) >=
	    (int)sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd != -1)
		unlink(path);
	return fd;
}

/* --- blocks; all under the lock --- */

static struct block *
block_get(struct spool *s)
{
	struct block *b = s->spare;

	if (b != NULL) {
		s->spare = b->next;
		s->nspare--;
	} else
		b = malloc(BLOCK);
	if (b == NULL)
		return NULL;
	*b = (struct block){ .next = NULL };
	s->blocks++;
	return b;
}

static void
block_put(struct spool *s, struct block *b)
{
	s->blocks--;
	if (s->nspare >= SPARE) {
		free(b);
		return;
	}
	b->next = s->spare;
	s->spare = b;
	s->nspare++;
}

static void
spool_append(struct list *l, struct block *b)
{
	if (l->last != NULL)
		l->last->next = b;
	else
		l->first = b;
	l->last = b;
}

static struct block *
take_first(struct list *l)
{
	struct block *b = l->first;

	if (b == NULL)
		return NULL;
	l->first = b->next;
	if (l->first == NULL)
		l->last = NULL;
	b->next = NULL;
	return b;
}

static bool
is_spilled(const struct spool *s)
{
	return s->head != s->tail || s->spilling || s->back.first != NULL;
}

static bool
under_pressure(const struct spool *s)
{
	return s->file != -1 && s->blocks > s->blocks_max / 2;
}

/* --- putting in --- */

/* Room for more in the last block of a list. */
static size_t
room_in(const struct list *l)
{
	return l->last != NULL && !l->last->sealed ? ROOM - l->last->size : 0;
}

/* Copies all of it, or nothing for lack of memory. */
static int
spool_add(struct spool *s, struct list *l, const unsigned char *p, size_t n,
    uint64_t records)
{
	struct list fresh = { NULL, NULL };
	size_t room = room_in(l), more = n > room ? n - room : 0, take;
	struct block *b;

	for (; more > 0; more -= more < ROOM ? more : ROOM) {
		b = block_get(s);
		if (b == NULL) {
			while ((b = take_first(&fresh)) != NULL)
				block_put(s, b);
			return -1;
		}
		spool_append(&fresh, b);
	}
	while (n > 0) {
		if (room == 0) {
			spool_append(l, take_first(&fresh));
			room = ROOM;
		}
		take = n < room ? n : room;
		memcpy(l->last->data + l->last->size, p, take);
		l->last->size += take;
		p += take;
		n -= take;
		room -= take;
	}
	l->last->records += records;
	return 0;
}

/* May n bytes more be added?  What has no records always may. */
static bool
spool_fits(const struct spool *s, const struct list *l, size_t n,
    uint64_t records)
{
	size_t room = room_in(l), more = n > room ? n - room : 0;

	return records == 0 || s->keep_all || more == 0 ||
	    s->blocks + (more + ROOM - 1) / ROOM <= s->blocks_max;
}

static int
spool_put(void *ctx, const unsigned char *p, size_t n, uint64_t records)
{
	struct spool *s = ctx;
	struct list *l;
	int error;

	pthread_mutex_lock(&s->lock);
	error = s->error;
	l = is_spilled(s) || under_pressure(s) ? &s->back : &s->front;
	if (error != 0)
		;
	else if (!spool_fits(s, l, n, records) ||
	    spool_add(s, l, p, n, records) == -1) {
		s->counts.dropped += records;
		if (records == 0)
			error = ENOMEM;
	} else {
		s->counts.records += records;
		s->counts.bytes += n;
		if (s->counts.bytes > s->counts.most)
			s->counts.most = s->counts.bytes;
		pthread_cond_signal(&s->filled);
		if (under_pressure(s))
			pthread_cond_signal(&s->pressed);
	}
	pthread_mutex_unlock(&s->lock);
	errno = error;
	return error == 0 ? 0 : -1;
}

struct stream_sink
spool_sink(struct spool *s)
{
	return (struct stream_sink){ .write = spool_put, .ctx = s };
}

/* --- into the file --- */

static int
write_block(int file, uint64_t at, const struct block *b)
{
	const unsigned char *p = (const unsigned char *)b;
	size_t n = sizeof *b + b->size;
	off_t offset = at * BLOCK;
	ssize_t w;

	while (n > 0) {
		w = pwrite(file, p, n, offset);
		if (w == -1 && errno != EINTR)
			return -1;
		if (w > 0) {
			p += w;
			n -= w;
			offset += w;
		}
	}
	return 0;
}

static void *
spool_spill(void *ctx)
{
	struct spool *s = ctx;
	struct block *b;
	int rc;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		while (!s->ending &&
		    (s->file_full || !under_pressure(s) ||
			s->back.first == NULL))
			pthread_cond_wait(&s->pressed, &s->lock);
		if (s->ending)
			break; /* the writer takes what is left */
		b = s->back.first;
		b->sealed = true;
		s->spilling = true;
		pthread_mutex_unlock(&s->lock);
		rc = write_block(s->file, s->tail, b);
		pthread_mutex_lock(&s->lock);
		s->spilling = false;
		if (rc == -1)
			s->file_full = true;
		else {
			s->tail++;
			s->counts.spilled += b->size;
			block_put(s, take_first(&s->back));
		}
		pthread_cond_signal(&s->filled);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* --- out to the reader --- */

static int
read_block(int file, uint64_t at, struct block *b)
{
	unsigned char *p = (unsigned char *)b;
	size_t n = 0, want = sizeof *b;
	ssize_t r;

	while (n < want) {
		r = pread(file, p + n, want - n, at * BLOCK + n);
		if (r == -1 && errno == EINTR)
			continue;
		if (r <= 0) {
			errno = r == 0 ? EIO : errno;
			return -1;
		}
		n += r;
		if (n == sizeof *b) {
			if (b->size > ROOM) {
				errno = EIO;
				return -1;
			}
			want += b->size;
		}
	}
	return 0;
}

/*
 * The oldest block of the file.  A block that has been read gives its room on
 * the disk back at once, where the file system can do that.
 */
static struct block *
take_from_file(struct spool *s)
{
	struct block *b = block_get(s);
	uint64_t at = s->head;
	int rc;

	if (b == NULL) {
		s->error = ENOMEM;
		return NULL;
	}
	pthread_mutex_unlock(&s->lock);
	rc = read_block(s->file, at, b);
	if (rc == 0)
		(void)!fallocate(s->file,
		    FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at * BLOCK,
		    BLOCK);
	pthread_mutex_lock(&s->lock);
	if (rc == -1) {
		s->error = errno;
		block_put(s, b);
		return NULL;
	}
	b->next = NULL;
	s->head++;
	s->file_full = false;
	if (s->head == s->tail && !s->spilling && ftruncate(s->file, 0) == 0)
		s->head = s->tail = 0;
	return b;
}

/* The next block to write: front, file, back.  NULL: none, or an error. */
static struct block *
spool_take(struct spool *s)
{
	struct block *b = take_first(&s->front);

	if (b != NULL)
		return b;
	if (s->head != s->tail)
		return take_from_file(s);
	if (s->spilling)
		return NULL;
	/* all that is left is in memory, and in order: start over */
	s->front = s->back;
	s->back = (struct list){ NULL, NULL };
	s->file_full = false;
	return take_first(&s->front);
}

static void *
spool_write_all(void *ctx)
{
	struct spool *s = ctx;
	struct block *b;
	int rc;

	pthread_mutex_lock(&s->lock);
	while (s->error == 0) {
		b = spool_take(s);
		if (b == NULL && s->error != 0)
			break;
		if (b == NULL) {
			if (s->ending && !is_spilled(s))
				break;
			pthread_cond_wait(&s->filled, &s->lock);
			continue;
		}
		pthread_mutex_unlock(&s->lock);
		rc = whole_write(s->fd, b->data, b->size);
		pthread_mutex_lock(&s->lock);
		if (rc == -1)
			s->error = errno;
		s->counts.records -= b->records;
		s->counts.bytes -= b->size;
		block_put(s, b);
		if (under_pressure(s))
			pthread_cond_signal(&s->pressed);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* --- all --- */

int
spool_start(struct spool *s)
{
	int rc;

	rc = pthread_create(&s->writer, NULL, spool_write_all, s);
	s->has_writer = rc == 0;
	if (rc == 0 && s->file != -1) {
		rc = pthread_create(&s->spiller, NULL, spool_spill, s);
		s->has_spiller = rc == 0;
	}
	errno = rc;
	return rc == 0 ? 0 : -1;
}

void
spool_keep_all(struct spool *s)
{
	s->keep_all = true;
}

bool
spool_is_full(struct spool *s)
{
	bool full;

	pthread_mutex_lock(&s->lock);
	full = s->error == 0 && s->blocks >= s->blocks_max;
	pthread_mutex_unlock(&s->lock);
	return full;
}

bool
spool_drops_repeat(struct spool *s)
{
	bool drops;

	pthread_mutex_lock(&s->lock);
	drops = s->error == 0 && !s->keep_all &&
	    (is_spilled(s) || s->blocks > s->blocks_max / 2);
	s->counts.dropped += drops;
	pthread_mutex_unlock(&s->lock);
	return drops;
}

void
spool_count(struct spool *s, struct spool_counts *counts)
{
	pthread_mutex_lock(&s->lock);
	*counts = s->counts;
	counts->failed = s->error != 0;
	pthread_mutex_unlock(&s->lock);
}

int
spool_end(struct spool *s)
{
	struct block *b;
	int error;

	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_signal(&s->filled);
	pthread_cond_signal(&s->pressed);
	pthread_mutex_unlock(&s->lock);
	if (s->has_spiller)
		pthread_join(s->spiller, NULL);
	pthread_mutex_lock(&s->lock);
	pthread_cond_signal(&s->filled);
	pthread_mutex_unlock(&s->lock);
	if (s->has_writer)
		pthread_join(s->writer, NULL);
	while ((b = take_first(&s->front)) != NULL ||
	    (b = take_first(&s->back)) != NULL)
		free(b);
	while ((b = s->spare) != NULL) {
		s->spare = b->next;
		free(b);
	}
	error = s->error;
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->filled);
	pthread_cond_destroy(&s->pressed);
	free(s);
	errno = error;
	return error == 0 ? 0 : -1;
}
