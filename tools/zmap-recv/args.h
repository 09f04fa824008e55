/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of zmap-recv share: main is in tools/zmap-recv.c.
 */
#ifndef RECV_ARGS_H
#define RECV_ARGS_H
#include <stdbool.h>
#include <stdint.h>

#include "addr/sources.h"
#include "base/outcome.h"
#include "cli/tool.h"
#include "probe/module.h"
#include "probe/probe.h"
#include "recv/capture.h"
#include "recv/receiver.h"
#include "scan/scan.h"
#include "stream/stream.h"

struct args {
	uint64_t buffer, queue;
	struct sources sources; /* that the user names */
	const char *interface, *read_pcap, *write_pcap, *module;
	const char *back; /* path of the way back, or NULL */
	int back_fd;	  /* its descriptor, or -1 */
	const char *spill, *write_stream, *checkpoint;
	const char *only; /* --only-fields */
	double cooldown, min_hitrate;
	unsigned checks; /* bits of check.h */
	uint64_t check_wait;
	const char *dense;
	double dense_share; /* percent */
	int method;
	uint32_t window;
	int check_port; /* -1: as the module likes */
	bool list_fields, by_responder, tell_answered;
};

/* --- options.c --- */

void recv_parse_args(struct args *, struct tool *, int argc, char **argv);

/* Ends the program if it opened an output that is read, too. */
void recv_check_outputs(const struct args *);

const struct probe *recv_find_probe(const char *name, enum module_by);

/* --- live.c --- */

/* The capture, of a network or of a file. */
struct capture *recv_open_capture(const struct args *, const struct log *,
    const struct scan *, const struct probe *, struct solicited *);

/* --- files.c --- */

/* --write-stream: a copy of the input, or NULL. */
struct stream_out *recv_open_keep(struct outfile *, const char *path,
    const struct stream_item *header);

/* --dense: where it goes, and what counts. */
void recv_open_dense(const struct args *, struct receiver *,
    const struct scan *);

/* After the scan.  What it came to, or OUTCOME_FAILED. */
enum outcome recv_write_dense(const struct args *, const struct receiver *,
    const struct header *, enum outcome, char *const argv[]);

#endif
