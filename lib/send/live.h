/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live: BPF programs that make frames in the kernel, for io-live.c.
 *
 * The kernel can run a program of type XDP on pages of its own, as though they
 * had been received, and do with them what the program says ("live frames",
 * Documentation/bpf/bpf_prog_run.rst of the kernel).  Ours copies the next
 * frame of a ring that it shares with us into the page and sends it to the
 * device: no socket, no buffer allocated for each frame, no copy by the kernel.
 *
 *	user space			the program, for each page
 *
 *	frames[slot], len	--->	page = frames[slot[next++]]
 *	slot[0..count), next = 0	redirect to the device
 *	live_run()		<---	event: how many were taken and refused
 *
 * The call says nothing of frames that the device refuses, and they are gone.
 * Two more programs listen to the kernel's trace points of just these frames
 * and write down what became of them, in the order of the run.
 *
 * A ring, and the programs for it, are one thread's.
 */
#ifndef LIVE_H
#define LIVE_H
#include <stdint.h>

enum {
	LIVE_SLOTS = 1024, /* a power of two */
	/* 29 lines of cache: an odd number, so that slots share no few sets */
	LIVE_SLOT = 1856,
};

/* What the device said of some frames of the run, one after the other. */
struct live_event {
	uint16_t sent;	  /* frames that it took */
	uint16_t refused; /* frames behind them that it did not */
	int32_t error;	  /* negative errno, or 0: it was full */
};

struct live_ring {
	/* A run; set by us, and counted up by the program. */
	uint32_t next;	/* number of the frame that comes next */
	uint32_t count; /* of frames */
	/* Only within a run: */
	uint32_t cpu;	  /* that it is on */
	uint32_t pending; /* frames that no event has told of */
	/* How it went. */
	uint32_t nevents;
	int32_t error; /* why frames got lost, negative */
	struct live_event events[LIVE_SLOTS];
	uint8_t lost[LIVE_SLOTS]; /* not even offered to the device */

	/* Of each frame of the run. */
	uint16_t slot[LIVE_SLOTS];
	uint16_t len[LIVE_SLOTS];
	uint8_t frames[LIVE_SLOTS][LIVE_SLOT];
};

struct live {
	struct live_ring *ring;
	int program; /* -1: not loaded */
	int taken;   /* links to the trace points */
	int refused;
	int held; /* link of live_hold */
	int elsewhere;
};

/*
 * Loads the programs for a device.  0, or -1 with errno and *why; needs
 * CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON, and CAP_SYS_ADMIN, which nothing
 * later does.
 */
int live_open(struct live *, unsigned ifindex, const char **why);
void live_close(struct live *);

/*
 * Sends ring->count frames; first: a copy of the first one.  -1 with errno:
 * it has ended early, which ring->next tells.
 */
int live_run(struct live *, const void *first, unsigned len);

#endif
