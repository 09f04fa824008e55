/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zmap-recv: the answers to a scan, validated.
 *
 * Reads what zmap-send says of the scan, opens the capture, gives up its
 * rights, and from then on turns frames into results until the scan and its
 * cooldown are over.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "addr/sources.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/interface.h"
#include "base/log.h"
#include "base/mac.h"
#include "base/outfile.h"
#include "base/rights.h"
#include "cli/option.h"
#include "cli/tool.h"
#include "probe/attribution.h"
#include "probe/module.h"
#include "probe/probe.h"
#include "recv/answer.h"
#include "recv/capture-filter.h"
#include "recv/capture.h"
#include "recv/dedup.h"
#include "recv/dense-file.h"
#include "recv/permit.h"
#include "recv/receiver.h"
#include "recv/spool.h"
#include "scan/facts.h"
#include "scan/scan.h"
#include "scan/settle.h"
#include "stream/status.h"
#include "stream/stream.h"
#include "targets/among.h"

enum {
	LEAST_FRAMES = 12288,	/* for hosts that send many answers */
	LEAST_FRAMES6 = 8192,	/* of IPv6, whose slots are longer */
	MANY_TARGETS = 1 << 24, /* a scan of these is large */
};

struct args {
	uint64_t buffer, queue;
	struct sources sources; /* that the user names */
	const char *interface, *read_pcap, *write_pcap, *module;
	const char *back; /* path of the way back, or NULL */
	int back_fd;	  /* its descriptor, or -1 */
	const char *spill, *write_stream, *checkpoint;
	const char *only; /* --only-fields */
	double cooldown, min_hitrate;
	unsigned checks; /* bits of check.h */
	uint64_t check_wait;
	const char *dense;
	double dense_share; /* percent */
	int method;
	uint32_t window;
	int check_port; /* -1: as the module likes */
	bool list_fields, by_responder, tell_answered;
};

static void
list_probes(void)
{
	module_list(stdout);
	tool_close_stdout();
	exit(EXIT_SUCCESS);
}

static const struct probe *
find_probe(const char *name, enum module_by by)
{
	static struct module m;
	char why[512], names[512];

	if (module_find(&m, name, by, why, sizeof why) == 0)
		return m.probe;
	if (by == MODULE_BY_STREAM)
		errx(TOOL_MISUSED, "probe module '%s': %s", name, why);
	module_names(names, sizeof names);
	tool_unknown_probe(name, why, names);
}

static void
list_fields(const char *module, const struct answer_extra *extra)
{
	answer_list(stdout,
	    find_probe(module != NULL ? module : "tcp_synscan", MODULE_BY_USER),
	    extra);
	tool_close_stdout();
	exit(EXIT_SUCCESS);
}

static void
recv_take_option(struct args *a, int c, const struct options *o)
{
	const char *why;

	switch (c) {
	case OPT_BACK:
		a->back = o->arg;
		break;
	case OPT_BACK_FD:
		a->back_fd = o->value.number;
		break;
	case OPT_BUFFER_SIZE:
		a->buffer = o->value.number;
		break;
	case OPT_CHECK:
		a->checks = (unsigned)o->value.number;
		break;
	case OPT_CHECK_WAIT:
		a->check_wait = o->value.number;
		break;
	case OPT_CHECKPOINT:
		a->checkpoint = o->arg;
		break;
	case OPT_COOLDOWN_TIME:
		a->cooldown = o->value.real;
		break;
	case OPT_DEDUP_BY:
		a->by_responder = strcmp(o->arg, "responder") == 0;
		break;
	case OPT_DEDUP_METHOD:
		a->method = dedup_method_parse(o->arg);
		break;
	case OPT_DEDUP_WINDOW_SIZE:
		a->window = o->value.number;
		break;
	case OPT_DENSE:
		a->dense = o->arg;
		break;
	case OPT_DENSE_SHARE:
		a->dense_share = o->value.real;
		break;
	case OPT_INTERFACE:
		a->interface = o->arg;
		break;
	case OPT_LIST_OUTPUT_FIELDS:
		a->list_fields = true;
		break;
	case OPT_LIST_PROBE_MODULES:
		list_probes();
		break;
	case OPT_MIN_HITRATE:
		a->min_hitrate = o->value.real;
		break;
	case OPT_ONLY_FIELDS:
		a->only = o->arg;
		break;
	case OPT_PROBE_MODULE:
		a->module = o->arg;
		break;
	case OPT_QUEUE_SIZE:
		a->queue = o->value.number;
		break;
	case OPT_RESEND:
		a->tell_answered = true;
		break;
	case OPT_SOURCE_IP:
		sources_parse(o->arg, &a->sources, &why);
		break;
	case OPT_SPILL_DIRECTORY:
		a->spill = o->arg;
		break;
	case OPT_READ_PCAP:
		a->read_pcap = o->arg;
		break;
	case OPT_VALIDATE_SOURCE_PORT:
		a->check_port = strcmp(o->arg, "enable") == 0;
		break;
	case OPT_WRITE_PCAP:
		a->write_pcap = o->arg;
		break;
	case OPT_WRITE_STREAM:
		a->write_stream = o->arg;
		break;
	}
}

