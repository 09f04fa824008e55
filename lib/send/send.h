/* SPDX-License-Identifier: Apache-2.0 */
/*
 * send: all of zmap-send behind its options.  Reads a stream of targets,
 * sends their probes, and writes a stream of probes: header, ready, progress
 * and end (zmap-stream(5)).
 *
 * Order of things: the header of the input is read, because where the targets
 * lie decides which device to open; then our own header is written, so that
 * zmap-recv gets ready, and everything is opened; then all rights go; and only
 * then the first target is looked at.
 */
#ifndef SEND_H
#define SEND_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/sources.h"
#include "base/cores.h"
#include "base/log.h"
#include "base/outcome.h"
#include "probe/probe.h"
#include "send/sender.h"

enum send_dry {
	DRY_NOT,
	DRY_TEXT,
	DRY_BINARY,
	DRY_ROUTES,
};

struct send {
	char *const *argv; /* for the history */
	const struct log *log;
	enum send_dry dry;

	const struct probe *probe;
	const char *probe_file;	 /* it is from, or "" */
	const char *probe_args;	 /* or NULL */
	const char *attribution; /* or NULL */
	bool attribution_padn;	 /* in a header of IPv6, too */
	const char *contact;	 /* or NULL */
	bool anonymous;
	unsigned probes;
	bool probes_given; /* by -P */
	uint8_t ttl;
	uint16_t source_port;	/* the first of them */
	uint32_t source_ports;	/* how many there are */
	struct sources sources; /* none: the interface's address */

	const char *interface; /* or NULL */
	const char *way;
	const char *savefile; /* or NULL */
	bool iplayer;
	bool on_link; /* targets without a route are on interface's link */
	bool has_gateway_mac, has_source_mac;
	uint8_t gateway_mac[6], source_mac[6];

	double rate;	   /* packets/s, 0: no limit */
	bool rate_auto;	   /* the rate is found, and that is the most */
	double bandwidth;  /* bits/s, 0: not given; wins */
	double rate_share; /* packets/s of all shards, 0: no limit */
	uint64_t running;  /* shards at once, 0: all */
	unsigned batch, retries;
	unsigned threads; /* 0: as many as help */
	bool batch_given; /* by --batch */
	int cores[CORES_MAX];
	unsigned ncores;
	uint64_t max_failures;	 /* UINT64_MAX: no limit */
	uint64_t max_runtime;	 /* ns, 0: no limit */
	const char *checkpoint;	 /* or NULL */
	uint64_t checkpoint_lag; /* ns */
	const char *exclude;	 /* or NULL */
	int status_fd;		 /* or -1 */
	bool resend_silent;	 /* no copies for those that have answered */
	bool measure_loss;
	double max_loss; /* percent; 100: any */
	int back;	 /* descriptor of the way back, or -1 */
};

/* From stdin to stdout.  why: an error not yet reported, or "". */
enum outcome send_run(const struct send *, char *why, size_t size);

#endif
