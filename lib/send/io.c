/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io: see io.h. The table, the choice, and what all ways out share.
 */
#include "send/io.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct io_way *const io_ways[] = {
	&io_live,
	&io_xdp,
	&io_ring,
	&io_mmsg,
	&io_ip,
	&io_pcap,
	NULL,
};

const struct io_way *
io_find(const char *name)
{
	const struct io_way *const *way;

	for (way = io_ways; *way; way++)
		if (strcmp((*way)->name, name) == 0)
			return *way;
	return NULL;
}

static struct io *
open_one(const struct io_way *way, const struct io_args *args, const char **why)
{
	struct io *io;
	int saved;

	if (way->ethernet && !args->ethernet) {
		*why = "needs a device with Ethernet frames";
		errno = ENOTSUP;
		return NULL;
	}
	io = calloc(1, sizeof *io);
	*why = "no memory";
	if (io == NULL)
		return NULL;
	io->way = way;
	if (way->open(io, args) == -1) {
		saved = errno;
		*why = io->why;
		free(io);
		errno = saved;
		return NULL;
	}
	return io;
}

static struct io *
open_best(const struct io_args *args, const char **why, char **tried)
{
	const struct io_way *const *way;
	struct io_args each = *args;
	struct io *io = NULL;
	size_t size;
	int saved = ENODEV;
	FILE *log = open_memstream(tried, &size);

	*why = "no memory";
	if (log == NULL)
		return NULL;
	each.any = true;
	for (way = io_ways; *way && !io; way++) {
		if (!(*way)->network || (*way)->ethernet != args->ethernet)
			continue;
		io = open_one(*way, &each, why);
		saved = errno;
		if (io == NULL && *why != NULL)
			fprintf(log, "%s%s: %s: %s", ftell(log) ? "; " : "",
			    (*way)->name, *why, strerror(saved));
	}
	if (fclose(log) != 0 || size == 0) {
		free(*tried);
		*tried = NULL;
	}
	errno = saved;
	return io;
}

struct io *
io_open(const char *name, const struct io_args *args, const char **why,
    char **tried)
{
	const struct io_way *way;

	*tried = NULL;
	if (strcmp(name, "auto") == 0)
		return open_best(args, why, tried);
	way = io_find(name);
	if (way == NULL) {
		*why = "no such way out";
		errno = EINVAL;
		return NULL;
	}
	return open_one(way, args, why);
}

void
io_close(struct io *io)
{
	if (io == NULL)
		return;
	io->way->close(io);
	free(io);
}

unsigned
io_reserve(struct io *io, unsigned want, uint8_t **frames)
{
	return io->way->reserve(io, want, frames);
}

int
io_commit(struct io *io, unsigned n, const uint16_t *len)
{
	return io->way->commit(io, n, len);
}

bool
io_skip(struct io *io)
{
	return io->way->skip && io->way->skip(io) == 0;
}

int
io_fill(struct io *io, const uint8_t *frame, unsigned len)
{
	uint8_t **frames = calloc(io->slots, sizeof *frames);
	unsigned i, n;

	if (frames == NULL)
		return -1;
	n = io_reserve(io, io->slots, frames);
	for (i = 0; i < n; i++)
		memcpy(frames[i], frame, len);
	free(frames);
	return 0;
}

/*
 * ENETDOWN: our own link is down. ENOBUFS: the queue is full, or the link of
 * the far side is down. EBUSY: AF_XDP's word for either.
 */
bool
io_passes(int error)
{
	return error == ENOBUFS || error == EAGAIN || error == EBUSY ||
	    error == ENETDOWN || error == EINTR || error == ENOMEM;
}