static void
recv_parse_args(struct args *a, struct tool *t, int argc, char **argv)
{
	int c;

	*a = (struct args){
		.queue = option_standard(option_table, OPT_QUEUE_SIZE).number,
		.cooldown =
		    option_standard(option_table, OPT_COOLDOWN_TIME).real,
		.method = DEDUP_FULL,
		.window =
		    option_standard(option_table, OPT_DEDUP_WINDOW_SIZE).number,
		.check_port = -1,
		.back_fd = -1,
		.check_wait =
		    option_standard(option_table, OPT_CHECK_WAIT).number,
		.dense_share =
		    option_standard(option_table, OPT_DENSE_SHARE).real,
	};
	tool_begin(t, program_of(STAGE_RECV), argc, argv);
	while ((c = tool_next(t)) != -1)
		recv_take_option(a, c, &t->options);
	option_end(&t->options);
	if (a->dense != NULL && a->method != DEDUP_FULL)
		errx(TOOL_MISUSED,
		    "--dense counts each target once: it needs --dedup-method full");
	if (a->checks & CHECK_ASKS && a->back == NULL && a->back_fd == -1 &&
	    !a->list_fields)
		errx(TOOL_MISUSED,
		    "--check asks by the way back to zmap-send: give both --back, or use zmap");
	if (a->tell_answered && a->back == NULL && a->back_fd == -1 &&
	    !a->list_fields)
		errx(TOOL_MISUSED,
		    "--resend silent says by the way back who has answered: give --back to zmap-send and zmap-recv, or use zmap");
	if (a->list_fields)
		list_fields(a->module,
		    &(struct answer_extra){ .dense = a->dense != NULL,
			.check = a->checks });
}

/* Ends the program if opening an output would empty a file that is read. */
static void
check_output(const char *option, const char *path, const struct stat *read)
{
	struct stat st;

	if (path != NULL && S_ISREG(read->st_mode) && stat(path, &st) == 0 &&
	    st.st_dev == read->st_dev && st.st_ino == read->st_ino)
		errx(TOOL_MISUSED, "%s %s: this file is read", option, path);
}

static void
check_outputs(const struct args *a)
{
	struct stat in[2] = { { .st_mode = 0 } };
	size_t i;

	fstat(STDIN_FILENO, &in[0]);
	if (a->read_pcap != NULL)
		stat(a->read_pcap, &in[1]);
	for (i = 0; i < 2; i++) {
		check_output("--write-pcap", a->write_pcap, &in[i]);
		check_output("--write-stream", a->write_stream, &in[i]);
		check_output("--dense", a->dense, &in[i]);
	}
}

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

static struct capture *
open_capture(const struct args *a, const struct log *log, const struct scan *s,
    const struct probe *p, struct solicited *asks)
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

