/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a scan was, so that it can go on after a crash: a small text file
 * that zmap-send writes and zmap-targets reads.
 *
 *	zmap-checkpoint 1
 *	scan 6ff7f32b1d7c3bd2a1b3b6d3a3d4a5c1	scan id
 *	lists 09a1...				digest of the lists; optional
 *	seed 42
 *	shards 4
 *	shard 1
 *	copies 2		of each target, if they are spread,
 *	distance 300000		and how far, in targets; optional
 *	position 123456		all targets before it have been sent, and
 *				their answers have had their time
 *	sent 131072				how far it was sent; optional
 *	drained					up to the end; optional
 *	probe 77b0...				digest of what each is sent; optional
 *	rate 20000				that -r auto has found; optional
 *	done					nothing is left; optional
 *	network 1.0.0.0-9.255.255.255		of the scan; any number
 *	...
 *	end
 *
 * When sending ends, answers are still on their way.  So "sent" and "drained"
 * are only what will be true when the cooldown is over; who outlives it turns
 * them into "position" and "done" (settle.h).
 *
 * With the networks, a scan can go on after its blacklist has grown: positions
 * count in the set that the scan began with. Lines with other first words are
 * for other versions and are skipped. A file without its last line is refused.
 */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H
#include <stdbool.h>
#include <stdint.h>

#include "addr/networks.h"
#include "scan/facts.h"
#include "scan/scanid.h"

struct checkpoint {
	/* "": not known */
	char scan[SCANID_TEXT], lists[SCANID_TEXT], probe[SCANID_TEXT];
	uint64_t seed, shards, shard, position, sent;
	uint64_t copies, distance; /* of a spread scan (facts.h), or 0 */
	uint64_t rate;		   /* that was found (-r auto), or 0 */
	bool has_sent, drained;	   /* the sender has stopped */
	bool done;		   /* the scan has come to its end */
	struct networks networks;
};

/*
 * Takes what is needed of the facts of a targets stream. -1 for lack of
 * memory, with errno set, or, with errno 0, if it has no id.
 */
int checkpoint_from_facts(struct checkpoint *c, const struct facts *f);

/*
 * Whether c may take the place of what is at `path`: of nothing, of a scan
 * that is done, or of the same scan, not further on. -1 and the reason.
 */
int checkpoint_may_replace(const struct checkpoint *c, const char *path,
    char *why, size_t whysize);

/* Whether that could replace the file at `path`, which stays.  -1 and errno. */
int checkpoint_try(const char *path);

/*
 * Replaces the file at `path`: after a crash at any moment there is the old
 * one or the new one, whole. -1 and errno.
 */
int checkpoint_write(const struct checkpoint *c, const char *path);

/* -1 and the reason, with the line if there is one, in why[]. */
int checkpoint_read(struct checkpoint *c, const char *path, char *why,
    size_t whysize);
void checkpoint_free(struct checkpoint *c);

#endif
