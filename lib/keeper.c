/* Files of a running scan; see keeper.h. */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "checkpoint.h"
#include "keeper.h"
#include "status.h"

#define SECOND	   1000000000ull
#define SAVE_EVERY (2 * SECOND)
#define LOOK_EVERY (SECOND / 2)

struct keeper {
	struct keeper_config config;
	struct checkpoint checkpoint;
	struct exclude *exclude;
	pthread_t id;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool started, stop, reread;
	bool complained; /* of the checkpoint */
};

static int
save_position(struct keeper *k, char *why, size_t size)
{
	if (k->config.checkpoint == NULL)
		return 0;
	k->checkpoint.position = work_position(k->config.work);
	if (checkpoint_write(&k->checkpoint, k->config.checkpoint) == 0)
		return 0;
	snprintf(why, size, "checkpoint %s: %s", k->config.checkpoint,
	    strerror(errno));
	return -1;
}

struct keeper *
keeper_new(const struct keeper_config *c, char *why, size_t size)
{
	struct keeper *k = calloc(1, sizeof *k);
	pthread_condattr_t attr;

	snprintf(why, size, "out of memory");
	if (k == NULL)
		return NULL;
	k->config = *c;
	pthread_mutex_init(&k->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&k->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (c->exclude != NULL) {
		k->exclude = exclude_open(c->exclude, why, size);
		if (k->exclude == NULL)
			return NULL;
	}
	if (c->checkpoint != NULL &&
	    checkpoint_from_scan(&k->checkpoint, c->scan) == -1) {
		snprintf(why, size, "checkpoint %s: %s", c->checkpoint,
		    errno != 0 ? strerror(errno) :
				 "the targets have no scan id");
		return NULL;
	}
	why[0] = '\0';
	return k;
}

const struct exclude *
keeper_exclude(const struct keeper *k)
{
	return k->exclude;
}

int
keeper_check(struct keeper *k, char *why, size_t size)
{
	if (k->exclude != NULL &&
	    exclude_reload(k->exclude, true, why, size) == -1)
		return -1;
	return save_position(k, why, size);
}

static void
reload(struct keeper *k, bool always)
{
	char why[512];

	switch (exclude_reload(k->exclude, always, why, sizeof why)) {
	case 1:
		log_info(k->config.log,
		    "%s: leaving out %" PRIu64 " addresses from now on",
		    k->config.exclude, exclude_addresses(k->exclude));
		break;
	case -1:
		log_say(k->config.log, LOG_LEVEL_WARN,
		    "%s; leaving out what was read before", why);
		break;
	}
}

static void
save(struct keeper *k)
{
	char why[512];

	if (save_position(k, why, sizeof why) == 0) {
		k->complained = false;
		return;
	}
	if (!k->complained)
		log_say(k->config.log, LOG_LEVEL_WARN, "%s", why);
	k->complained = true;
}

/* Sleeps until something is to be done; true if the list is to be read. */
static bool
doze(struct keeper *k)
{
	uint64_t until = clock_ns() + LOOK_EVERY;
	struct timespec t = { until / SECOND, until % SECOND };
	bool reread;

	while (!k->stop && !k->reread)
		if (pthread_cond_timedwait(&k->wake, &k->lock, &t) == ETIMEDOUT)
			break;
	reread = k->reread;
	k->reread = false;
	return reread;
}

static void *
run(void *arg)
{
	struct keeper *k = arg;
	uint64_t saved = clock_ns();
	bool always;

	pthread_mutex_lock(&k->lock);
	for (;;) {
		always = doze(k);
		if (k->stop)
			break;
		pthread_mutex_unlock(&k->lock);
		if (k->exclude != NULL)
			reload(k, always);
		if (clock_ns() - saved >= SAVE_EVERY) {
			save(k);
			saved = clock_ns();
		}
		pthread_mutex_lock(&k->lock);
	}
	pthread_mutex_unlock(&k->lock);
	return NULL;
}

int
keeper_start(struct keeper *k)
{
	int error;

	if (k->config.checkpoint == NULL && k->exclude == NULL)
		return 0;
	error = pthread_create(&k->id, NULL, run, k);
	k->started = error == 0;
	return error;
}

void
keeper_reread(struct keeper *k)
{
	pthread_mutex_lock(&k->lock);
	k->reread = true;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->lock);
}

int
keeper_stop(struct keeper *k, char *why, size_t size)
{
	if (k->started) {
		pthread_mutex_lock(&k->lock);
		k->stop = true;
		pthread_cond_signal(&k->wake);
		pthread_mutex_unlock(&k->lock);
		pthread_join(k->id, NULL);
		k->started = false;
	}
	return save_position(k, why, size);
}
