/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libpcap, kept from its ways of losing frames; see capture.h.
 *
 * - The file descriptor is polled and reads never block: a blocking read does
 *   not return on an idle link, whatever the timeout.
 * - Frames reach us in blocks that the kernel hands over when they are full or
 *   CAPTURE_RETIRE_MS old, so a program that stops waits that long and
 *   reads on.
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
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/outfile.h"
#include "base/privilege.h"
#include "probe/packet.h"
#include "recv/device.h"
#include "recv/fanout.h"
#include "recv/stray.h"

#define SAVE_MAX_NS SECOND /* that writing a piece may take */

enum {
	SLOT_MORE = 176,  /* with what alignment and pages waste */
	SLOT_LONG = 2048, /* hardly a device has longer frames */
	HANDLES = CAPTURE_DEVICES * FANOUT_RINGS,
};

/* One ring: a device's, or one of several that share its frames. */
struct handle {
	struct capture *capture;
	pcap_t *pcap;
	int link;
	struct device device; /* of the first ring of a device */
	struct bpf_program filter;
	uint32_t last_recv, last_drops; /* what pcap_stats said */
};

struct capture {
	struct handle handles[HANDLES];
	unsigned nhandles, next;
	int epoll; /* of several; -1: there is one */
	struct stray stray;
	int save_link; /* pcap's DLT_* of the savefile */
	FILE *file;    /* savefile not yet begun */
	FILE *save;
	pcap_dumper_t *dumper;
	struct outfile saved;
	int save_error; /* errno, sticky */
	bool is_file;
	struct capture_counts counts;
	size_t ring;
	capture_handler *handler;
	void *ctx;
};

static struct capture *
capture_failed(struct capture *c, char *why, size_t size, const char *what,
    const char *detail)
{
	snprintf(why, size, "%s: %s", what, detail);
	capture_close(c);
	return NULL;
}

/*
 * A slot holds what the kernel says of a frame, and the frame; libpcap shortens
 * it to the device's, and puts as many into a page as fit.
 */
size_t
capture_slots(const struct capture_args *a, size_t frames)
{
	size_t slot = a->snaplen < SLOT_LONG ? a->snaplen : SLOT_LONG;

	return frames * (SLOT_MORE + PACKET_LINK_MAX + slot);
}

/*
 * Without slots the ring has blocks of 256 KiB.  One of them is used up every
 * CAPTURE_RETIRE_MS, however little is in it: best for many answers, but there
 * must be many blocks.  Slots are what libpcap uses in immediate mode.
 */
static int
set_ring(pcap_t *p, const struct capture_args *a)
{
	if (a->frames == 0)
		return pcap_set_buffer_size(p, a->buffer);
	return pcap_set_immediate_mode(p, 1) |
	    pcap_set_buffer_size(p, capture_slots(a, a->frames));
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
	    set_ring(p, a) |
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

/* -1 with the reason in why. */
static int
capture_cannot(const char *interface, const char *what, char *why, size_t size)
{
	snprintf(why, size, "%s: %s", interface, what);
	return -1;
}

static int
activate(struct handle *h, const char *interface, char *why, size_t size)
{
	int rc = pcap_activate(h->pcap), one = 1;

	if (rc == PCAP_ERROR_PERM_DENIED) {
		privilege_missing("capture packets", "cap_net_raw", why, size);
		return -1;
	}
	if (rc < 0)
		return capture_cannot(interface,
		    pcap_geterr(h->pcap)[0] != '\0' ? pcap_geterr(h->pcap) :
						      pcap_statustostr(rc),
		    why, size);
	if (setsockopt(pcap_fileno(h->pcap), SOL_PACKET, PACKET_IGNORE_OUTGOING,
		&one, sizeof one) == -1)
		return capture_cannot(interface, strerror(errno), why, size);
	h->link = pcap_datalink(h->pcap);
	if (!packet_link_known(h->link))
		return capture_cannot(interface,
		    "this type of link is not supported", why, size);
	return 0;
}

static int
open_ring(struct handle *h, const struct capture_args *a, const char *interface,
    char *why, size_t size)
{
	char error[PCAP_ERRBUF_SIZE] = "";

	h->pcap = pcap_create(interface, error);
	if (h->pcap == NULL)
		return capture_cannot(interface, error, why, size);
	if (configure(h->pcap, a) != 0)
		return capture_cannot(interface, pcap_geterr(h->pcap), why,
		    size);
	if (activate(h, interface, why, size) == -1)
		return -1;
	if (pcap_compile(h->pcap, &h->filter, a->filter, 1,
		PCAP_NETMASK_UNKNOWN) == -1 ||
	    pcap_setfilter(h->pcap, &h->filter) == -1)
		return capture_cannot("filter", pcap_geterr(h->pcap), why,
		    size);
	if (pcap_setnonblock(h->pcap, 1, error) == -1)
		return capture_cannot(interface, error, why, size);
	if (a->mac != NULL &&
	    device_hear(pcap_fileno(h->pcap), interface, a->mac) == -1)
		return capture_cannot(interface,
		    "cannot take what is sent to --source-mac", why, size);
	return 0;
}

/* One descriptor that is readable when any of the devices' is. */
static int
capture_join(struct capture *c)
{
	struct epoll_event e = { .events = EPOLLIN };
	unsigned i;

	if (c->nhandles == 1 && c->stray.fd == -1)
		return 0;
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (c->epoll == -1)
		return -1;
	for (i = 0; i < c->nhandles; i++)
		if (epoll_ctl(c->epoll, EPOLL_CTL_ADD,
			pcap_get_selectable_fd(c->handles[i].pcap), &e) == -1)
			return -1;
	if (c->stray.fd != -1 &&
	    epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->stray.fd, &e) == -1)
		return -1;
	return 0;
}