/* The last thing before strangers' bytes. */
static void
recv_give_up_rights(const struct args *a, const struct log *log)
{
	struct rights r = { .may = RIGHTS_PACKETS | RIGHTS_THREADS };
	char dir[PATH_MAX];
	const char *why;
	char text[128];
	int missing;

	if (a->checkpoint != NULL &&
	    rights_dir_of(a->checkpoint, dir, sizeof dir) == 0)
		r.write_dir = dir;
	missing = rights_drop(&r, &why);
	if (missing == -1)
		err(EXIT_FAILURE, "%s", why);
	if (missing != 0)
		log_info(log, "not all rights can be given up here: %s",
		    rights_missing(missing, text, sizeof text));
}

/* The queue in front of stdout, and the file it may spill into. */
static struct spool *
open_spool(const struct args *a)
{
	struct spool *s;
	int file = spool_file(a->spill);

	if (file == -1 && a->spill != NULL)
		err(EXIT_FAILURE, "%s", a->spill);
	if (file == -1)
		warn("results for a slow reader are kept in memory only");
	s = spool_new(STDOUT_FILENO, a->queue, file);
	if (s == NULL)
		err(EXIT_FAILURE, "memory");
	if (a->read_pcap != NULL)
		spool_keep_all(s);
	return s;
}

static enum outcome
recv_run(const struct args *a, struct receiver *r)
{
	enum outcome outcome;
	char text[1024];

	if (capture_begin(r->capture, text, sizeof text) == -1)
		errx(EXIT_FAILURE, "%s: %s",
		    a->read_pcap != NULL ? a->read_pcap : a->write_pcap, text);
	outcome = receiver_run(r);
	if (r->abandoned)
		errx(EXIT_FAILURE, "%s", r->why);
	if (spool_end(r->spool) == -1) {
		if (errno == EPIPE)
			outcome_reader_gone();
		if (r->why[0] == '\0')
			snprintf(r->why, sizeof r->why, "stdout: %s",
			    strerror(errno));
	}
	if (r->why[0] != '\0') {
		warnx("%s", r->why);
		outcome = OUTCOME_FAILED;
	}
	if (capture_save_end(r->capture, text, sizeof text) == -1) {
		warnx("%s: %s", a->write_pcap, text);
		outcome = OUTCOME_FAILED;
	}
	if (r->keep != NULL && stream_flush(r->keep) == -1) {
		warn("%s", a->write_stream);
		outcome = OUTCOME_FAILED;
	}
	if (a->checkpoint != NULL && outcome != OUTCOME_FAILED && !r->hurried &&
	    settle_checkpoint(a->checkpoint, text, sizeof text) == -1) {
		warnx("checkpoint %s", text);
		outcome = OUTCOME_FAILED;
	}
	if (receiver_losses(r, text, sizeof text))
		warnx("%s", text);
	if (receiver_advice(r, text, sizeof text))
		log_info(r->log, "%s", text);
	if (receiver_coverage(r, text, sizeof text))
		log_info(r->log, "%s", text);
	return outcome;
}

static int
write_kept(void *ctx, const unsigned char *p, size_t n, uint64_t records)
{
	(void)records;
	return outfile_write(ctx, p, n);
}

/* A copy of the input, which holds the key: no other user may read it. */
static struct stream_out *
open_keep(struct outfile *f, const char *path, const struct stream_item *header)
{
	struct stream_sink sink = { .write = write_kept, .ctx = f };
	struct stream_out *keep;

	if (path == NULL)
		return NULL;
	if (outfile_open(f, path, 0600) == -1 || file_private(f->fd) == -1)
		err(EXIT_FAILURE, "%s", path);
	keep = stream_out_sink(sink);
	if (keep == NULL || stream_pass(keep, header) == -1 ||
	    stream_flush(keep) == -1)
		err(EXIT_FAILURE, "%s", path);
	return keep;
}

/* What of a prefix has been asked; of a scan that can be computed. */
static uint64_t
count_probed(void *ctx, const struct dense_prefix *p, const struct reply *r,
    uint64_t position)
{
	uint32_t first = get32(p->address);

	if (r != NULL)
		among_answered(ctx, r->target, r->target_port);
	return among_sent(ctx, first, first | (UINT32_MAX >> p->length),
	    p->port, position);
}

