/* SPDX-License-Identifier: Apache-2.0 */
/* Reading targets; see feed.h. */
#include "send/feed.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan/batch.h"

struct feed {
	struct feed_config config;
	pthread_t id;
	atomic_bool failed, ended;
	char why[300];
	struct stream_item end;
};

static void
fails(struct feed *f, const char *what)
{
	snprintf(f->why, sizeof f->why, "stdin: %s", what);
	atomic_store(&f->failed, true);
}

static void
keep_end(struct feed *f, const struct stream_item *item)
{
	unsigned char *copy = malloc(item->size);

	if (copy == NULL) {
		fails(f, "out of memory");
		return;
	}
	memcpy(copy, item->bytes, item->size);
	f->end = (struct stream_item){ .what = STREAM_END,
		.bytes = copy,
		.size = item->size };
	atomic_store(&f->ended, true);
}

/* false: no more. */
static bool
feed_take(struct feed *f, const struct stream_item *item)
{
	const struct feed_config *c = &f->config;
	const char *wrong;
	struct batch b;

	switch (item->what) {
	case STREAM_HEADER:
		fails(f, "a second segment; send one scan at a time");
		return false;
	case STREAM_RECORD:
		if (batch_get(item, c->family, c->with_ports, &b, &wrong) ==
		    -1) {
			fails(f, wrong);
			return false;
		}
		return work_add(c->work, &b, c->chunk(c->ctx));
	case STREAM_EVENT:
		c->event(c->ctx, item);
		break;
	case STREAM_END:
		keep_end(f, item);
		break;
	}
	return true;
}

static void *
feed_run(void *arg)
{
	struct stream_item item;
	struct feed *f = arg;
	int rc;

	while ((rc = stream_read(f->config.in, &item)) == 1)
		if (!feed_take(f, &item))
			break;
	if (rc == -1)
		fails(f, stream_error(f->config.in));
	work_close(f->config.work);
	return NULL;
}

struct feed *
feed_start(const struct feed_config *c)
{
	struct feed *f = calloc(1, sizeof *f);

	if (f == NULL)
		return NULL;
	f->config = *c;
	errno = pthread_create(&f->id, NULL, feed_run, f);
	/* it may never come back from its read, so it is not joined */
	if (errno == 0) {
		pthread_detach(f->id);
		return f;
	}
	free(f);
	return NULL;
}

const char *
feed_error(const struct feed *f)
{
	return atomic_load(&f->failed) ? f->why : NULL;
}

const struct stream_item *
feed_end(const struct feed *f)
{
	return atomic_load(&f->ended) ? &f->end : NULL;
}
