/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An elastic queue in front of a descriptor: a caller that puts bytes in never
 * waits, however slowly they are taken out.
 *
 *	put -> front, in memory ------------------------------> writer -> fd
 *	       back, in memory -> spiller -> file -> (then) ------^
 *
 * What is put goes to the front as long as that is all there is.  When memory
 * is half full, it goes to the back instead, and a thread moves the back into
 * a file; the writer takes the front, then the file, then the back, so the
 * order is kept.  When all memory is full (the disk is slow, or full), what
 * comes is dropped in whole pieces and its records are counted.
 *
 * Memory and file grow with what is queued and shrink again.
 */
#ifndef SPOOL_H
#define SPOOL_H
#include <stdbool.h>
#include <stdint.h>

#include "stream/stream.h"

struct spool;

struct spool_counts {
	uint64_t records, bytes; /* in the queue now */
	uint64_t most;		 /* bytes, at the worst time */
	uint64_t spilled;	 /* bytes that went into the file */
	uint64_t dropped;	 /* records */
	bool failed;		 /* writing to fd */
};

/*
 * memory: bytes at most, at least SPOOL_MEMORY_MIN.  file: where to spill to,
 * empty, for reading and writing, or -1 for nowhere; both descriptors stay
 * the caller's.  NULL for lack of memory.
 */
struct spool *spool_new(int fd, uint64_t memory, int file);

#define SPOOL_MEMORY_MIN (1 << 20)

/* A file without a name in dir, or in $TMPDIR or /tmp.  -1 with errno. */
int spool_file(const char *dir);

/* Starts the threads.  0, or -1 with errno. */
int spool_start(struct spool *);

/*
 * For a source that can wait: nothing is dropped any more, and the caller looks
 * for room before it puts something in.
 */
void spool_keep_all(struct spool *);
bool spool_is_full(struct spool *);

/*
 * Is the queue half full, or in the file?  Then it takes no repeat: a target
 * that answers again and again must not crowd out others, nor fill the disk.
 * Counts it as dropped if so.
 */
bool spool_drops_repeat(struct spool *);

/*
 * For stream_out_sink.  Pieces with records may be dropped, others never are.
 * Fails with errno once writing to fd has failed.
 */
struct stream_sink spool_sink(struct spool *);

void spool_count(struct spool *, struct spool_counts *);

/* Waits until everything is written, and frees: 0, or -1 with errno. */
int spool_end(struct spool *);

#endif
