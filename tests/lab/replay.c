/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stage for benchmarks of zmap-recv, between it and zmap-send: once the
 * capture is live, it answers for addresses that were never probed, as fast as
 * the device takes it or at a rate.  The answers are valid, because the key,
 * our addresses and our ports are taken from the stream; with -f they are
 * forged, and acknowledge too much.
 *
 *	lab --prefix 10.0.0.0/8 sh -c 'zmap-targets -p 80 -n 1 10.0.0.0/8 |
 *	    zmap-send | replay -n 5000000 10.0.0.0/8 | zmap-recv | ...'
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "burst.h"
#include "probe/probe.h"
#include "stream/stream.h"
#include "probe/validate.h"

struct replay {
	uint64_t count;
	double rate;	      /* 0: no limit */
	uint32_t first, size; /* addresses */
	uint16_t port;
	bool xdp, forged;
	/* from the header */
	struct validate key;
	uint32_t us;
	uint16_t port_first;
	uint32_t port_count;
};

/* what the header says, decoded from CBOR by the library */
static void
read_header(struct replay *r, const struct header *h)
{
	const struct dict_entry *e;
	const unsigned char *key;
	uint32_t ports[2] = { 0, 0 };
	size_t size, i, n = 0;

	if (dict_bytes(&h->other, "key", &key, &size) == -1 ||
	    size != VALIDATE_KEY_SIZE)
		errx(1, "the header has no key");
	validate_init(&r->key, key);
	/* tag 66, byte string, big-endian addresses: d8 42 44 aabbccdd */
	e = dict_get(&h->scan, "source_ips");
	if (e == NULL || e->size != 7 || e->bytes[1] != 66)
		errx(1, "the header has not one source address");
	r->us = (uint32_t)e->bytes[3] << 24 | (uint32_t)e->bytes[4] << 16 |
	    (uint32_t)e->bytes[5] << 8 | e->bytes[6];
	/* array of two uints: 82 19 aabb 19 ccdd */
	e = dict_get(&h->scan, "source_ports");
	for (i = 1; e != NULL && i + 2 < e->size && n < 2; i += 3)
		if (e->bytes[i] == 0x19)
			ports[n++] = (uint32_t)(e->bytes[i + 1] << 8 |
			    e->bytes[i + 2]);
	if (n != 2 || ports[1] < ports[0])
		errx(1, "the header has no source ports over 255");
	r->port_first = (uint16_t)ports[0];
	r->port_count = ports[1] - ports[0] + 1;
}

static void
answer(const struct replay *r)
{
	static const uint8_t to[] = { 2, 0, 0, 0, 0, 1 };
	static const uint8_t from[] = { 2, 0, 0, 0, 0, 2 };
	struct probe_target t[BURST_BATCH];
	double start, ahead;
	struct burst b;
	uint64_t i, n;
	uint32_t j;

	burst_open(&b, "i0", r->xdp);
	start = burst_now();
	for (i = 0; i < r->count; i += n) {
		n = r->count - i < BURST_BATCH ? r->count - i : BURST_BATCH;
		for (j = 0; j < n; j++) {
			t[j].source = r->us;
			t[j].address = r->first + (uint32_t)((i + j) % r->size);
			t[j].port = r->port;
		}
		validate_many(&r->key, t, n);
		for (j = 0; j < n; j++)
			burst_add(&b,
			    burst_tcp(burst_frame(&b), to, from, t[j].address,
				t[j].source, r->port,
				(uint16_t)(r->port_first +
				    t[j].v[1] % r->port_count),
				t[j].v[2], t[j].v[0] + 1 + r->forged, 2 | 16));
		if (r->rate == 0)
			continue;
		ahead = start + (double)i / r->rate - burst_now();
		if (ahead > 0.0005)
			usleep((unsigned int)(ahead * 1e6));
	}
	burst_close(&b);
	start = burst_now() - start;
	warnx("%lu answers by %s in %.2f s: %.0f per second",
	    (unsigned long)r->count, b.xdp ? "AF_XDP" : "sendmmsg", start,
	    (double)r->count / start);
}

/* until the reader has taken everything, design of the start of a scan */
static void
drain(struct stream_out *out)
{
	double end = burst_now() + 10;
	int n = 1;

	stream_flush(out);
	while (n > 0 && burst_now() < end) {
		if (ioctl(STDOUT_FILENO, FIONREAD, &n) == -1)
			return;
		usleep(1000);
	}
}

int
main(int argc, char *argv[])
{
	struct replay r = { .count = 1000000, .port = 80, .xdp = true };
	struct stream_item item;
	struct stream_out *out;
	struct stream_in *in;
	struct header *h;
	char *slash;
	int c, fd, got;

	while ((c = getopt(argc, argv, "fmn:p:r:")) != -1) {
		switch (c) {
		case 'f':
			r.forged = true;
			break;
		case 'm':
			r.xdp = false;
			break;
		case 'n':
			r.count = strtoull(optarg, NULL, 10);
			break;
		case 'p':
			r.port = (uint16_t)strtoul(optarg, NULL, 10);
			break;
		case 'r':
			r.rate = strtod(optarg, NULL);
			break;
		default:
			return 2;
		}
	}
	if (optind + 1 != argc || (slash = strchr(argv[optind], '/')) == NULL)
		errx(2,
		    "usage: replay [-fm] [-n COUNT] [-p PORT] [-r RATE] NET");
	*slash = '\0';
	r.first = ntohl(inet_addr(argv[optind]));
	r.size = (uint32_t)(1ULL << (32 - strtoul(slash + 1, NULL, 10)));
	*slash = '/';
	if (getenv("LAB_FAR") == NULL)
		errx(2, "only inside the lab");
	if ((fd = open("/run/netns/inet", O_RDONLY | O_CLOEXEC)) == -1 ||
	    setns(fd, CLONE_NEWNET) == -1)
		err(1, "the far side");

	in = stream_in_new(STDIN_FILENO, "probes");
	out = stream_out_new(STDOUT_FILENO);
	if (in == NULL || out == NULL)
		err(1, "stream");
	while ((got = stream_read(in, &item)) == 1) {
		switch (item.what) {
		case STREAM_HEADER:
			h = stream_derive(out, item.header, NULL, argv);
			if (h == NULL || stream_header(out) == -1)
				err(1, "stdout");
			read_header(&r, item.header);
			drain(out);
			/* taken when the capture is live: see zmap-stream(5) */
			stream_event(out, "relay", "replay", NULL);
			drain(out);
			break;
		case STREAM_END:
			stream_end(out, "replay", stream_end_outcome(&item),
			    &item, NULL);
			break;
		default:
			stream_pass(out, &item);
			if (item.what == STREAM_EVENT &&
			    stream_event_is(&item, "ready")) {
				drain(out);
				answer(&r);
			}
		}
		/* nobody waits for what is here while stdin keeps still */
		stream_flush(out);
	}
	if (got == -1)
		errx(1, "%s", stream_error(in));
	if (stream_flush(out) == -1)
		err(1, "stdout");
	return 0;
}
