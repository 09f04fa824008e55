/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io-messages: a ring of frames that are handed to a socket by sendmmsg(2);
 * what the ways out through sockets have in common.
 */
#ifndef IO_MESSAGES_H
#define IO_MESSAGES_H
#include <stdbool.h>

#include "send/io.h"

struct io_messages;

/*
 * For io->state: sends on fd, which it then owns, what lies `skip` bytes into
 * each frame; of family 4 or 6, to the destination in the frame, of 0 to none.
 * ifindex: the device, which link-local destinations need.  -1 with errno; fd
 * stays the caller's then.
 */
int io_messages_open(struct io *io, int fd, unsigned skip, unsigned family,
    unsigned ifindex);

/*
 * From now on frames leave when io->when says, where the socket can do that;
 * room: how many may wait, at most.
 */
void io_messages_launch(struct io *io, unsigned room);

/* The members of a struct io_way. */
unsigned io_messages_reserve(struct io *io, unsigned want, uint8_t **frames);
int io_messages_commit(struct io *io, unsigned n, const uint16_t *len);
int io_messages_skip(struct io *io);
void io_messages_close(struct io *io);

#endif
