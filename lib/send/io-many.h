/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io-many: several ways out behind one, for targets behind different devices
 * and gateways.  Frames are made in slots of its own and copied into those of
 * the way out that each takes; they leave it in order, whichever that is.
 */
#ifndef IO_MANY_H
#define IO_MANY_H
#include <stddef.h>

#include "addr/ip6.h"
#include "send/io.h"

enum { IO_PARTS_MAX = 32 };

/* One of the ways out, and how to open it. */
struct io_part {
	const char *way; /* name, or "auto" */
	struct io_args args;
};

/* What becomes of the frames for some targets. */
struct io_outlet {
	uint8_t refused;	     /* enum routes_refusal */
	uint8_t part;		     /* the part that they take */
	uint32_t source;	     /* our address; 0: the given one */
	struct ip6 source6;	     /* the same of IPv6 */
	uint8_t header[IO_ETHERNET]; /* with this, if it has one */
};

/*
 * All parts, for one thread; first is what thread 0 has opened, or NULL.
 * NULL with errno, *why and *tried as io_open has them.
 */
struct io *io_many_open(const struct io_part *, unsigned nparts,
    struct io *first, const char **why, char **tried);

/* Which outlets there are.  Before the first commit, and when they change. */
int io_many_outlets(struct io *, const struct io_outlet *, size_t n);

/* Part number i; of another way out, itself. */
struct io *io_many_part(struct io *, unsigned i);
unsigned io_many_parts(const struct io *);

#endif