/* Without it, answers that come in elsewhere are not known of. */
static void
watch_others(struct capture *c, const struct capture_args *a)
{
	unsigned index[CAPTURE_DEVICES], i;

	for (i = 0; i < a->ninterfaces; i++) {
		index[i] = if_nametoindex(a->interfaces[i]);
		if (index[i] == 0)
			return; /* any */
	}
	if (stray_open(&c->stray, a->family, index, a->ninterfaces, a->filter,
		a->snaplen) == -1)
		stray_close(&c->stray);
}

static struct capture *
new_capture(void)
{
	struct capture *c = calloc(1, sizeof *c);

	if (c != NULL) {
		c->epoll = -1;
		c->stray.fd = -1;
	}
	return c;
}

static struct handle *
add_handle(struct capture *c)
{
	struct handle *h = &c->handles[c->nhandles++];

	h->capture = c;
	h->device.fd = h->device.softnet_fd = -1;
	return h;
}

static void
close_handle(struct handle *h)
{
	pcap_freecode(&h->filter);
	if (h->pcap != NULL)
		pcap_close(h->pcap);
	device_close(&h->device);
}

/* What came before the filter does not count. */
static void
count_from_now(struct handle *h)
{
	struct pcap_stat s;

	h->capture->ring += ring_size(pcap_fileno(h->pcap));
	if (pcap_stats(h->pcap, &s) == 0) {
		h->last_recv = s.ps_recv;
		h->last_drops = s.ps_drop;
	}
}

/*
 * A small scan has one ring, with a slot for each answer.  Where frames cannot
 * be shared among rings, there are fewer, or one.
 */
static int
open_device(struct capture *c, const struct capture_args *a,
    const char *interface, char *why, size_t size)
{
	struct capture_args one = *a;
	int group = -1, joined = 0;
	unsigned rings, i;
	struct handle *h;

	rings = a->frames > 0 ? 1 : fanout_rings(interface, a->buffer);
	one.buffer = a->buffer / rings;
	for (i = 0; i < rings && joined == 0; i++) {
		h = add_handle(c);
		if (open_ring(h, &one, interface, why, size) == -1)
			return -1;
		if (rings > 1)
			joined = fanout_join(pcap_fileno(h->pcap), &h->filter,
			    &group);
		if (joined == -1 && i > 0) {
			close_handle(h);
			c->handles[--c->nhandles] = (struct handle){ 0 };
			break;
		}
		count_from_now(h);
		/* a device without a number (any) has no counters */
		if (i == 0)
			device_open(&h->device, interface);
	}
	return 0;
}

struct capture *
capture_open(const struct capture_args *a, char *why, size_t size)
{
	struct capture_args one = *a;
	struct capture *c = new_capture();
	unsigned i;

	if (c == NULL)
		return capture_failed(c, why, size, "capture", strerror(errno));
	one.buffer = a->buffer / a->ninterfaces;
	for (i = 0; i < a->ninterfaces; i++)
		if (open_device(c, &one, a->interfaces[i], why, size) == -1) {
			capture_close(c);
			return NULL;
		}
	if (a->others)
		watch_others(c, a);
	if (capture_join(c) == -1)
		return capture_failed(c, why, size, "capture", strerror(errno));
	return c;
}