/* --dense: where it goes, and what counts. */
static void
open_dense(const struct args *a, struct receiver *r, const struct scan *scan)
{
	struct among *among; /* lives as long as the program */

	if (a->dense == NULL)
		return;
	if (outfile_open(r->dense_file, a->dense, 0666) == -1)
		err(EXIT_FAILURE, "%s", a->dense);
	r->dense = dense_new(scan, a->dense_share / 100);
	among = among_open(&scan->facts);
	if (r->dense == NULL || (among == NULL && errno != 0))
		err(EXIT_FAILURE, "memory");
	if (among != NULL)
		dense_counted(r->dense, count_probed, among);
}

static void
open_check(const struct args *a, struct receiver *r, const struct scan *scan)
{
	const char *why;

	if (check_possible(a->checks, scan, r->probe, &why) == -1)
		errx(TOOL_MISUSED, "--check of %s: %s", r->probe->name, why);
	r->check_wait_ns = a->check_wait;
	r->checks = a->checks;
	if (a->checks == 0)
		return;
	r->check = check_new(a->checks, scan, r->probe, a->check_wait);
	if (r->check == NULL)
		err(EXIT_FAILURE, "memory");
}

/* After the scan.  What it came to, or OUTCOME_FAILED. */
static enum outcome
write_dense(const struct args *a, const struct receiver *r,
    const struct header *h, enum outcome outcome, char *const argv[])
{
	struct stream_out *out;
	int rc = -1;

	if (r->dense == NULL || !r->dense_file->taken)
		return outcome;
	out = stream_out_sink(
	    (struct stream_sink){ .write = write_kept, .ctx = r->dense_file });
	if (out != NULL)
		rc = dense_write(r->dense, out, h, r->probe->ports, outcome,
		    argv);
	stream_out_free(out);
	if (rc == -1 || outfile_close(r->dense_file) == -1) {
		warn("%s", a->dense);
		outcome = OUTCOME_FAILED;
	}
	if (dense_forgotten(r->dense) > 0)
		log_say(r->log, LOG_LEVEL_WARN,
		    "%s: %" PRIu64
		    " answers not counted, because memory was full: prefixes may be missing",
		    a->dense, dense_forgotten(r->dense));
	return outcome;
}

/* What the stream says, and what is needed for it. */
static void
open_scan(const struct args *a, struct receiver *r, struct scan *scan,
    const struct header *h)
{
	const char *what;
	char why[256];

	if (scan_read(scan, h, why, sizeof why) == -1)
		errx(EXIT_FAILURE, "stdin: %s", why);
	if (a->read_pcap == NULL &&
	    permit_sources(scan, &a->sources, why, sizeof why) == -1)
		errx(EXIT_FAILURE, "source address %s", why);
	r->scan = scan;
	r->probe = a->module != NULL ?
	    find_probe(a->module, MODULE_BY_USER) :
	    find_probe(scan->facts.probe_file[0] != '\0' ?
		    scan->facts.probe_file :
		    scan->facts.probe,
		MODULE_BY_STREAM);
	if (strcmp(r->probe->name, scan->facts.probe) != 0)
		errx(TOOL_MISUSED, "probe module %s: the scan's is %s",
		    r->probe->name, scan->facts.probe);
	if (answer_prepare(r->probe, r->thread, scan, &what) == -1)
		errx(EXIT_FAILURE, "%s: %s", scan->facts.probe, what);
	r->capture = open_capture(a, r->log, scan, r->probe, &r->solicited);
	r->dedup = dedup_new(a->method, !r->probe->ports || scan->nports == 1,
	    a->window, scan->key);
	if (r->dedup == NULL)
		err(EXIT_FAILURE, "memory");
	if (scan->probes > 1 && r->probe->ports && a->method == DEDUP_FULL &&
	    scan->facts.has & FACT_DISTANCE && !a->tell_answered &&
	    coverage_open(r->coverage, scan->nports == 1, scan->key) == -1)
		err(EXIT_FAILURE, "memory");
}

