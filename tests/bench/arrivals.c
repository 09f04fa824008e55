/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How evenly packets come in: captures TCP on a device until SIGINT, and
 * prints what a rate of so many a second has become, fields separated by
 * tabs: packets a second, the difference in percent, the longest gap, the most
 * packets in any millisecond, the longest burst (packets that follow each
 * other by less than a quarter of the asked distance), and packets that the
 * capture itself has lost, which spoil a measurement.
 *
 *	arrivals DEVICE RATE
 *
 * Times are the kernel's, of the moment that a packet comes out of the device.
 */
#include <err.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

enum {
	WINDOW = 1 << 20, /* packets in a millisecond, at most */
	TIMEOUT = 50,	  /* ms until a block of the capture is seen */
};

struct arrivals {
	double asked;
	uint64_t n, first, last, gap;
	uint64_t run, burst;   /* packets */
	uint64_t oldest, most; /* packets within the last millisecond */
	uint64_t recent[WINDOW];
};

static volatile sig_atomic_t stop;

static void
on_signal(int number)
{
	(void)number;
	stop = 1;
}

static void
take(unsigned char *user, const struct pcap_pkthdr *h, const unsigned char *p)
{
	struct arrivals *a = (struct arrivals *)user;
	uint64_t now = h->ts.tv_sec * SECOND + h->ts.tv_usec;

	(void)p;
	if (a->n == 0)
		a->first = a->last = now;
	if (now - a->last > a->gap)
		a->gap = now - a->last;
	a->run = (now - a->last) * a->asked < 0.25e9 ? a->run + 1 : 1;
	if (a->run > a->burst)
		a->burst = a->run;
	a->recent[a->n++ % WINDOW] = a->last = now;
	while (now - a->recent[a->oldest % WINDOW] >= MILLISECOND)
		a->oldest++;
	if (a->n - a->oldest > a->most)
		a->most = a->n - a->oldest;
}

static pcap_t *
listen_on(const char *device)
{
	char why[PCAP_ERRBUF_SIZE];
	struct bpf_program tcp;
	pcap_t *p = pcap_create(device, why);

	if (p == NULL)
		errx(1, "%s: %s", device, why);
	pcap_set_snaplen(p, 64);
	pcap_set_timeout(p, TIMEOUT);
	pcap_set_buffer_size(p, 64 << 20);
	pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO);
	if (pcap_activate(p) < 0 || pcap_compile(p, &tcp, "tcp", 1, 0) == -1 ||
	    pcap_setfilter(p, &tcp) == -1 || pcap_setnonblock(p, 1, why) == -1)
		errx(1, "%s: %s", device, pcap_geterr(p));
	pcap_freecode(&tcp);
	return p;
}

int
main(int argc, char **argv)
{
	static struct arrivals a;
	const struct timespec pause = { .tv_nsec = TIMEOUT * MILLISECOND };
	struct pcap_stat lost;
	double rate;
	pcap_t *p;
	int last;

	if (argc != 3 || (a.asked = atof(argv[2])) <= 0)
		errx(2, "usage: arrivals device rate");
	p = listen_on(argv[1]);
	signal(SIGINT, on_signal);
	do {
		last = stop;
		nanosleep(&pause, NULL);
		while (pcap_dispatch(p, -1, take, (unsigned char *)&a) > 0)
			;
	} while (!last);
	if (pcap_stats(p, &lost) == -1)
		errx(1, "%s: %s", argv[1], pcap_geterr(p));
	if (a.n < 2)
		errx(1, "%s: no packets", argv[1]);
	rate = (a.n - 1) * 1e9 / (a.last - a.first);
	printf("%.4f\t%+.3f\t%.3f\t%llu\t%llu\t%u\n", rate,
	    (rate / a.asked - 1) * 100, a.gap / 1e6, (unsigned long long)a.most,
	    (unsigned long long)a.burst, lost.ps_drop);
	return 0;
}
