/* SPDX-License-Identifier: Apache-2.0 */
/* Devices, and the capture; see args.h. */
#include "tools/zmap-recv/args.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/interface.h"
#include "base/log.h"
#include "base/mac.h"
#include "cli/option.h"
#include "probe/attribution.h"
#include "recv/capture-filter.h"
#include "scan/facts.h"

enum {
	LEAST_FRAMES = 12288,	/* for hosts that send many answers */
	LEAST_FRAMES6 = 8192,	/* of IPv6, whose slots are longer */
	MANY_TARGETS = 1 << 24, /* a scan of these is large */
};

/* Devices, as the kernel calls them. */
struct devices {
	char names[CAPTURE_DEVICES][IF_NAMESIZE];
	unsigned n;
};

/*
 * The device that the user or the stream names, as the kernel calls it: any
 * other name could be one of the sources that libpcap has besides devices.
 * -1 with errno.
 */
static int
add_device(struct devices *d, const char *name)
{
	unsigned index;

	if (d->n == CAPTURE_DEVICES) {
		errno = E2BIG;
		return -1;
	}
	if (strcmp(name, "any") == 0)
		strcpy(d->names[d->n], name);
	else if (interface_find(name, d->names[d->n], &index) == -1)
		return -1;
	d->n++;
	return 0;
}

/* A name may have commas in it; if there is no such device, it is a list. */
static void
recv_add_list(struct devices *d, const char *list)
{
	char name[INTERFACE_NAME_MAX + 1];
	size_t n;

	if (add_device(d, list) == 0)
		return;
	if (strchr(list, ',') == NULL)
		err(EXIT_FAILURE, "%s", list);
	for (;; list += n + 1) {
		n = strcspn(list, ",");
		if (n > INTERFACE_NAME_MAX)
			errx(EXIT_FAILURE, "%s: a name longer than 127 bytes",
			    list);
		memcpy(name, list, n);
		name[n] = '\0';
		if (add_device(d, name) == -1)
			err(EXIT_FAILURE, "%s", name);
		if (list[n] == '\0')
			return;
	}
}

static void
find_devices(const struct args *a, const struct scan *s, struct devices *d)
{
	unsigned i;

	if (a->interface != NULL) {
		recv_add_list(d, a->interface);
		return;
	}
	if (s->facts.interface[0] == '\0')
		errx(TOOL_MISUSED,
		    "the stream names no interface: give one by --interface");
	if (s->facts.ninterfaces == 0 &&
	    add_device(d, s->facts.interface) == -1)
		err(EXIT_FAILURE, "%s", s->facts.interface);
	for (i = 0; i < s->facts.ninterfaces; i++)
		if (add_device(d, s->facts.interfaces[i]) == -1)
			err(EXIT_FAILURE, "%s", s->facts.interfaces[i]);
}

/*
 * How many answers will come at most, and some for hosts that say more than
 * once: to make a large ring takes longer than a small scan.  0: not known, or
 * more than the usual ring holds.
 */
static size_t
frames_wanted(const struct args *a, const struct facts *f,
    const struct capture_args *ca)
{
	uint64_t copies = 1, frames;

	if (a->buffer > 0 || !(f->has & FACT_TARGETS) ||
	    f->targets > MANY_TARGETS)
		return 0;
	if (f->has & FACT_COPIES)
		copies = f->copies;
	else if (f->has & FACT_PROBES)
		copies = f->probes;
	/* any user can write a header */
	if (copies > MANY_TARGETS)
		return 0;
	frames = f->targets * copies;
	frames += frames / 4 + (f->family == 6 ? LEAST_FRAMES6 : LEAST_FRAMES);
	/* each device may be the one that all of them come in on */
	return capture_slots(ca, frames) < ca->buffer / ca->ninterfaces ?
	    frames :
	    0;
}

/*
 * Bytes of an IPv6 answer that IPv4 has not: the header is longer and has
 * extensions, and errors quote ours.
 */
static size_t
more_of_six(const struct facts *f)
{
	const size_t uri = f->has & FACT_ATTRIBUTION ?
	    attribution_size(f->attribution) :
	    0;

	return 256 +
	    (uri > 0 ? uri + ATTRIBUTION_HEADER_MAX - ATTRIBUTION_MAX : 0);
}

/* The capture of a network. */
static struct capture *
open_live(const struct args *a, const struct log *log, const struct scan *s,
    const struct probe *p, struct solicited *asks)
{
	struct capture_args ca = { .snaplen = p->snaplen,
		.family = s->facts.family,
		.others = a->interface == NULL };
	struct devices d = { .n = 0 };
	char filter[4096], why[512];
	uint8_t mac[MAC_SIZE];
	const char *bad;
	struct capture *c;

	if (s->facts.has & FACT_SOURCE_MAC &&
	    mac_parse(s->facts.source_mac, mac, &bad) == 0)
		ca.mac = mac;
	if (s->facts.family == 6)
		ca.snaplen += more_of_six(&s->facts);
	ca.buffer = a->buffer > 0 ?
	    a->buffer :
	    option_standard(option_table, OPT_BUFFER_SIZE).number;
	if (capture_filter(s, p, filter, sizeof filter) == -1)
		errx(EXIT_FAILURE, "filter: too long");
	find_devices(a, s, &d);
	ca.filter = filter;
	for (; ca.ninterfaces < d.n; ca.ninterfaces++) {
		ca.interfaces[ca.ninterfaces] = d.names[ca.ninterfaces];
		log_debug(log, "capturing on %s: %s", d.names[ca.ninterfaces],
		    filter);
	}
	ca.frames = frames_wanted(a, &s->facts, &ca);
	c = capture_open(&ca, why, sizeof why);
	if (c == NULL)
		errx(EXIT_FAILURE, "%s", why);
	if (capture_rings(c) > ca.ninterfaces)
		log_info(log,
		    "the device has several queues: capturing by %u rings",
		    capture_rings(c));
	if (solicited_open(asks, s, ca.interfaces, ca.ninterfaces) == -1)
		log_say(log, LOG_LEVEL_WARN,
		    "neighbours who ask for our source addresses get no answer: %s",
		    strerror(errno));
	if (ca.frames > 0)
		ca.buffer = capture_slots(&ca, ca.frames) / 2;
	if (capture_ring(c) != 0 && capture_ring(c) < ca.buffer / 10 * 9)
		log_say(log, LOG_LEVEL_WARN,
		    "memory is short: a buffer of %zu KiB instead of %zu",
		    capture_ring(c) >> 10, ca.buffer >> 10);
	return c;
}

struct capture *
recv_open_capture(const struct args *a, const struct log *log,
    const struct scan *s, const struct probe *p, struct solicited *asks)
{
	struct capture *c;
	char why[512];

	if (a->read_pcap == NULL)
		c = open_live(a, log, s, p, asks);
	else
		c = capture_open_file(a->read_pcap, why, sizeof why);
	if (c == NULL)
		errx(EXIT_FAILURE, "%s", why);
	if (a->write_pcap != NULL &&
	    capture_save(c, a->write_pcap, why, sizeof why) == -1)
		errx(EXIT_FAILURE, "%s: %s", a->write_pcap, why);
	return c;
}
