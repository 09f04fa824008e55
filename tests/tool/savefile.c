/* SPDX-License-Identifier: Apache-2.0 */
/*
 * savefile: answers to a scan by the million, as a savefile on stdout.
 *
 *	savefile [-n count] [-k kind] [-s size] probes.cbor | ...
 *
 * kind: synack, rst, icmp, forged (acknowledges too much), or mixed.  The
 * i-th answer comes from the i-th address of a permutation of the 2^size
 * addresses from the scan's first network on, port by port.
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checksum.h"
#include "scan/scan.h"
#include "stream/stream.h"
#include "probe/validate.h"

static void
put16(unsigned char *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void
put32(unsigned char *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

/* Ethernet and IP; returns the frame's length. */
static size_t
wrap(unsigned char *f, uint32_t from, uint32_t to, int protocol, size_t n)
{
	uint16_t sum;

	memset(f, 2, 12);
	put16(f + 12, 0x0800);
	memset(f + 14, 0, 20);
	f[14] = 0x45;
	put16(f + 16, 20 + n);
	f[22] = 60;
	f[23] = protocol;
	put32(f + 26, from);
	put32(f + 30, to);
	sum = checksum_fold(checksum_add(0, f + 14, 20));
	memcpy(f + 24, &sum, 2);
	return 34 + n;
}

static size_t
tcp(unsigned char *f, const struct scan *s, uint32_t from, uint16_t port,
    const struct validate_words *w, int flags, uint32_t ack)
{
	unsigned char *t = f + 34;

	memset(t, 0, 20);
	put16(t, port);
	put16(t + 2,
	    s->facts.source_ports.first +
		w->v[1] % s->facts.source_ports.count);
	put32(t + 4, 12345);
	put32(t + 8, ack);
	t[12] = 0x50;
	t[13] = flags;
	put16(t + 14, 65535);
	return wrap(f, from, s->facts.sources[0], 6, 20);
}

static size_t
unreachable(unsigned char *f, const struct scan *s, uint32_t target,
    uint16_t port, const struct validate_words *w)
{
	unsigned char quote[64], *m = f + 34;

	wrap(quote, s->facts.sources[0], target, 6, 20);
	put16(quote + 34,
	    s->facts.source_ports.first +
		w->v[1] % s->facts.source_ports.count);
	put16(quote + 36, port);
	put32(quote + 38, w->v[0]);
	memset(m, 0, 8);
	m[0] = 3;
	m[1] = 1;
	memcpy(m + 8, quote + 14, 28);
	return wrap(f, target ^ 1, s->facts.sources[0], 1, 36);
}

static void
read_scan(struct scan *s, const char *path)
{
	struct stream_in *in;
	struct stream_item item;
	char why[200];
	int fd = open(path, O_RDONLY);

	if (fd == -1)
		err(1, "%s", path);
	in = stream_in_new(fd, "probes");
	if (in == NULL || stream_read(in, &item) != 1)
		errx(1, "%s: not a probes stream", path);
	if (scan_read(s, item.header, why, sizeof why) == -1)
		errx(1, "%s: %s", path, why);
	stream_in_free(in);
	close(fd);
}

int
main(int argc, char **argv)
{
	static const uint32_t file[] = { 0xa1b23c4d, 2 | 4 << 16, 0, 0, 262144,
		1 };
	static unsigned char buf[1 << 20];
	const char *kind = "synack", *k;
	struct validate_words w;
	struct validate key;
	struct scan s;
	uint64_t n = 1000, i, size = 24;
	uint32_t head[4], address;
	unsigned char frame[128];
	uint16_t port;
	size_t len;
	int c;

	while ((c = getopt(argc, argv, "k:n:s:")) != -1)
		if (c == 'n')
			n = strtoull(optarg, NULL, 0);
		else if (c == 's')
			size = strtoull(optarg, NULL, 0);
		else if (c == 'k')
			kind = optarg;
		else
			return 2;
	if (optind != argc - 1)
		errx(2,
		    "usage: savefile [-n count] [-k kind] [-s size] probes");
	read_scan(&s, argv[optind]);
	validate_init(&key, s.key);
	setvbuf(stdout, (char *)buf, _IOFBF, sizeof buf);
	fwrite(file, sizeof file, 1, stdout);
	for (i = 0; i < n; i++) {
		/* an odd factor permutes the numbers below a power of two */
		address = ranges_first(s.facts.networks.v[0]) +
		    (i / s.nports * 0x9e3779b1 & ((1ull << size) - 1));
		port = s.ports[i % s.nports];
		validate_one(&key, s.facts.sources[0], address, port, &w);
		k = kind;
		if (strcmp(kind, "mixed") == 0)
			k = i % 8 == 0 ? "icmp" :
			    i % 8 < 4  ? "rst" :
			    i % 8 == 4 ? "forged" :
					 "synack";
		if (k[0] == 'i')
			len = unreachable(frame, &s, address, port, &w);
		else
			len = tcp(frame, &s, address, port, &w,
			    k[0] == 'r' ? 0x14 : 0x12,
			    w.v[0] + (k[0] == 'f' ? 2 : 1));
		head[0] = 1700000000 + i / 1000000;
		head[1] = i % 1000000 * 1000;
		head[2] = head[3] = len;
		fwrite(head, sizeof head, 1, stdout);
		fwrite(frame, len, 1, stdout);
	}
	if (fflush(stdout) == EOF)
		err(1, "stdout");
	scan_free(&s);
	return 0;
}
