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
#include <stdbool.h>
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

/* Who an answer is for, and who it is from: two addresses of one family. */
struct ends {
	bool six;
	uint32_t us, target;
	struct ip6 us6, target6;
	uint16_t our_port, port;
	struct validate_words words;
};

/* Ethernet and IP; returns the length of both. */
static size_t
wrap(unsigned char *f, const struct ends *e, bool from_us, int protocol,
    size_t n)
{
	unsigned char *h = f + 14;
	uint16_t sum;

	memset(f, 2, 12);
	put16(f + 12, e->six ? 0x86dd : 0x0800);
	memset(h, 0, 40);
	if (e->six) {
		h[0] = 0x60;
		put16(h + 4, n);
		h[6] = protocol;
		h[7] = 60;
		ip6_put(h + 8, from_us ? e->us6 : e->target6);
		ip6_put(h + 24, from_us ? e->target6 : e->us6);
		return 14 + 40;
	}
	h[0] = 0x45;
	put16(h + 2, 20 + n);
	h[8] = 60;
	h[9] = protocol;
	put32(h + 12, from_us ? e->us : e->target);
	put32(h + 16, from_us ? e->target : e->us);
	sum = checksum_fold(checksum_add(0, h, 20));
	memcpy(h + 10, &sum, 2);
	return 14 + 20;
}

static size_t
tcp(unsigned char *f, const struct ends *e, int flags, uint32_t more)
{
	unsigned char *t = f + wrap(f, e, false, 6, 20);

	memset(t, 0, 20);
	put16(t, e->port);
	put16(t + 2, e->our_port);
	put32(t + 4, 12345);
	put32(t + 8, e->words.v[0] + more);
	t[12] = 0x50;
	t[13] = flags;
	put16(t + 14, 65535);
	return (size_t)(t - f) + 20;
}

/* From the target's neighbour. */
static size_t
unreachable(unsigned char *f, const struct ends *e)
{
	struct ends router = *e;
	unsigned char quote[128], *m;
	size_t head = wrap(quote, e, true, 6, 20);

	put16(quote + head, e->our_port);
	put16(quote + head + 2, e->port);
	put32(quote + head + 4, e->words.v[0]);
	router.target ^= 1;
	router.target6.lo ^= 1;
	m = f + wrap(f, &router, false, e->six ? 58 : 1, head - 14 + 16);
	memset(m, 0, 8);
	m[0] = e->six ? 1 : 3;
	m[1] = e->six ? 3 : 1;
	memcpy(m + 8, quote + 14, head - 14 + 8);
	return (size_t)(m - f) + 8 + head - 14 + 8;
}

/* The one at so many addresses behind the first of the scan. */
static void
choose(struct ends *e, const struct scan *s, const struct validate *key,
    uint64_t at, uint16_t port)
{
	const struct facts *f = &s->facts;

	e->six = f->family == 6;
	e->port = port;
	if (e->six) {
		e->us6 = ip6_get(f->sources6.bytes);
		e->target6 = ip6_add(f->networks6.v[0].first, at);
		validate_one6(key, e->us6, e->target6, port, &e->words);
	} else {
		e->us = f->sources[0];
		e->target = ranges_first(f->networks.v[0]) + at;
		validate_one(key, e->us, e->target, port, &e->words);
	}
	e->our_port = f->source_ports.first +
	    e->words.v[1] % f->source_ports.count;
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
	struct validate key;
	struct ends e;
	struct scan s;
	uint64_t n = 1000, i, size = 24;
	uint32_t head[4];
	unsigned char frame[192];
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
		choose(&e, &s, &key,
		    i / s.nports * 0x9e3779b1 & ((1ull << size) - 1),
		    s.ports[i % s.nports]);
		k = kind;
		if (strcmp(kind, "mixed") == 0)
			k = i % 8 == 0 ? "icmp" :
			    i % 8 < 4  ? "rst" :
			    i % 8 == 4 ? "forged" :
					 "synack";
		if (k[0] == 'i')
			len = unreachable(frame, &e);
		else
			len = tcp(frame, &e, k[0] == 'r' ? 0x14 : 0x12,
			    k[0] == 'f' ? 2 : 1);
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
