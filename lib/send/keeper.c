/* SPDX-License-Identifier: Apache-2.0 */
/* Files of a running scan; see keeper.h. */
#include "send/keeper.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "scan/checkpoint.h"

#define LOOK_EVERY (SECOND / 2)
#define SAVE_EVERY 2		/* looks */
#define PAUSE	   (SECOND / 4) /* between two readings of the list */

struct keeper {
	struct keeper_config config;
	struct checkpoint checkpoint;
	uint64_t settled; /* position whose answers have had their time */
	struct optout *exclude;
	pthread_t id;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool started, stop, reread;
	bool complained; /* of the checkpoint */
};

static int
save_position(struct keeper *k, uint64_t position, char *why, size_t size)
{
	if (k->config.checkpoint == NULL)
		return 0;
	k->checkpoint.position = position;
	if (checkpoint_write(&k->checkpoint, k->config.checkpoint) == 0)
		return 0;
	snprintf(why, size, "checkpoint %s: %s", k->config.checkpoint,
	    strerror(errno));
	return -1;
}

static void
add_text(struct scanid *id, const char *s)
{
	scanid_add(id, strlen(s));
	for (; *s != '\0'; s++)
		scanid_add(id, (unsigned char)*s);
}

/* Of what is sent to each target, whatever the addresses of the sender. */
static void
digest_probe(const struct keeper_config *c, char text[SCANID_TEXT])
{
	uint8_t bytes[SCANID_SIZE];
	struct scanid id;

	scanid_start(&id);
	add_text(&id, c->probe->name);
	add_text(&id, c->probe_args != NULL ? c->probe_args : "");
	scanid_add(&id, c->probes);
	scanid_end(&id, bytes);
	scanid_print(bytes, text);
}

static int
open_checkpoint(struct keeper *k, char *why, size_t size)
{
	const struct keeper_config *c = &k->config;

	if (checkpoint_from_facts(&k->checkpoint, c->facts) == -1) {
		snprintf(why, size, "checkpoint %s: %s", c->checkpoint,
		    errno != 0 ? strerror(errno) :
				 "the targets have no scan id");
		return -1;
	}
	digest_probe(c, k->checkpoint.probe);
	k->settled = k->checkpoint.position;
	return checkpoint_may_replace(&k->checkpoint, c->checkpoint, why, size);
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
		k->exclude = optout_open(c->exclude, why, size);
		if (k->exclude == NULL)
			return NULL;
	}
	if (c->checkpoint != NULL && open_checkpoint(k, why, size) == -1)
		return NULL;
	why[0] = '\0';
	return k;
}

const struct optout *
keeper_exclude(const struct keeper *k)
{
	return k->exclude;
}

int
keeper_check(struct keeper *k, char *why, size_t size)
{
	if (k->exclude != NULL &&
	    optout_reload(k->exclude, true, why, size) == -1)
		return -1;
	return save_position(k, k->settled, why, size);
}

static void
reload(struct keeper *k, bool always)
{
	char why[512];

	switch (optout_reload(k->exclude, always, why, sizeof why)) {
	case 1:
		log_info(k->config.log,
		    "%s: leaving out %" PRIu64 " addresses from now on",
		    k->config.exclude, optout_addresses(k->exclude));
		break;
	case -1:
		log_say(k->config.log, LOG_LEVEL_WARN,
		    "%s; leaving out what was read before", why);
		break;
	}
}

/*
 * Not how far the scan is, but how far it was at the save before: answers to
 * the last probes are still on their way, or in a later stage, and would be
 * lost if everything is killed now.
 */
static void
save(struct keeper *k)
{
	uint64_t now = work_position(k->config.work);
	char why[512];

	if (save_position(k, k->settled, why, sizeof why) == 0) {
		k->complained = false;
	} else if (!k->complained) {
		log_say(k->config.log, LOG_LEVEL_WARN, "%s", why);
		k->complained = true;
	}
	k->settled = now;
}

/* Until then, or until told to stop or, if it matters, to read the list. */
static void
doze(struct keeper *k, uint64_t until, bool may_reread)
{
	struct timespec t = clock_timespec(until);

	while (!k->stop && !(may_reread && k->reread))
		if (pthread_cond_timedwait(&k->wake, &k->lock, &t) == ETIMEDOUT)
			break;
}

static void *
run(void *arg)
{
	struct keeper *k = arg;
	uint64_t look = clock_ns() + LOOK_EVERY;
	unsigned looks = 0;
	bool always;

	pthread_mutex_lock(&k->lock);
	for (;;) {
		doze(k, look, true);
		if (k->stop)
			break;
		always = k->reread;
		k->reread = false;
		pthread_mutex_unlock(&k->lock);
		if (k->exclude != NULL)
			reload(k, always);
		if (clock_ns() >= look) {
			if (++looks % SAVE_EVERY == 0)
				save(k);
			look = clock_ns() + LOOK_EVERY;
		}
		pthread_mutex_lock(&k->lock);
		/* exclude.c counts on it */
		if (always)
			doze(k, clock_ns() + PAUSE, false);
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
keeper_stop(struct keeper *k, enum keeper_end end, char *why, size_t size)
{
	if (k->started) {
		pthread_mutex_lock(&k->lock);
		k->stop = true;
		pthread_cond_signal(&k->wake);
		pthread_mutex_unlock(&k->lock);
		pthread_join(k->id, NULL);
		k->started = false;
	}
	k->checkpoint.done = end == KEEPER_DONE;
	return save_position(k,
	    end == KEEPER_LOST ? k->settled : work_position(k->config.work),
	    why, size);
}
