/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libpcap, kept from its ways of losing frames; see capture.h.
 *
 * - The file descriptor is polled and reads never block: a blocking read does
 *   not return on an idle link, whatever the timeout.
 * - Frames reach us in blocks that the kernel hands over when they are full or
 *   CAPTURE_RETIRE_MS old, so whoever stops waits that long and reads on.
 * - PACKET_IGNORE_OUTGOING keeps the scan's own packets out of the ring.  A
 *   filter for incoming frames by pcap's keywords would lose the first blocks.
 * - Where memory is short, a smaller ring is made without a word, so its size
 *   is looked up.
 * - The filter is compiled before anything depends on us: its compiler exits,
 *   or worse, when there is no memory.
 * - The savefile that is written may be a pipe.  Its reader can hold frames up
 *   for a second, and after that gets no more of them.
 * - pcap_stats looks for the counters of the interface in files, which fails
 *   once rights are given up, so those come from rtnetlink.
 */
#include "recv/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/privilege.h"
#include "probe/packet.h"
#include "recv/device.h"

#define SAVE_MAX_NS SECOND /* that writing a piece may take */

struct capture {
	pcap_t *pcap;
	FILE *file; /* savefile not yet begun */
	FILE *save;
	pcap_dumper_t *dumper;
	int save_fd;
	int save_error; /* errno, sticky */
	bool is_file;
	struct device device;
	struct bpf_program filter;
	struct capture_counts counts;
	uint32_t last_recv, last_drops; /* what pcap_stats said */
	size_t ring;
	capture_handler *handler;
	void *ctx;
};

static struct capture *
failed(struct capture *c, char *why, size_t size, const char *what,
    const char *detail)
{
	snprintf(why, size, "%s: %s", what, detail);
	capture_close(c);
	return NULL;
}

/*
 * Everything that must be set before the ring is made. Answers come to this
 * machine; what others are sent is not to be seen.
 */
static int
configure(pcap_t *p, const struct capture_args *a)
{
	return pcap_set_snaplen(p, a->snaplen + PACKET_LINK_MAX) |
	    pcap_set_promisc(p, 0) | pcap_set_timeout(p, CAPTURE_RETIRE_MS) |
	    pcap_set_buffer_size(p, a->buffer) |
	    pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO);
}

/* How much of a socket is mapped: its ring.  Nothing else tells. */
static size_t
ring_size(int fd)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long first, end, inode;
	char line[512];
	struct stat st;
	size_t n = 0;

	if (maps == NULL)
		return 0;
	if (fstat(fd, &st) == -1)
		st.st_ino = 0;
	while (fgets(line, sizeof line, maps) != NULL)
		if (sscanf(line, "%lx-%lx %*s %*s %*s %lu", &first, &end,
			&inode) == 3 &&
		    inode != 0 && inode == st.st_ino)
			n += end - first;
	fclose(maps);
	return n;
}

struct capture *
capture_open(const struct capture_args *a, char *why, size_t size)
{
	struct capture *c = calloc(1, sizeof *c);
	char error[PCAP_ERRBUF_SIZE] = "";
	struct pcap_stat s;
	int rc, one = 1;

	if (c == NULL)
		return failed(c, why, size, a->interface, strerror(errno));
	c->device.fd = c->device.softnet_fd = -1;
	c->pcap = pcap_create(a->interface, error);
	if (c->pcap == NULL)
		return failed(c, why, size, a->interface, error);
	if (configure(c->pcap, a) != 0)
		return failed(c, why, size, a->interface, pcap_geterr(c->pcap));
	rc = pcap_activate(c->pcap);
	if (rc == PCAP_ERROR_PERM_DENIED) {
		privilege_missing("capture packets", "cap_net_raw", why, size);
		capture_close(c);
		return NULL;
	}
	if (rc < 0)
		return failed(c, why, size, a->interface,
		    pcap_geterr(c->pcap)[0] != '\0' ? pcap_geterr(c->pcap) :
						      pcap_statustostr(rc));
	if (setsockopt(pcap_fileno(c->pcap), SOL_PACKET, PACKET_IGNORE_OUTGOING,
		&one, sizeof one) == -1)
		return failed(c, why, size, a->interface, strerror(errno));
	if (!packet_link_known(pcap_datalink(c->pcap)))
		return failed(c, why, size, a->interface,
		    "this type of link is not supported");
	if (pcap_compile(c->pcap, &c->filter, a->filter, 1,
		PCAP_NETMASK_UNKNOWN) == -1 ||
	    pcap_setfilter(c->pcap, &c->filter) == -1)
		return failed(c, why, size, "filter", pcap_geterr(c->pcap));
	if (pcap_setnonblock(c->pcap, 1, error) == -1)
		return failed(c, why, size, a->interface, error);
	c->ring = ring_size(pcap_fileno(c->pcap));
	/* what came before the filter does not count */
	if (pcap_stats(c->pcap, &s) == 0) {
		c->last_recv = s.ps_recv;
		c->last_drops = s.ps_drop;
	}
	/* a device without a number (any) has no counters */
	device_open(&c->device, a->interface);
	return c;
}

struct capture *
capture_open_file(const char *path, char *why, size_t size)
{
	struct capture *c = calloc(1, sizeof *c);

	if (c != NULL) {
		c->is_file = true;
		c->device.fd = c->device.softnet_fd = -1;
		c->file = fopen(path, "re");
	}
	if (c == NULL || c->file == NULL)
		return failed(c, why, size, path, strerror(errno));
	return c;
}

