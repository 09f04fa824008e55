/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames from network devices or from a savefile, by libpcap.
 *
 * Each device has a capture of its own, so that a frame that passes several of
 * them, as on a bridge and its port, comes from the one that was named.  A
 * device with several queues has several rings, if the scan is a large one
 * (fanout.h).
 * A live capture never blocks and is polled.  The kernel filters, stamps in
 * nanoseconds and keeps frames in a ring; frames that this machine sends do
 * not get into it.  Counters are 64 bits wide and only grow; capture_count
 * must be called now and then, at least every 2^32 frames.
 */
#ifndef CAPTURE_H
#define CAPTURE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture;

enum { CAPTURE_DEVICES = 32 };

struct capture_args {
	const char *interfaces[CAPTURE_DEVICES]; /* or one that is "any" */
	unsigned ninterfaces;
	bool others; /* take answers that come in on other devices, too */
	const uint8_t *mac; /* that answers are sent to; NULL: the device's */
	unsigned family;    /* of the answers */
	const char *filter; /* pcap-filter(7) */
	size_t snaplen;	    /* bytes of IP packet */
	size_t buffer;	    /* bytes of ring, for all together */
	/*
	 * If not 0, no more answers than this will come, as far as one can
	 * tell: the ring has a slot for each, however late they are read.
	 */
	size_t frames;
};

/* Bytes of ring that this number of slots takes. */
size_t capture_slots(const struct capture_args *, size_t frames);

struct capture_counts {
	uint64_t captured;	  /* frames that passed the filter */
	uint64_t read;		  /* of the captured ones, handed out */
	uint64_t kernel_drops;	  /* of the captured ones, without room */
	uint64_t interface_drops; /* lost before the filter */
	uint64_t link_downs;	  /* times the link went down */
	bool link_down;		  /* it is now */
};

/* How long the kernel keeps frames back to hand out more at a time. */
#define CAPTURE_RETIRE_MS 20

/*
 * Both return NULL with the reason in why.  The savefile is opened at once and
 * first looked at by capture_begin, when rights may be given up.
 */
struct capture *capture_open(const struct capture_args *, char *why, size_t);
struct capture *capture_open_file(const char *path, char *why, size_t);
int capture_begin(struct capture *, char *why, size_t);
void capture_close(struct capture *);

/*
 * Keep all that is captured in a savefile, from capture_save_begin on: until
 * then the file stays as it is.  capture_save is for before capture_begin.
 */
int capture_save(struct capture *, const char *path, char *why, size_t);
void capture_save_begin(struct capture *);

/*
 * 0, or -1 if not all could be written: so far, and at the end.  A pipe whose
 * reader does not take a piece within a second gets no more.
 */
int capture_save_check(const struct capture *, char *why, size_t);
int capture_save_end(struct capture *, char *why, size_t);

/*
 * Bytes of ring, which may be fewer than asked for when memory is short; 0:
 * not known.
 */
size_t capture_ring(const struct capture *);
unsigned capture_rings(const struct capture *); /* how many there are */

int capture_fd(const struct capture *); /* for poll(2), or -1 */
bool capture_is_file(const struct capture *);

/* caplen bytes of a frame that was len bytes long. */
struct capture_frame {
	const unsigned char *bytes;
	size_t caplen, len;
	uint64_t time_ns;
	int link;	   /* pcap's DLT_* */
	const char *stray; /* the device, if it is none of the capture's */
};

typedef void capture_handler(void *ctx, const struct capture_frame *);

/*
 * Hands out at most max frames.  Returns how many, 0 for none (at the end of
 * a savefile: for good), or -1.
 */
int capture_read(struct capture *, int max, capture_handler *, void *ctx,
    char *why, size_t);

void capture_count(struct capture *, struct capture_counts *);

#endif
