/* SPDX-License-Identifier: Apache-2.0 */
/* Packets as text; see dryrun.h. */
#include "send/dryrun.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/mac.h"
#include "probe/module.h"
#include "probe/template.h"
#include "scan/batch.h"

#define LINE "------------------------------------------------------\n"

int
dryrun_open(struct dryrun *d, const struct form *form, const char **why)
{
	d->form = form;
	memcpy(d->frame, form->ethernet, IO_ETHERNET);
	return form_prepare(form, &d->probe, d->frame + IO_ETHERNET, why);
}

void
dryrun_close(struct dryrun *d)
{
	if (d->form->probe->done != NULL)
		d->form->probe->done(&d->probe);
}

/* The layer above IP and its extensions, for modules that leave it to us. */
static void
print_upper(FILE *f, uint8_t protocol, const unsigned char *p)
{
	switch (protocol) {
	case IPPROTO_TCP:
		fprintf(f,
		    "tcp { source: %u | dest: %u | seq: %u | checksum: %#04X }\n",
		    get16(p), get16(p + 2), get32(p + 4), get16(p + 16));
		break;
	case IPPROTO_UDP:
		fprintf(f, "udp { source: %u | dest: %u | checksum: %#04X }\n",
		    get16(p), get16(p + 2), get16(p + 6));
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		fprintf(f,
		    "icmp { type: %u | code: %u | checksum: %#04X | id: %u | seq: %u }\n",
		    p[0], p[1], get16(p + 2), get16(p + 4), get16(p + 6));
		break;
	}
}

static void
print_ip(FILE *f, const unsigned char *ip)
{
	char saddr[INET6_ADDRSTRLEN], daddr[INET6_ADDRSTRLEN];

	if (ip[0] >> 4 == 6) {
		inet_ntop(AF_INET6, ip + 8, saddr, sizeof saddr);
		inet_ntop(AF_INET6, ip + 24, daddr, sizeof daddr);
		fprintf(f,
		    "ip6 { saddr: %s | daddr: %s | flow: %#07X | hlim: %u }\n",
		    saddr, daddr, get32(ip) & 0xfffff, ip[7]);
		return;
	}
	inet_ntop(AF_INET, ip + 12, saddr, sizeof saddr);
	inet_ntop(AF_INET, ip + 16, daddr, sizeof daddr);
	fprintf(f, "ip { saddr: %s | daddr: %s | checksum: %#04X }\n", saddr,
	    daddr, get16(ip + 10));
}

/* The extension that form_make puts in between. */
static void
print_extension(FILE *f, const struct form *form)
{
	if (form->extension_size > 0)
		fprintf(f, "dstopts { padn: %s }\n", form->config.attribution);
}

static void
print_ethernet(FILE *f, const unsigned char *p)
{
	fprintf(f, "eth { shost: %s | dhost: %s }\n", mac_text(p + MAC_SIZE).s,
	    mac_text(p).s);
}

static void
write_binary(FILE *f, const struct batch *b, size_t i)
{
	unsigned char port[2];

	put16(port, batch_port(b, i));
	fwrite(b->addresses + b->width * i, b->width, 1, f);
	fwrite(port, sizeof port, 1, f);
}

/* Probe `number` of target i. */
static bool
print_probe(struct dryrun *d, const struct batch *b, size_t i, unsigned number)
{
	const struct form *form = d->form;
	const struct probe *probe = form->probe;
	unsigned char *ip = d->probe.packet;
	struct probe_target t;
	char text[2048];
	size_t n;

	if (d->binary) {
		write_binary(d->out, b, i);
		return true;
	}
	if (d->family == 6)
		form_target6(form, batch_address6(b, i), batch_port(b, i),
		    number, &t);
	else
		form_target(form, batch_address(b, i), batch_port(b, i), number,
		    &t);
	form_finish(form, &t, 1);
	n = module_make(probe, &d->probe, ip, &t);
	if (n == 0)
		return false;
	if (probe->print != NULL) {
		if (probe->print(&d->probe, ip, n, text, sizeof text) >= 0)
			fputs(text, d->out);
	} else
		print_upper(d->out, probe->protocol,
		    ip + (d->family == 6 ? TEMPLATE_IP6 : (ip[0] & 15) * 4));
	print_extension(d->out, form);
	print_ip(d->out, ip);
	if (d->ethernet)
		print_ethernet(d->out, d->frame);
	fputs(LINE, d->out);
	return true;
}

static bool
dryrun_left_out(const struct dryrun *d, const struct batch *b, size_t i)
{
	bool has;

	optout_begin(d->exclude);
	has = d->family == 6 ? optout_has6(d->exclude, batch_address6(b, i)) :
			       optout_has(d->exclude, batch_address(b, i));
	optout_end(d->exclude);
	return has;
}

/* false: time is up, writing has failed, or *wrong says what has. */
static bool
print_batch(struct dryrun *d, const struct batch *b, struct rate *rate,
    uint64_t end, const char **wrong)
{
	atomic_bool stop = false;
	unsigned from = b->copy == -1 ? 0 : b->copy, n;
	unsigned to = b->copy == -1 ? d->form->config.probes : from + 1;
	uint64_t now, when;
	size_t i;

	for (i = 0; i < b->count; i++) {
		if (d->exclude != NULL && dryrun_left_out(d, b, i))
			continue;
		for (n = from; n < to; n++) {
			now = clock_ns();
			when = rate_next(rate);
			if (when < now)
				when = now;
			if (end != 0 && when >= end)
				return false;
			if (when > now)
				fflush(d->out);
			rate_take(rate, 1, &stop);
			if (!print_probe(d, b, i, n)) {
				*wrong = d->probe.reason;
				return false;
			}
		}
	}
	return !ferror(d->out);
}

enum outcome
dryrun_all(struct dryrun *d, struct stream_in *in, struct rate *rate,
    uint64_t end, char *why, size_t size)
{
	enum outcome outcome = OUTCOME_DONE;
	struct stream_item item;
	struct batch b;
	const char *wrong;
	int rc;

	while ((rc = stream_read(in, &item)) == 1) {
		if (item.what == STREAM_END)
			outcome = outcome_worse(outcome,
			    stream_end_outcome(&item));
		if (item.what != STREAM_RECORD)
			continue;
		if (batch_get(&item, d->family, d->form->probe->ports, &b,
			&wrong) == -1) {
			snprintf(why, size, "stdin: %s", wrong);
			return OUTCOME_FAILED;
		}
		wrong = NULL;
		if (print_batch(d, &b, rate, end, &wrong))
			continue;
		if (wrong == NULL)
			return outcome;
		snprintf(why, size, "%s", wrong);
		return OUTCOME_FAILED;
	}
	if (rc == -1) {
		snprintf(why, size, "stdin: %s", stream_error(in));
		return OUTCOME_FAILED;
	}
	return outcome;
}
