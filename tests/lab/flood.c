/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends SYNs to each address of a prefix in turn, as fast as the device takes
 * them: how many the lab itself can take, whatever the scanner.  With -c the
 * same SYN again and again, made beforehand: how fast AF_XDP is when there is
 * nothing else to do, which is what zmap-send is measured against.  With -l the
 * same by the program of zmap-send --io live.
 *
 *	lab --fast flood [-m | -c | -l] -n COUNT ADDRESS
 */
#include <arpa/inet.h>
#include <getopt.h>

#include "burst.h"
#include "send/live.h"

/* What zmap-send has to keep up with, of frames that it need not make. */
static void
run_live(const char *device, uint32_t n, const uint8_t *frame, unsigned length)
{
	const char *why;
	struct live l;
	uint32_t i;

	if (live_open(&l, if_nametoindex(device), &why) == -1)
		err(1, "%s", why);
	l.ring->count = LIVE_SLOTS;
	for (i = 0; i < LIVE_SLOTS; i++) {
		memcpy(l.ring->frames[i], frame, length);
		l.ring->slot[i] = (uint16_t)i;
		l.ring->len[i] = (uint16_t)length;
	}
	for (i = 0; i < n; i += LIVE_SLOTS)
		if (live_run(&l, frame, length) == -1)
			err(1, "live frames");
	live_close(&l);
}

int
main(int argc, char *argv[])
{
	static const uint8_t to[] = { 2, 0, 0, 0, 0, 2 };
	static const uint8_t from[] = { 2, 0, 0, 0, 0, 1 };
	const char *device = getenv("LAB_DEVICE"), *source;
	uint32_t i, n = 1000000, us, address;
	bool xdp = true, constant = false, live = false;
	uint8_t same[BURST_FRAME];
	unsigned length = 0;
	struct burst b;
	double start;
	int c;

	while ((c = getopt(argc, argv, "clmn:")) != -1) {
		if (c == 'm')
			xdp = false;
		else if (c == 'c')
			constant = true;
		else if (c == 'l')
			live = true;
		else if (c == 'n')
			n = (uint32_t)strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	source = getenv("LAB_SOURCE");
	if (device == NULL || source == NULL)
		errx(2, "only inside the lab");
	if (optind + 1 != argc || (constant + live + !xdp > 1))
		errx(2, "usage: flood [-m | -c | -l] [-n COUNT] ADDRESS");
	us = ntohl(inet_addr(source));
	address = ntohl(inet_addr(argv[optind]));
	start = burst_now();
	if (live) {
		length = burst_tcp(same, to, from, us, address, 40000, 80, 0, 0,
		    2);
		run_live(device, n, same, length);
		start = burst_now() - start;
		printf("%u SYNs by live frames in %.2f s: %.0f per second\n", n,
		    start, n / start);
		return 0;
	}
	burst_open(&b, device, xdp);
	for (i = 0; constant && i < BURST_FRAMES; i++)
		length = burst_tcp(b.frames + (size_t)i * BURST_FRAME, to, from,
		    us, address, 40000, 80, 0, 0, 2);
	start = burst_now();
	for (i = 0; i < n; i++) {
		uint8_t *frame = burst_frame(&b);

		if (!constant)
			length = burst_tcp(frame, to, from, us, address + i,
			    40000, 80, i, 0, 2);
		burst_add(&b, length);
	}
	burst_close(&b);
	start = burst_now() - start;
	printf("%u SYNs by %s in %.2f s: %.0f per second\n", n,
	    b.xdp ? "AF_XDP" : "sendmmsg", start, n / start);
	return 0;
}
