/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends SYNs to each address of a prefix in turn, as fast as the device takes
 * them: how many the lab itself can take, whatever the scanner.  With -c the
 * same SYN again and again, made beforehand: how fast AF_XDP is when there is
 * nothing else to do, which is what zmap-send is measured against.
 *
 *	lab --fast flood [-m | -c] -n COUNT ADDRESS
 */
#include <arpa/inet.h>
#include <getopt.h>

#include "burst.h"

int
main(int argc, char *argv[])
{
	static const uint8_t to[] = { 2, 0, 0, 0, 0, 2 };
	static const uint8_t from[] = { 2, 0, 0, 0, 0, 1 };
	const char *device = getenv("LAB_DEVICE"), *source;
	uint32_t i, n = 1000000, us, address;
	bool xdp = true, constant = false;
	unsigned length = 0;
	struct burst b;
	double start;
	int c;

	while ((c = getopt(argc, argv, "cmn:")) != -1) {
		if (c == 'm')
			xdp = false;
		else if (c == 'c')
			constant = true;
		else if (c == 'n')
			n = (uint32_t)strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	source = getenv("LAB_SOURCE");
	if (device == NULL || source == NULL)
		errx(2, "only inside the lab");
	if (optind + 1 != argc || (constant && !xdp))
		errx(2, "usage: flood [-m | -c] [-n COUNT] ADDRESS");
	us = ntohl(inet_addr(source));
	address = ntohl(inet_addr(argv[optind]));
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
