/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io: ways out for frames.
 *
 * A way out is a ring of slots, each holding one frame. Reserve some, write
 * into them, commit them; the way out gives them to the device in order, and
 * keeps what the device would not take until it does:
 *
 *	io = io_open("auto", &args, &why, &tried);
 *	n = io_reserve(io, 64, frames);
 *	for (i = 0; i < n; i++)
 *		len[i] = make(frames[i]);
 *	if (io_commit(io, n, len) < 0 && io_passes(errno))
 *		... wait a little, then io_commit(io, 0, NULL)
 *
 * io->in counts the frames committed, io->out those that have left, in order,
 * so that io->out is also a position; the difference is still in the ring.
 * A slot comes round again with its old content, so what all frames have in
 * common is written once into each slot, by io_fill().
 *
 * All frames begin with an Ethernet header, whatever the device is: a way out
 * that has no use for it leaves it out.
 */
#ifndef IO_H
#define IO_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	IO_ETHERNET = 14, /* bytes of its header */
	IO_FRAME = 1514,  /* bytes of the longest frame */
	IO_ROOM = 1792,	  /* of a slot, at least: it may be made in more */
	IO_BATCH = 1024,  /* frames in one reserve, at most */
};

struct io;

struct outfile;

struct io_args {
	const char *name; /* of the interface; NULL: let the kernel route */
	unsigned ifindex;
	unsigned queue;	  /* this thread's number, from 0 */
	unsigned threads; /* how many there are */
	struct io *first; /* what thread 0 has opened; NULL for itself */
	bool ethernet;	  /* the device takes Ethernet frames */
	bool any;	  /* others are tried where this way does not open */
	bool hurry;	  /* a slow start pays off, for what is to be sent */
	unsigned room; /* packets that wait for their times (launch.h), or 0 */
	unsigned family; /* of the packets: 6, or anything else for IPv4 */
	struct outfile *savefile; /* or NULL */
};

struct io {
	const struct io_way *way;
	void *state;	  /* the way's own */
	uint64_t in, out; /* frames committed; frames gone */
	unsigned slots;	  /* in the ring */
	unsigned queue;	  /* of the device, where there are some */
	bool own;	/* no other thread waits for it to be done with that */
	unsigned batch; /* frames in a commit that suit it best; 0: any */
	/* Of the device, for what the kernel does not look at; 0: not known. */
	atomic_uint mtu;
	/* Of the frames to commit, where there are several; see io-many.h. */
	const uint32_t *outlet;
	/* The same: when they are to leave, by clock_ns(); NULL: at once. */
	const uint64_t *when;
	unsigned room; /* frames that may wait for that; 0: it is not heeded */
	const char *why;  /* what failed, in words */
	const char *note; /* what is particular, such as "zero-copy" */
	_Atomic(const char *) news; /* to be told, or NULL */
};

/*
 * All members must be set but programs and skip. Returns are as in the
 * functions below.
 */
struct io_way {
	const char *name;
	const char *help;
	bool ethernet; /* needs a device that takes Ethernet frames */
	bool network;  /* can reach a wire */
	bool programs; /* runs BPF programs while it sends */
	/*
	 * 0, or -1 with errno and io->why; then close is not called.  NULL for
	 * why: it could, but others are better.
	 */
	int (*open)(struct io *io, const struct io_args *args);
	unsigned (*reserve)(struct io *io, unsigned want, uint8_t **frames);
	int (*commit)(struct io *io, unsigned n, const uint16_t *len);
	int (*skip)(struct io *io);
	void (*close)(struct io *io);
};

/* In the order in which "auto" tries them; ends in NULL. */
extern const struct io_way *const io_ways[];

/*
 * name: one of the table, or "auto", the first that suits the device and
 * opens. NULL with errno and in *why what failed. *tried gets the ways that
 * "auto" passed over and why, as a text to free, or NULL if there are none.
 */
struct io *io_open(const char *name, const struct io_args *args,
    const char **why, char **tried);
void io_close(struct io *io);

/* One of the table, by name; NULL if there is none. */
const struct io_way *io_find(const char *name);

/* The next free slots, want at most: how many; 0 when the ring is full. */
unsigned io_reserve(struct io *io, unsigned want, uint8_t **frames);

/*
 * The first n of the slots reserved last are ready, len[i] bytes each; the
 * others are free again. Pushes what the ring holds, and looks how much has
 * left. -1 with errno when the device would not take all; then nothing is
 * lost, and io_commit(io, 0, NULL) tries again.
 */
int io_commit(struct io *io, unsigned n, const uint16_t *len);

/*
 * Gives up the frame that the last commit failed on; it counts in io->out.
 * false: this way out cannot, the error was not about one frame.
 */
bool io_skip(struct io *io);

/* Copies a template into every slot. Before the first commit. */
int io_fill(struct io *io, const uint8_t *frame, unsigned len);

/* Does this error pass: a queue that is full, a link that is down? */
bool io_passes(int error);

extern const struct io_way io_live, io_xdp, io_ring, io_mmsg, io_ip, io_pcap;

#endif
