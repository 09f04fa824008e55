/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop that talks to hosts, thousands at once: takes them from a
 * host_source, gets a connection to each from its maker, sends a
 * request, keeps what comes back within bounds of size and time, and reports
 * on every one.
 *
 *	connecting -> (TLS handshake) -> sending -> reading -> report
 *
 * Input goes on being read while all connections are busy: hosts wait in a
 * queue, and only when that is full does stdin wait, which is said.
 */
#ifndef GRAB_H
#define GRAB_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/outcome.h"
#include "host.h"
#include "report.h"
#include "request.h"

#define GRAB_FILES 32 /* descriptors besides those of connections */

/* Who makes the connections. */
struct grab_opener {
	void *ctx;

	/*
	 * A nonblocking socket for a host, -1 with errno if this machine
	 * cannot make one, and *why, which lasts, if that can be said better
	 * than by errno.  *connected: it is connected already.  Must be set.
	 */
	int (*open)(void *ctx, const struct host *, bool *connected,
	    const char **why);

	/*
	 * The header of a stream was read.  -1, with *why set, ends it all.
	 * May be NULL.
	 */
	int (*segment)(void *ctx, const struct header *, const char **why);
};

struct grab_config {
	int in, out; /* descriptors */
	struct host_config hosts;
	unsigned concurrent;
	uint64_t connect_ns; /* also of a handshake */
	uint64_t read_ns;    /* until the first byte */
	uint64_t gap_ns;     /* 0: the first read ends it */
	uint64_t total_ns;   /* of a connection */
	uint64_t runtime_ns; /* of everything; 0: no limit */
	size_t max_bytes;
	size_t queue;	   /* hosts that may wait */
	const char *until; /* or NULL */
	size_t until_size;
	struct request *request; /* NULL: listens only */
	bool tls;
	const char *server_name;
	enum report_format format;
	int status_fd;	   /* -1: none */
	const char *stage; /* for status lines */
	char *const *argv; /* for the history of a stream */
	struct log *log;
	struct grab_opener opener;
};

struct grab;

/*
 * All that has to be opened is opened here, so that rights can be given up
 * afterwards.  NULL with a reason that lasts in *why.
 */
struct grab *grab_new(const struct grab_config *, const char **why);
void grab_free(struct grab *);

/*
 * Runs to the end and returns the outcome; on OUTCOME_FAILED grab_why() says
 * what happened, and is empty if an earlier stage did and has said so.
 */
enum outcome grab_run(struct grab *);
const char *grab_why(const struct grab *);

#endif
