/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stage for benchmarks of zmap-recv, between it and zmap-send: once the
 * capture is live, it answers for addresses that were never probed, as fast as
 * the device takes it or at a rate.  The answers are valid, because the key,
 * our addresses and our ports are taken from the stream; with -f they are
 * forged, and acknowledge too much.  With -l they are made beforehand, and sent
 * by the program of zmap-send --io live, which costs this side least; with -j
 * as well, by several processes, each on a processor of its own.
 *
 *	lab --prefix 10.0.0.0/8 sh -c 'zmap-targets -p 80 -n 1 10.0.0.0/8 |
 *	    zmap-send | replay -n 5000000 10.0.0.0/8 | zmap-recv | ...'
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "burst.h"
#include "probe/probe.h"
#include "probe/validate.h"
#include "send/live.h"
#include "stream/stream.h"

enum { FRAME = 58 };

struct replay {
	uint64_t count;
	double rate;	      /* 0: no limit */
	uint32_t first, size; /* addresses */
	uint16_t port;
	bool xdp, live, forged;
	unsigned jobs; /* processes */
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

/* n answers from number i on, whose words are in t then. */
static void
choose(const struct replay *r, uint64_t i, uint32_t n, struct probe_target *t)
{
	uint32_t j;

	for (j = 0; j < n; j++) {
		t[j].source = r->us;
		t[j].address = r->first + (uint32_t)((i + j) % r->size);
		t[j].port = r->port;
	}
	validate_many(&r->key, t, n);
}

static unsigned
make(const struct replay *r, const struct probe_target *t, uint8_t *frame)
{
	static const uint8_t to[] = { 2, 0, 0, 0, 0, 1 };
	static const uint8_t from[] = { 2, 0, 0, 0, 0, 2 };

	return burst_tcp(frame, to, from, t->address, t->source, r->port,
	    (uint16_t)(r->port_first + t->v[1] % r->port_count), t->v[2],
	    t->v[0] + 1 + r->forged, 2 | 16);
}

/* So that the rate is kept when i answers are out. */
static void
wait_for(const struct replay *r, double start, uint64_t i)
{
	double ahead = r->rate == 0 ? 0 :
				      start + (double)i / r->rate - burst_now();

	if (ahead > 0.0005)
		usleep((unsigned int)(ahead * 1e6));
}

static void
say(uint64_t count, const char *way, double seconds)
{
	warnx("%lu answers by %s in %.2f s: %.0f per second",
	    (unsigned long)count, way, seconds, (double)count / seconds);
}

static void
answer(const struct replay *r)
{
	struct probe_target t[BURST_BATCH];
	struct burst b;
	double start;
	uint64_t i, n;
	uint32_t j;

	burst_open(&b, "i0", r->xdp);
	start = burst_now();
	for (i = 0; i < r->count; i += n) {
		n = r->count - i < BURST_BATCH ? r->count - i : BURST_BATCH;
		choose(r, i, (uint32_t)n, t);
		for (j = 0; j < n; j++)
			burst_add(&b, make(r, &t[j], burst_frame(&b)));
		wait_for(r, start, i);
	}
	burst_close(&b);
	say(r->count, b.xdp ? "AF_XDP" : "sendmmsg", burst_now() - start);
}

/* -> how many of a run the device took */
static uint64_t
taken(const struct live *l)
{
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < l->ring->nevents; i++)
		n += l->ring->events[i].sent;
	return n;
}

static void
answer_live(const struct replay *r)
{
	uint8_t(*frames)[FRAME] = malloc((r->count + BURST_BATCH) * FRAME);
	struct probe_target t[BURST_BATCH];
	uint64_t i, sent = 0;
	const char *why;
	struct live l;
	uint32_t j, n;
	double start;

	if (frames == NULL)
		err(1, "memory");
	if (live_open(&l, if_nametoindex("i0"), &why) == -1)
		err(1, "%s", why);
	for (j = 0; j < LIVE_SLOTS; j++) {
		l.ring->slot[j] = (uint16_t)j;
		l.ring->len[j] = FRAME;
	}
	for (i = 0; i < r->count; i += BURST_BATCH) {
		choose(r, i, BURST_BATCH, t);
		for (j = 0; j < BURST_BATCH; j++)
			make(r, &t[j], frames[i + j]);
	}
	start = burst_now();
	for (i = 0; i < r->count; i += n) {
		n = r->count - i < LIVE_SLOTS ? (uint32_t)(r->count - i) :
						LIVE_SLOTS;
		for (j = 0; j < n; j++)
			memcpy(l.ring->frames[j], frames[i + j], FRAME);
		l.ring->count = n;
		if (live_run(&l, frames[i], FRAME) == -1)
			err(1, "live frames");
		sent += taken(&l);
		wait_for(r, start, i);
	}
	say(sent, "live frames", burst_now() - start);
	live_close(&l);
	free(frames);
}

/* Each of the processes, on a processor of its own. */
static void
answer_together(const struct replay *r)
{
	struct replay part = *r;
	cpu_set_t set;
	unsigned i;

	part.count /= r->jobs;
	for (i = 0; i < r->jobs; i++) {
		CPU_ZERO(&set);
		CPU_SET(i, &set);
		if (fork() == 0) {
			if (sched_setaffinity(0, sizeof set, &set) == -1)
				err(1, "processor %u", i);
			answer_live(&part);
			_exit(0);
		}
		part.first += (uint32_t)part.count;
	}
	while (wait(NULL) > 0)
		;
}

/* Without it, a veth takes no frames of a program from its other end. */
static void
turn_gro_on(const char *device)
{
	struct ethtool_value value = { .cmd = ETHTOOL_SGRO, .data = 1 };
	struct ifreq i = { .ifr_data = (void *)&value };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	memcpy(i.ifr_name, device, strlen(device));
	if (fd == -1 || ioctl(fd, SIOCETHTOOL, &i) == -1)
		err(1, "%s: GRO", device);
	close(fd);
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
	struct replay r = { .count = 1000000,
		.port = 80,
		.xdp = true,
		.jobs = 1 };
	struct stream_item item;
	struct stream_out *out;
	struct stream_in *in;
	struct header *h;
	char *slash;
	int c, fd, got;

	while ((c = getopt(argc, argv, "fj:lmn:p:r:")) != -1) {
		switch (c) {
		case 'f':
			r.forged = true;
			break;
		case 'j':
			r.jobs = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'l':
			r.live = true;
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
		    "usage: replay [-flm] [-j JOBS] [-n COUNT] [-p PORT] [-r RATE] NET");
	*slash = '\0';
	r.first = ntohl(inet_addr(argv[optind]));
	r.size = (uint32_t)(1ULL << (32 - strtoul(slash + 1, NULL, 10)));
	*slash = '/';
	if (getenv("LAB_FAR") == NULL)
		errx(2, "only inside the lab");
	if (r.live)
		turn_gro_on("s0");
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
				r.live ? answer_together(&r) : answer(&r);
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