/* Writes all of it in time, or says why not. */
static int
write_piece(int fd, const char *p, size_t n)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	uint64_t now, until = clock_ns() + SAVE_MAX_NS;
	ssize_t rc;

	while (n > 0) {
		rc = write(fd, p, n);
		if (rc > 0) {
			p += rc;
			n -= rc;
			continue;
		}
		if (rc == -1 && errno == EINTR)
			continue;
		now = clock_ns();
		if (rc == 0 || errno != EAGAIN || now >= until)
			return rc == 0 ? EIO : errno;
		poll(&ready, 1, (until - now) / 1000000 + 1);
	}
	return 0;
}

/* What stdio calls.  A reader that has gone is no reason to die of SIGPIPE. */
static ssize_t
save_write(void *ctx, const char *p, size_t n)
{
	static const struct timespec none = { 0, 0 };
	struct capture *c = ctx;
	sigset_t pipe, old;

	if (c->save_error != 0)
		return 0;
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, &old);
	c->save_error = write_piece(c->save_fd, p, n);
	if (c->save_error == EPIPE)
		sigtimedwait(&pipe, NULL, &none);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return c->save_error == 0 ? (ssize_t)n : 0;
}

static int
save_close(void *ctx)
{
	struct capture *c = ctx;

	return close(c->save_fd);
}

int
capture_begin(struct capture *c, char *why, size_t size)
{
	char error[PCAP_ERRBUF_SIZE];

	if (c->is_file) {
		c->pcap = pcap_fopen_offline_with_tstamp_precision(c->file,
		    PCAP_TSTAMP_PRECISION_NANO, error);
		if (c->pcap == NULL) {
			snprintf(why, size, "%s", error);
			return -1;
		}
		c->file = NULL; /* closed with pcap */
		if (!packet_link_known(pcap_datalink(c->pcap))) {
			snprintf(why, size,
			    "this type of link is not supported");
			return -1;
		}
	}
	if (c->save == NULL)
		return 0;
	c->dumper = pcap_dump_fopen(c->pcap, c->save);
	if (c->dumper == NULL) {
		snprintf(why, size, "%s", pcap_geterr(c->pcap));
		return -1;
	}
	c->save = NULL; /* closed with dumper */
	pcap_dump_flush(c->dumper);
	return 0;
}

int
capture_save(struct capture *c, const char *path, char *why, size_t size)
{
	static const cookie_io_functions_t calls = {
		.write = save_write,
		.close = save_close,
	};

	/* of a pipe, this waits until somebody reads */
	c->save_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (c->save_fd == -1 || fcntl(c->save_fd, F_SETFL, O_NONBLOCK) == -1 ||
	    (c->save = fopencookie(c, "w", calls)) == NULL) {
		snprintf(why, size, "%s", strerror(errno));
		return -1;
	}
	setvbuf(c->save, NULL, _IOFBF, 1 << 20);
	return 0;
}

int
capture_save_check(const struct capture *c, char *why, size_t size)
{
	if (c->save_error == 0)
		return 0;
	snprintf(why, size, "%s",
	    c->save_error == EAGAIN ? "its reader is too slow" :
				      strerror(c->save_error));
	return -1;
}

int
capture_save_end(struct capture *c, char *why, size_t size)
{
	if (c->dumper == NULL)
		return 0;
	pcap_dump_flush(c->dumper);
	return capture_save_check(c, why, size);
}

void
capture_close(struct capture *c)
{
	int e = errno;

	if (c == NULL)
		return;
	if (c->dumper != NULL)
		pcap_dump_close(c->dumper);
	if (c->save != NULL)
		fclose(c->save);
	if (c->file != NULL)
		fclose(c->file);
	pcap_freecode(&c->filter);
	if (c->pcap != NULL)
		pcap_close(c->pcap);
	device_close(&c->device);
	free(c);
	errno = e;
}

size_t
capture_ring(const struct capture *c)
{
	return c->ring;
}

int
capture_link(const struct capture *c)
{
	return pcap_datalink(c->pcap);
}

int
capture_fd(const struct capture *c)
{
	return c->is_file ? -1 : pcap_get_selectable_fd(c->pcap);
}

bool
capture_is_file(const struct capture *c)
{
	return c->is_file;
}

/* The stamp's tv_usec counts nanoseconds, as asked for. */
static void
on_frame(u_char *ctx, const struct pcap_pkthdr *h, const u_char *frame)
{
	struct capture *c = (struct capture *)ctx;

	c->counts.read++;
	if (c->dumper != NULL && c->save_error == 0)
		pcap_dump((u_char *)c->dumper, h, frame);
	c->handler(c->ctx, frame, h->caplen < h->len ? h->caplen : h->len,
	    h->len, (uint64_t)h->ts.tv_sec * SECOND + h->ts.tv_usec);
}

int
capture_read(struct capture *c, int max, capture_handler *handler, void *ctx,
    char *why, size_t size)
{
	int n;

	c->handler = handler;
	c->ctx = ctx;
	n = pcap_dispatch(c->pcap, max, on_frame, (u_char *)c);
	if (n < 0) {
		snprintf(why, size, "%s", pcap_geterr(c->pcap));
		return -1;
	}
	return n;
}

void
capture_count(struct capture *c, struct capture_counts *counts)
{
	struct pcap_stat s;

	/* pcap's counters are 32 bits and wrap */
	if (c->is_file)
		c->counts.captured = c->counts.read;
	else if (pcap_stats(c->pcap, &s) == 0) {
		c->counts.captured += (uint32_t)(s.ps_recv - c->last_recv);
		c->counts.kernel_drops += (uint32_t)(s.ps_drop - c->last_drops);
		c->last_recv = s.ps_recv;
		c->last_drops = s.ps_drop;
	}
	device_update(&c->device);
	c->counts.interface_drops = c->device.drops;
	c->counts.link_downs = c->device.downs;
	c->counts.link_down = c->device.down;
	*counts = c->counts;
}