struct capture *
capture_open_file(const char *path, char *why, size_t size)
{
	struct capture *c = new_capture();

	if (c != NULL) {
		c->is_file = true;
		add_handle(c);
		c->file = fopen(path, "re");
	}
	if (c == NULL || c->file == NULL)
		return capture_failed(c, why, size, path, strerror(errno));
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

	if (!c->saved.taken)
		return (ssize_t)n; /* the head, of no use any more */
	if (c->save_error != 0)
		return 0;
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, &old);
	c->save_error = write_piece(c->saved.fd, p, n);
	if (c->save_error == EPIPE)
		sigtimedwait(&pipe, NULL, &none);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return c->save_error == 0 ? (ssize_t)n : 0;
}

static int
save_close(void *ctx)
{
	struct capture *c = ctx;

	return outfile_close(&c->saved);
}

static int
capture_begin_file(struct capture *c, char *why, size_t size)
{
	char error[PCAP_ERRBUF_SIZE];
	struct handle *h = &c->handles[0];

	h->pcap = pcap_fopen_offline_with_tstamp_precision(c->file,
	    PCAP_TSTAMP_PRECISION_NANO, error);
	if (h->pcap == NULL) {
		snprintf(why, size, "%s", error);
		return -1;
	}
	c->file = NULL; /* closed with pcap */
	h->link = pcap_datalink(h->pcap);
	if (!packet_link_known(h->link)) {
		snprintf(why, size, "this type of link is not supported");
		return -1;
	}
	return 0;
}

/*
 * A savefile has links of one type.  Where the devices have several, it gets
 * the IP packets alone.
 */
static pcap_dumper_t *
open_dumper(struct capture *c, char *why, size_t size)
{
	pcap_t *like = c->handles[0].pcap, *raw = NULL;
	pcap_dumper_t *dumper;
	unsigned i;

	c->save_link = c->handles[0].link;
	for (i = 1; i < c->nhandles; i++)
		if (c->handles[i].link != c->save_link)
			c->save_link = DLT_RAW;
	if (c->save_link != c->handles[0].link)
		like = raw = pcap_open_dead_with_tstamp_precision(DLT_RAW,
		    pcap_snapshot(like), PCAP_TSTAMP_PRECISION_NANO);
	dumper = like != NULL ? pcap_dump_fopen(like, c->save) : NULL;
	if (dumper == NULL)
		snprintf(why, size, "%s",
		    like != NULL ? pcap_geterr(like) : strerror(errno));
	if (raw != NULL)
		pcap_close(raw);
	return dumper;
}

int
capture_begin(struct capture *c, char *why, size_t size)
{
	if (c->is_file && capture_begin_file(c, why, size) == -1)
		return -1;
	if (c->save == NULL)
		return 0;
	c->dumper = open_dumper(c, why, size);
	if (c->dumper == NULL)
		return -1;
	c->save = NULL; /* closed with dumper */
	return 0;
}

void
capture_save_begin(struct capture *c)
{
	if (c->dumper == NULL || c->saved.taken)
		return;
	if (outfile_take(&c->saved) == -1)
		c->save_error = errno;
	pcap_dump_flush(c->dumper);
}

