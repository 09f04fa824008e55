/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io-pcap: frames into a savefile that tcpdump, Wireshark and libpcap read,
 * and nowhere else. Format: draft-ietf-opsawg-pcap, microseconds, in this
 * machine's byte order.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/outfile.h"
#include "send/io.h"

enum {
	SLOTS = IO_BATCH,
	SLOT = 2048,
	LINKTYPE_ETHERNET = 1,
	LINKTYPE_RAW = 101,
};

struct file_head {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy;
	uint32_t snaplen;
	uint32_t linktype;
};

struct frame_head {
	uint32_t sec, usec;
	uint32_t captured, length;
};

struct pcap {
	struct outfile *file;
	unsigned offset; /* of what is written of a frame */
	uint8_t *slots;
	uint8_t *text; /* what one commit writes */
	size_t size;   /* of it: a batch of the longest frames */
	size_t have, done;
};

static void
pcap_close(struct io *io)
{
	struct pcap *p = io->state;

	free(p->text);
	free(p->slots);
	free(p);
}

static int
pcap_open(struct io *io, const struct io_args *args)
{
	struct file_head head = {
		.magic = 0xa1b2c3d4,
		.major = 2,
		.minor = 4,
		.snaplen = 65535,
		.linktype = args->ethernet ? LINKTYPE_ETHERNET : LINKTYPE_RAW,
	};
	struct pcap *p = calloc(1, sizeof *p);
	int saved;

	io->why = "no memory";
	if (p == NULL)
		return -1;
	io->state = p;
	io->slots = SLOTS;
	p->file = args->savefile;
	p->offset = args->ethernet ? 0 : IO_ETHERNET;
	p->size = (size_t)SLOTS * (sizeof(struct frame_head) + IO_FRAME);
	p->slots = calloc(SLOTS, SLOT);
	p->text = malloc(p->size);
	if (!p->slots || !p->text)
		goto fail;
	io->why = "cannot write the savefile";
	if (outfile_write(p->file, &head, sizeof head) == -1)
		goto fail;
	return 0;
fail:
	saved = errno;
	pcap_close(io);
	errno = saved;
	return -1;
}

static unsigned
pcap_reserve(struct io *io, unsigned want, uint8_t **frames)
{
	struct pcap *p = io->state;
	unsigned n = want < SLOTS ? want : SLOTS, i;

	for (i = 0; i < n; i++)
		frames[i] = p->slots + (size_t)i * SLOT;
	return n;
}

static int
pcap_commit(struct io *io, unsigned n, const uint16_t *len)
{
	struct pcap *p = io->state;
	struct frame_head head;
	uint64_t now = clock_wall_ns();
	size_t have = 0;
	unsigned i;

	head.sec = (uint32_t)(now / SECOND);
	head.usec = (uint32_t)(now % SECOND / MICROSECOND);
	for (i = 0; i < n; i++) {
		head.captured = head.length = len[i] - p->offset;
		memcpy(p->text + have, &head, sizeof head);
		have += sizeof head;
		memcpy(p->text + have, p->slots + (size_t)i * SLOT + p->offset,
		    head.captured);
		have += head.captured;
	}
	io->in += n;
	if (outfile_write(p->file, p->text, have) == -1)
		return -1;
	io->out = io->in;
	return 0;
}

const struct io_way io_pcap = {
	.name = "pcap",
	.help = "into the savefile of --write-pcap, not to the network",
	.ethernet = false,
	.network = false,
	.open = pcap_open,
	.reserve = pcap_reserve,
	.commit = pcap_commit,
	.close = pcap_close,
};
