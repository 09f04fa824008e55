/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Captures what goes through a device into a savefile, until INT or TERM, and
 * says on stderr when it listens.
 *
 *	tap [-i] DEVICE FILE	-i: only what comes in
 *
 * tcpdump as root gives its file to a user of its own.  In the lab of an
 * ordinary user there is none but root, and it refuses to work.
 */
#include <err.h>
#include <pcap.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SNAPLEN = 256, BUFFER = 64 << 20 };

struct tap {
	pcap_dumper_t *file;
	bool failed;
};

static pcap_t *capture; /* for the handler */

static void
stop(int sig)
{
	(void)sig;
	pcap_breakloop(capture);
}

/* nothing stays behind here: whoever reads the file may come at any time */
static void
keep(u_char *ctx, const struct pcap_pkthdr *h, const u_char *frame)
{
	struct tap *t = (struct tap *)ctx;

	pcap_dump((u_char *)t->file, h, frame);
	if (pcap_dump_flush(t->file) == -1)
		t->failed = true;
}

int
main(int argc, char *argv[])
{
	struct sigaction sa = { .sa_handler = stop };
	char why[PCAP_ERRBUF_SIZE];
	struct tap t = { 0 };
	bool in = false;
	int c;

	while ((c = getopt(argc, argv, "i")) != -1) {
		if (c != 'i')
			return 2;
		in = true;
	}
	if (optind + 2 != argc)
		errx(2, "usage: tap [-i] DEVICE FILE");
	capture = pcap_create(argv[optind], why);
	if (capture == NULL)
		errx(1, "%s: %s", argv[optind], why);
	pcap_set_snaplen(capture, SNAPLEN);
	pcap_set_buffer_size(capture, BUFFER);
	pcap_set_immediate_mode(capture, 1);
	if (pcap_activate(capture) < 0 ||
	    (in && pcap_setdirection(capture, PCAP_D_IN) == -1))
		errx(1, "%s: %s", argv[optind], pcap_geterr(capture));
	t.file = pcap_dump_open(capture, argv[optind + 1]);
	if (t.file == NULL)
		errx(1, "%s", pcap_geterr(capture));
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	fprintf(stderr, "tap: listening on %s\n", argv[optind]);
	if (pcap_loop(capture, -1, keep, (u_char *)&t) == PCAP_ERROR)
		errx(1, "%s: %s", argv[optind], pcap_geterr(capture));
	/* what had come before the signal */
	if (pcap_setnonblock(capture, 1, why) == 0)
		while (pcap_dispatch(capture, -1, keep, (u_char *)&t) > 0)
			;
	if (t.failed)
		errx(1, "%s: cannot write", argv[optind + 1]);
	pcap_dump_close(t.file);
	pcap_close(capture);
	return 0;
}
