/* SPDX-License-Identifier: Apache-2.0 */
/* Files of a running scan; see keeper.h. */
#include "send/keeper.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/claim.h"
#include "base/clock.h"
#include "scan/checkpoint.h"

#define LOOK_EVERY (SECOND / 8)
#define SAVE_EVERY 8		/* looks */
#define PAUSE	   (SECOND / 4) /* between two readings of the list */
#define CLAIM_MS   3000		/* an older sender's last moments, at most */
#define MARKS	   64		/* positions that are remembered */

/* Where the scan was, and when. */
struct mark {
	uint64_t time, position;
};

struct keeper {
	struct keeper_config config;
	struct checkpoint checkpoint;
	struct mark marks[MARKS]; /* a ring: the oldest first */
	size_t first, nmarks;
	uint64_t settled; /* position whose answers have had their time */
	struct optout *exclude;
	struct claim claim; /* of the checkpoint */
	pthread_t id;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool started, stop, reread;
	atomic_bool begun; /* the checkpoint may be written */
	bool complained;   /* of the checkpoint */
};

static int
save_position(struct keeper *k, uint64_t position, char *why, size_t size)
{
	if (k->config.checkpoint == NULL)
		return 0;
	k->checkpoint.position = position;
	if (k->config.rate != NULL)
		k->checkpoint.rate = rate_get(k->config.rate);
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

/* What an earlier part of the scan has found out. */
static void
take_old_rate(struct keeper *k)
{
	struct checkpoint old;
	char why[512];

	if (checkpoint_read(&old, k->config.checkpoint, why, sizeof why) == -1)
		return;
	if (!old.done && strcmp(old.scan, k->checkpoint.scan) == 0)
		k->checkpoint.rate = old.rate;
	checkpoint_free(&old);
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
	if (c->rate != NULL)
		take_old_rate(k);
	/* a dry run asks, and claims nothing; else it is asked after that */
	if (!c->claims)
		return checkpoint_may_replace(&k->checkpoint, c->checkpoint,
		    why, size);
	return 0;
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
	k->claim.fd = -1;
	/*
	 * Results are on their way through later stages, too; and positions
	 * are remembered when one is saved, which is once a second.
	 */
	if (k->config.lag_ns < SECOND)
		k->config.lag_ns = SECOND;
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

struct optout *
keeper_exclude(const struct keeper *k)
{
	return k->exclude;
}

double
keeper_rate(const struct keeper *k)
{
	return k->checkpoint.rate;
}

int
keeper_check(struct keeper *k, char *why, size_t size)
{
	const struct keeper_config *c = &k->config;
	int rc = 0;

	if (k->exclude != NULL &&
	    optout_reload(k->exclude, true, why, size) != OPTOUT_READ)
		return -1;
	if (c->checkpoint == NULL)
		return 0;
	if (c->claims)
		rc = claim_take(&k->claim, c->checkpoint, CLAIM_SENDER,
		    CLAIM_MS, why, size);
	if (rc == 0 && c->claims)
		rc = checkpoint_may_replace(&k->checkpoint, c->checkpoint, why,
		    size);
	if (rc != 0)
		return rc;
	if (checkpoint_try(c->checkpoint) == 0)
		return 0;
	snprintf(why, size, "checkpoint %s: %s", c->checkpoint,
	    strerror(errno));
	return -1;
}

int
keeper_begin(struct keeper *k, char *why, size_t size)
{
	atomic_store(&k->begun, true);
	return save_position(k, k->settled, why, size);
}

static void
tell_left_out(const struct keeper *k)
{
	size_t six = optout_ranges6(k->exclude);
	char text[64] = "";

	if (six > 0)
		snprintf(text, sizeof text, " and %zu ranges of IPv6", six);
	log_info(k->config.log,
	    "%s: leaving out %" PRIu64 " addresses%s from now on",
	    k->config.exclude, optout_addresses(k->exclude), text);
}

static void
reload(struct keeper *k, bool always)
{
	uint64_t n = optout_addresses(k->exclude);
	char why[512];

	switch (optout_reload(k->exclude, always, why, sizeof why)) {
	case OPTOUT_SAME:
		break;
	case OPTOUT_READ:
		if (always || n != optout_addresses(k->exclude))
			tell_left_out(k);
		break;
	case OPTOUT_PARTLY:
		log_say(k->config.log, LOG_LEVEL_WARN,
		    "%s; leaving out the other lines' networks, and those that were read before",
		    why);
		tell_left_out(k);
		break;
	case OPTOUT_UNREADABLE:
		log_say(k->config.log, LOG_LEVEL_WARN,
		    "%s; leaving out the networks that were read before", why);
		break;
	}
}

/*
 * Not how far the scan is, but how far it was when answers that may still come
 * were not yet asked for: they would be lost if everything is killed now.  Of
 * a long lag the ring remembers a few dozen positions, evenly.
 */
static void
keeper_settle(struct keeper *k)
{
	uint64_t now = clock_ns(), apart = k->config.lag_ns / (MARKS / 2);
	const struct mark *last, *m;

	for (; k->nmarks > 0; k->nmarks--, k->first++) {
		m = &k->marks[k->first % MARKS];
		if (now - m->time < k->config.lag_ns)
			break;
		k->settled = m->position;
	}
	last = &k->marks[(k->first + k->nmarks + MARKS - 1) % MARKS];
	if (k->nmarks == MARKS || (k->nmarks > 0 && now - last->time < apart))
		return;
	k->marks[(k->first + k->nmarks++) % MARKS] = (struct mark){ now,
		work_position(k->config.work) };
}

static void
keeper_save(struct keeper *k)
{
	char why[512];

	if (!atomic_load(&k->begun))
		return;
	keeper_settle(k);
	if (save_position(k, k->settled, why, sizeof why) == 0) {
		k->complained = false;
	} else if (!k->complained) {
		log_say(k->config.log, LOG_LEVEL_WARN, "%s", why);
		k->complained = true;
	}
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
keeper_run(void *arg)
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
				keeper_save(k);
			look = clock_ns() + LOOK_EVERY;
		}
		pthread_mutex_lock(&k->lock);
		if (always)
			doze(k, clock_ns() + PAUSE, false);
	}
	pthread_mutex_unlock(&k->lock);
	return NULL;
}

int
keeper_start(struct keeper *k)
{
	if (k->config.checkpoint == NULL && k->exclude == NULL)
		return 0;
	errno = pthread_create(&k->id, NULL, keeper_run, k);
	k->started = errno == 0;
	return k->started ? 0 : -1;
}

void
keeper_reread(struct keeper *k)
{
	pthread_mutex_lock(&k->lock);
	k->reread = true;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->lock);
}

/* The last checkpoint. */
static int
save_end(struct keeper *k, enum keeper_end end, char *why, size_t size)
{
	if (k->config.checkpoint == NULL || !atomic_load(&k->begun))
		return 0;
	keeper_settle(k);
	k->checkpoint.has_sent = end != KEEPER_LOST;
	k->checkpoint.sent = work_position(k->config.work);
	k->checkpoint.drained = end == KEEPER_DONE;
	return save_position(k, k->settled, why, size);
}

int
keeper_stop(struct keeper *k, enum keeper_end end, char *why, size_t size)
{
	int rc;

	if (k->started) {
		pthread_mutex_lock(&k->lock);
		k->stop = true;
		pthread_cond_signal(&k->wake);
		pthread_mutex_unlock(&k->lock);
		pthread_join(k->id, NULL);
		k->started = false;
	}
	rc = save_end(k, end, why, size);
	claim_release(&k->claim);
	return rc;
}