int
capture_save(struct capture *c, const char *path, char *why, size_t size)
{
	static const cookie_io_functions_t calls = {
		.write = save_write,
		.close = save_close,
	};

	/* of a pipe, this waits for its reader */
	if (outfile_open(&c->saved, path, 0666) == -1 ||
	    fcntl(c->saved.fd, F_SETFL, O_NONBLOCK) == -1 ||
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
	if (!c->saved.taken)
		return 0;
	pcap_dump_flush(c->dumper);
	return capture_save_check(c, why, size);
}

void
capture_close(struct capture *c)
{
	int e = errno;
	unsigned i;

	if (c == NULL)
		return;
	if (c->dumper != NULL)
		pcap_dump_close(c->dumper);
	if (c->save != NULL)
		fclose(c->save);
	if (c->file != NULL)
		fclose(c->file);
	for (i = 0; i < c->nhandles; i++)
		close_handle(&c->handles[i]);
	stray_close(&c->stray);
	if (c->epoll != -1)
		close(c->epoll);
	free(c);
	errno = e;
}

size_t
capture_ring(const struct capture *c)
{
	return c->ring;
}

unsigned
capture_rings(const struct capture *c)
{
	return c->nhandles;
}

int
capture_fd(const struct capture *c)
{
	if (c->is_file)
		return -1;
	return c->epoll != -1 ? c->epoll :
				pcap_get_selectable_fd(c->handles[0].pcap);
}

bool
capture_is_file(const struct capture *c)
{
	return c->is_file;
}

/* As the savefile has frames: with its link header, or with none. */
static void
save(struct capture *c, const struct pcap_pkthdr *h,
    const struct capture_frame *f)
{
	unsigned char ethernet[14] = { [12] = 8 };
	unsigned char bytes[sizeof ethernet + 65536];
	struct pcap_pkthdr head = *h;
	size_t at = 0, room = 0;

	if (f->link == c->save_link) {
		pcap_dump((u_char *)c->dumper, h, f->bytes);
		return;
	}
	if (packet_link(f->link, 6, f->bytes, f->caplen, &at) == REFUSED_NOT)
		put16(ethernet + 12, 0x86dd);
	else if (packet_link(f->link, 4, f->bytes, f->caplen, &at) !=
	    REFUSED_NOT)
		return;
	if (f->caplen - at > 65536)
		return;
	if (c->save_link == DLT_EN10MB)
		room = sizeof ethernet;
	else if (c->save_link != DLT_RAW)
		return;
	memcpy(bytes, ethernet, room);
	memcpy(bytes + room, f->bytes + at, f->caplen - at);
	head.caplen = f->caplen - at + room;
	head.len = f->len - at + room;
	pcap_dump((u_char *)c->dumper, &head, bytes);
}

/* The stamp's tv_usec counts nanoseconds, as asked for. */
static void
on_frame(u_char *ctx, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct handle *of = (struct handle *)ctx;
	struct capture *c = of->capture;
	const struct capture_frame f = { .bytes = bytes,
		.caplen = h->caplen < h->len ? h->caplen : h->len,
		.len = h->len,
		.time_ns = (uint64_t)h->ts.tv_sec * SECOND + h->ts.tv_usec,
		.link = of->link };

	c->counts.read++;
	if (c->saved.taken && c->save_error == 0)
		save(c, h, &f);
	c->handler(c->ctx, &f);
}

static int
read_strays(struct capture *c, int max)
{
	struct capture_frame f = { .bytes = c->stray.frame, .link = DLT_RAW };
	struct pcap_pkthdr h;
	int n;

	for (n = 0; n < max; n++) {
		f.caplen = stray_read(&c->stray, &f.len, &f.time_ns, &f.stray);
		if (f.caplen == 0)
			break;
		h = (struct pcap_pkthdr){
			.ts = { .tv_sec = (time_t)(f.time_ns / SECOND),
			    .tv_usec = (suseconds_t)(f.time_ns % SECOND) },
			.caplen = f.caplen,
			.len = f.len
		};
		c->counts.read++;
		if (c->saved.taken && c->save_error == 0)
			save(c, &h, &f);
		c->handler(c->ctx, &f);
	}
	return n;
}

int
capture_read(struct capture *c, int max, capture_handler *handler, void *ctx,
    char *why, size_t size)
{
	struct handle *h;
	int n, sum = 0;
	unsigned i;

	c->handler = handler;
	c->ctx = ctx;
	for (i = 0; i < c->nhandles && sum < max; i++) {
		h = &c->handles[(c->next + i) % c->nhandles];
		n = pcap_dispatch(h->pcap, max - sum, on_frame, (u_char *)h);
		if (n < 0) {
			snprintf(why, size, "%s", pcap_geterr(h->pcap));
			return -1;
		}
		sum += n;
	}
	/* so that none waits for ever behind a busy one */
	c->next = (c->next + 1) % c->nhandles;
	if (c->stray.fd != -1 && sum < max)
		sum += read_strays(c, max - sum);
	return sum;
}

/* pcap's counters are 32 bits and wrap. */
static void
count_handle(struct handle *h, struct capture_counts *c)
{
	struct pcap_stat s;

	if (pcap_stats(h->pcap, &s) == 0) {
		c->captured += (uint32_t)(s.ps_recv - h->last_recv);
		c->kernel_drops += (uint32_t)(s.ps_drop - h->last_drops);
		h->last_recv = s.ps_recv;
		h->last_drops = s.ps_drop;
	}
	device_update(&h->device);
	c->interface_drops += h->device.drops;
	c->link_downs += h->device.downs;
	c->link_down |= h->device.down;
}

void
capture_count(struct capture *c, struct capture_counts *counts)
{
	unsigned i;

	c->counts.interface_drops = c->counts.link_downs = 0;
	c->counts.link_down = false;
	if (!c->is_file)
		for (i = 0; i < c->nhandles; i++)
			count_handle(&c->handles[i], &c->counts);
	stray_count(&c->stray);
	*counts = c->counts;
	if (c->is_file)
		counts->captured = c->counts.read;
	counts->captured += c->stray.seen + c->stray.dropped;
	counts->kernel_drops += c->stray.dropped;
}