/* The way back; the sender, who has said its header, holds its other end. */
static struct back_out *
open_back(const struct args *a, const struct log *log, const struct scan *s,
    const struct probe *p)
{
	const char *name = a->back != NULL ? "back" : "back-fd";
	struct back_out *back;
	char why[128] = "";
	int fd = -1;

	if (a->back != NULL)
		fd = back_open_out(a->back, why, sizeof why);
	else if (a->back_fd != -1)
		fd = back_take_fd(a->back_fd, why, sizeof why);
	if (why[0] != '\0')
		errx(TOOL_MISUSED, "--%s: %s", name, why);
	if (fd == -1) {
		if (a->back != NULL)
			log_say(log, LOG_LEVEL_WARN,
			    "--back %s: no program reads it: the scan goes on without a way back",
			    a->back);
		return NULL;
	}
	back = back_out_new(fd, s->facts.family, p->ports, s->facts.id);
	if (back == NULL)
		err(EXIT_FAILURE, "memory");
	return back;
}

int
main(int argc, char **argv)
{
	struct probe_thread thread = { .packet = NULL };
	struct coverage coverage = { .copies = NULL };
	struct receiver r = { .thread = &thread,
		.coverage = &coverage,
		.solicited.fd = -1,
		.out_fd = STDOUT_FILENO };
	struct stream_item item;
	struct outfile kept, dense;
	struct header header;
	struct status status;
	enum outcome outcome;
	struct scan scan;
	struct args a;
	struct tool t;

	recv_parse_args(&a, &t, argc, argv);
	r.log = &t.log;
	tool_stream_in(STDIN_FILENO);
	tool_stream_out(STDOUT_FILENO, "pipe it to zmap-out");
	check_outputs(&a);
	r.in = stream_in_new(STDIN_FILENO, "probes");
	r.spool = open_spool(&a);
	r.out = stream_out_sink(spool_sink(r.spool));
	if (r.in == NULL || r.out == NULL)
		err(EXIT_FAILURE, "memory");
	if (stream_read(r.in, &item) == -1)
		errx(EXIT_FAILURE, "stdin: %s", stream_error(r.in));
	r.signal_fd = tool_signal_fd();
	if (r.signal_fd == -1)
		err(EXIT_FAILURE, "signals");
	r.kept = &kept;
	r.dense_file = &dense;
	if (header_copy(&header, item.header) == -1)
		err(EXIT_FAILURE, "memory");
	r.keep = open_keep(&kept, a.write_stream, &item);
	open_scan(&a, &r, &scan, item.header);
	signal(SIGPIPE, SIG_IGN); /* see receiver_run */
	r.back = open_back(&a, &t.log, &scan, r.probe);
	open_dense(&a, &r, &scan);
	open_check(&a, &r, &scan);
	r.live_ns = clock_ns();
	r.boot = clock_boot();
	r.cooldown_ns = a.cooldown * 1e9;
	r.min_hitrate = a.min_hitrate;
	r.by_responder = a.by_responder;
	r.tell_answered = a.tell_answered;
	r.only = a.only;
	r.check_port = a.check_port == -1 ? !r.probe->any_port : a.check_port;
	status_open(&status, t.status_fd, "recv");
	facts_identify(&status, &item.header->scan);
	r.status = &status;
	recv_give_up_rights(&a, &t.log);
	if (spool_start(r.spool) == -1)
		err(EXIT_FAILURE, "threads");
	if (answer_begin(r.out, item.header, r.probe,
		&(struct answer_extra){ scan.facts.family == 6, a.dense != NULL,
		    a.checks, a.only },
		argv) == -1)
		err(EXIT_FAILURE, "stdout");
	outcome = write_dense(&a, &r, &header, recv_run(&a, &r), argv);
	capture_close(r.capture);
	solicited_close(&r.solicited);
	dedup_free(r.dedup);
	coverage_close(&coverage);
	dense_free(r.dense);
	check_free(r.check);
	header_free(&header);
	if (r.probe->done != NULL)
		r.probe->done(&thread);
	scan_free(&scan);
	stream_in_free(r.in);
	stream_out_free(r.out);
	tool_close_stdout();
	return outcome;
}
