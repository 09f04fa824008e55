/* The sending stage; see send.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "dryrun.h"
#include "egress.h"
#include "rights.h"
#include "send.h"
#include "status.h"
#include "stream.h"

#define SECOND		1000000000ull
#define SAMPLES		16	/* targets to try routes with */

struct run {
	const struct send *send;
	struct stream_in *in;
	struct stream_out *out;
	pthread_mutex_t	 out_lock;
	struct sender_form form;
	struct work	 work;
	struct rate	 rate;
	struct sender	*sender;
	struct status	 status;
	const struct header *header;	/* of the input */
	uint32_t	 source;	/* if none was given */

	pthread_t	 reader;
	atomic_bool	 input_failed;
	char		 input_why[300];
	unsigned char	*before;	/* the end item that was read */
	size_t		 before_size;

	int		 signals;	/* a signalfd */
	bool		 reader_gone, interrupted;
	uint64_t	 begin, end;	/* of sending; end 0: no limit */
	uint64_t	 next_progress;
};

static uint64_t
wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

/* --- the input's header --- */

static int
read_header(struct run *r, char *why, size_t size)
{
	struct stream_item item;
	const struct probe *probe = r->send->probe;
	uint64_t family = 4;
	int rc;

	rc = stream_read(r->in, &item);
	if (rc != 1) {
		snprintf(why, size, "stdin: %s", stream_error(r->in));
		return -1;
	}
	r->header = item.header;
	dict_uint(&item.header->scan, "family", &family);
	if (family != 4) {
		snprintf(why, size, "stdin: IPv%" PRIu64
		    " targets; only IPv4 can be sent yet", family);
		return -1;
	}
	if (probe->ports && dict_get(&item.header->scan, "ports") == NULL) {
		snprintf(why, size, "%s needs target ports: zmap-targets -p",
		    probe->name);
		return -1;
	}
	return 0;
}

static size_t
samples(const struct run *r, uint32_t *list)
{
	const unsigned char *networks = NULL;
	size_t size = 0;

	dict_bytes(&r->header->scan, "networks", &networks, &size);
	return egress_samples(networks, size, list, SAMPLES);
}

/* --- what probes look like --- */

static int
make_form(struct run *r, unsigned char key[VALIDATE_KEY_SIZE], char *why,
    size_t size)
{
	const struct send *s = r->send;
	struct sender_form *f = &r->form;

	if (getrandom(key, VALIDATE_KEY_SIZE, 0) != VALIDATE_KEY_SIZE) {
		snprintf(why, size, "no random key: %s", strerror(errno));
		return -1;
	}
	validate_init(&f->key, key);
	f->probe = s->probe;
	f->config.args = s->probe_args;
	f->config.source_port_first = s->source_port;
	f->config.source_port_count = s->source_ports;
	f->config.probes = s->probes;
	f->config.ttl = s->ttl;
	f->config.start_ns = wall_ns();
	dict_uint(&r->header->scan, "seed", &f->config.seed);
	f->sources = s->nsources > 0 ? s->sources : &r->source;
	f->nsources = s->nsources > 0 ? s->nsources : 1;
	return 0;
}

/* --- targets out of a record --- */

struct batch {
	uint64_t	 next;
	size_t		 count;
	const unsigned char *addresses, *ports;
	uint16_t	 port;
};

static const char *
take_record(const struct run *r, const struct stream_item *item,
    struct batch *b)
{
	const struct value *v = item->values;

	if (item->nvalues < 3 || v[0].type != VALUE_UINT ||
	    v[2].type != VALUE_BYTES || v[2].tag != 66 || v[2].size % 4 != 0)
		return "a record that is no batch of targets";
	*b = (struct batch){ .next = v[0].number, .count = v[2].size / 4,
	    .addresses = v[2].bytes };
	if (v[1].type == VALUE_UINT && v[1].number <= UINT16_MAX)
		b->port = v[1].number;
	else if (v[1].type == VALUE_BYTES && v[1].tag == 65 &&
	    v[1].size == b->count * 2)
		b->ports = v[1].bytes;
	else if (v[1].type != VALUE_NULL || r->form.probe->ports)
		return "targets whose ports do not fit";
	/* what a probe without ports answers to holds no port */
	if (!r->form.probe->ports) {
		b->ports = NULL;
		b->port = 0;
	}
	return NULL;
}

/* --- the reading thread --- */

static void
input_fails(struct run *r, const char *what)
{
	snprintf(r->input_why, sizeof r->input_why, "stdin: %s", what);
	atomic_store(&r->input_failed, true);
}

/*
 * Targets in a chunk: a quarter of a second's worth for each thread, so that
 * at low rates the threads stay close together.
 */
static unsigned
chunk_size(struct run *r)
{
	double n = rate_get(&r->rate) / 4 / r->send->threads / r->send->probes;

	if (n == 0 || n > WORK_CHUNK)
		return WORK_CHUNK;
	return n < 1 ? 1 : n;
}

/* false: no more. */
static bool
take_item(struct run *r, const struct stream_item *item)
{
	const char *wrong;
	struct batch b;

	switch (item->what) {
	case STREAM_HEADER:
		input_fails(r, "a second segment; send one scan at a time");
		return false;
	case STREAM_RECORD:
		wrong = take_record(r, item, &b);
		if (wrong != NULL) {
			input_fails(r, wrong);
			return false;
		}
		return work_add(&r->work, b.next, b.addresses, b.ports,
		    b.port, b.count, chunk_size(r));
	case STREAM_EVENT:
		pthread_mutex_lock(&r->out_lock);
		stream_pass(r->out, item);
		stream_flush(r->out);
		pthread_mutex_unlock(&r->out_lock);
		break;
	case STREAM_END:
		r->before = malloc(item->size);
		if (r->before != NULL) {
			memcpy(r->before, item->bytes, item->size);
			r->before_size = item->size;
		}
		break;
	}
	return true;
}

static void *
read_input(void *arg)
{
	struct stream_item item;
	struct run *r = arg;
	int rc;

	while ((rc = stream_read(r->in, &item)) == 1)
		if (!take_item(r, &item))
			break;
	if (rc == -1)
		input_fails(r, stream_error(r->in));
	work_close(&r->work);
	return NULL;
}

/* --- output --- */

enum { COUNTERS = 16 };

static void
collect(struct run *r, struct counter c[COUNTERS])
{
	struct sender_counts n;
	uint64_t in = work_targets(&r->work), gone;

	sender_counts(r->sender, &n);
	gone = n.targets + n.failed + n.excluded;
	c[0] = (struct counter){ "in", in };
	c[1] = (struct counter){ "targets", n.targets };
	c[2] = (struct counter){ "excluded", n.excluded };
	c[3] = (struct counter){ "failed", n.failed };
	c[4] = (struct counter){ "left", in > gone ? in - gone : 0 };
	c[5] = (struct counter){ "packets", n.packets };
	c[6] = (struct counter){ "failures", n.failures };
	c[7] = (struct counter){ "waits", n.waits };
	c[8] = (struct counter){ "link_waits", n.link_waits };
	c[9] = (struct counter){ NULL, 0 };
}

static void
report_status(struct run *r, bool final)
{
	struct counter c[COUNTERS];

	if (!final && !status_due(&r->status))
		return;
	collect(r, c);
	c[9] = (struct counter){ "rate", rate_get(&r->rate) };
	c[10] = (struct counter){ NULL, 0 };
	status_line(&r->status, c, final);
}

/* Only if it cannot block: counts are cumulative, the next line has them. */
static void
report_progress(struct run *r)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };
	struct counter c[COUNTERS + 3], all[COUNTERS];
	int i;

	if (poll(&p, 1, 0) != 1 || pthread_mutex_trylock(&r->out_lock) != 0)
		return;
	collect(r, all);
	c[0] = (struct counter){ "position", work_position(&r->work) };
	c[1] = (struct counter){ "time", wall_ns() };
	for (i = 0; all[i].name != NULL; i++)
		c[2 + i] = all[i];
	c[2 + i] = (struct counter){ NULL, 0 };
	stream_event(r->out, "progress", "send", c);
	stream_flush(r->out);
	pthread_mutex_unlock(&r->out_lock);
}

static void
encode_sources(struct dict *scan, const struct sender_form *f)
{
	static const unsigned char tag_66[] = { 0xd8, 66 };
	unsigned char buf[8 + SENDER_SOURCES_MAX * 4];
	unsigned char bytes[SENDER_SOURCES_MAX * 4];
	struct encoder e = encoder_on(buf, sizeof buf);
	uint32_t be;
	unsigned i;

	for (i = 0; i < f->nsources; i++) {
		be = htonl(f->sources[i]);
		memcpy(bytes + 4 * i, &be, 4);
	}
	encode_raw(&e, tag_66, sizeof tag_66);
	encode_bytes(&e, bytes, 4 * f->nsources);
	dict_set(scan, "source_ips", buf, encode_size(&e));
}

static int
write_header(struct run *r, const unsigned char *key, const char *interface)
{
	const struct sender_form *f = &r->form;
	unsigned char buf[16];
	struct encoder e = encoder_on(buf, sizeof buf);
	struct header *h;

	h = stream_derive(r->out, r->header, "probes", r->send->argv);
	if (h == NULL)
		return -1;
	dict_set_bytes(&h->other, "key", key, VALIDATE_KEY_SIZE);
	dict_set_text(&h->scan, "probe", f->probe->name);
	if (f->config.args != NULL)
		dict_set_text(&h->scan, "probe_args", f->config.args);
	dict_set_uint(&h->scan, "probes", f->config.probes);
	encode_sources(&h->scan, f);
	encode_array(&e, 2);
	encode_uint(&e, f->config.source_port_first);
	encode_uint(&e, f->config.source_port_first +
	    f->config.source_port_count - 1);
	dict_set(&h->scan, "source_ports", buf, encode_size(&e));
	if (interface[0] != '\0')
		dict_set_text(&h->scan, "interface", interface);
	dict_set_uint(&h->scan, "start", f->config.start_ns);
	status_facts(&r->status, &h->scan);
	if (stream_header(r->out) == -1)
		return -1;
	return stream_flush(r->out);
}

/* --- signals --- */

static int
catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	signal(SIGPIPE, SIG_DFL);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
change_rate(struct run *r, double factor)
{
	rate_scale(&r->rate, factor, clock_ns());
	log_info(r->send->log, "rate is now %.10g packets per second",
	    rate_get(&r->rate));
}

static void
take_signals(struct run *r)
{
	struct signalfd_siginfo info;

	while (read(r->signals, &info, sizeof info) == sizeof info)
		switch (info.ssi_signo) {
		case SIGUSR1:
			change_rate(r, 1.05);
			break;
		case SIGUSR2:
			change_rate(r, 0.95);
			break;
		case SIGHUP:
			if (r->send->exclude != NULL)
				break;
			/* FALLTHROUGH */
		default:
			r->interrupted = true;
		}
}

/* Waits for a signal, the end of a thread or of our reader, or the timeout. */
static void
wait_for_news(struct run *r, int timeout)
{
	struct pollfd p[] = {
		{ .fd = STDOUT_FILENO },
		{ .fd = r->signals, .events = POLLIN },
		{ .fd = sender_event(r->sender), .events = POLLIN },
	};
	uint64_t ended;

	if (poll(p, 3, timeout) <= 0)
		return;
	if (p[0].revents & (POLLERR | POLLHUP))
		r->reader_gone = true;
	if (p[1].revents & POLLIN)
		take_signals(r);
	if (p[2].revents & POLLIN &&
	    read(sender_event(r->sender), &ended, sizeof ended) == -1)
		return;
}

/*
 * Waits until our reader has taken all that was written: then it has acted
 * on it.  Where stdout is not a pipe there is nobody to wait for.
 */
static void
wait_until_taken(struct run *r)
{
	struct stat st;
	int n, pause = 0;

	if (fstat(STDOUT_FILENO, &st) == -1 || !S_ISFIFO(st.st_mode))
		return;
	while (!r->reader_gone && !r->interrupted &&
	    ioctl(STDOUT_FILENO, FIONREAD, &n) == 0 && n > 0) {
		wait_for_news(r, pause);
		if (pause < 10)
			pause++;
	}
}

/* --- the scan --- */

static int
milliseconds_to_next(const struct run *r)
{
	uint64_t now = clock_ns(), next = r->next_progress;
	int ms, status = status_wait(&r->status);

	if (r->end != 0 && r->end < next)
		next = r->end;
	ms = next > now ? (next - now) / 1000000 + 1 : 0;
	return status != -1 && status < ms ? status : ms;
}

static void
watch(struct run *r)
{
	uint64_t now;

	while (sender_running(r->sender) > 0 && !r->reader_gone &&
	    !r->interrupted) {
		wait_for_news(r, milliseconds_to_next(r));
		now = clock_ns();
		if (r->end != 0 && now >= r->end)
			break;
		report_status(r, false);
		if (now >= r->next_progress) {
			report_progress(r);
			r->next_progress = now + SECOND;
		}
	}
	sender_stop(r->sender);
	sender_join(r->sender);
}

/* What this stage alone has to say about its end. */
static enum outcome
judge(struct run *r, char *why, size_t size)
{
	const char *failure = sender_failure(r->sender);
	struct sender_counts n;

	sender_counts(r->sender, &n);
	if (failure != NULL) {
		snprintf(why, size, "%s", failure);
		return OUTCOME_FAILED;
	}
	if (atomic_load(&r->input_failed)) {
		snprintf(why, size, "%s", r->input_why);
		return OUTCOME_FAILED;
	}
	if (sender_too_many_failures(r->sender)) {
		snprintf(why, size, "stopped after %" PRIu64
		    " packets could not be sent", n.failures);
		return OUTCOME_STOPPED;
	}
	if (r->interrupted)
		return OUTCOME_INTERRUPTED;
	if (n.failures > 0) {
		snprintf(why, size, "%" PRIu64 " packets could not be sent, "
		    "%" PRIu64 " targets were not probed as asked",
		    n.failures, n.failed);
		return OUTCOME_INCOMPLETE;
	}
	return OUTCOME_DONE;
}

static enum outcome
finish(struct run *r, char *why, size_t size)
{
	const struct stream_item before = {
		.what = STREAM_END, .bytes = r->before, .size = r->before_size,
	};
	const struct stream_item *b = r->before != NULL ? &before : NULL;
	enum outcome outcome = judge(r, why, size);
	struct counter c[COUNTERS];

	if (r->reader_gone) {
		raise(SIGPIPE);
		return OUTCOME_FAILED;
	}
	collect(r, c);
	report_status(r, true);
	pthread_mutex_lock(&r->out_lock);
	stream_end(r->out, "send", outcome, b, c);
	if (stream_flush(r->out) == -1) {
		snprintf(why, size, "stdout: %s",
		    strerror(stream_out_error(r->out)));
		outcome = OUTCOME_FAILED;
	}
	pthread_mutex_unlock(&r->out_lock);
	if (b != NULL)
		outcome = outcome_worse(outcome, stream_end_outcome(b));
	return outcome;
}

static void
set_rate(struct run *r)
{
	const struct send *s = r->send;
	unsigned size = sender_frame_size(r->sender);
	double rate = s->rate, bits;

	if (s->bandwidth > 0) {
		bits = sender_way(r->sender)->way->ethernet ?
		    rate_frame_bits(size) : (size - IO_ETHERNET) * 8.0;
		rate = s->bandwidth / bits;
		log_debug(s->log, "bandwidth %.10g bits/s is %.10g packets/s "
		    "of %.0f bits", s->bandwidth, rate, bits);
	}
	rate_set(&r->rate, rate, clock_ns());
}

static int
open_ways(struct run *r, struct egress *e, char *why, size_t size)
{
	const struct send *s = r->send;
	uint32_t targets[SAMPLES];
	struct egress_query q = {
		.interface = s->interface, .way = s->way,
		.iplayer = s->iplayer,
		.sources = s->sources, .nsources = s->nsources,
		.gateway_mac = s->has_gateway_mac ? s->gateway_mac : NULL,
		.source_mac = s->has_source_mac ? s->source_mac : NULL,
		.targets = targets, .ntargets = samples(r, targets),
	};
	struct sender_config c = {
		.threads = s->threads, .cores = s->cores, .ncores = s->ncores,
		.batch = s->batch, .retries = s->retries,
		.max_failures = s->max_failures,
	};
	const char *tried;

	if (egress_find(e, &q, why, size) == -1)
		return -1;
	log_debug(s->log, "%s", e->says);
	r->source = e->source;
	memcpy(r->form.ethernet, e->ethernet, IO_ETHERNET);
	c.form = r->form;
	c.io = e->io;
	c.way = e->way;
	if (s->savefile != NULL) {
		c.io.savefile = open(s->savefile, O_WRONLY | O_CREAT |
		    O_TRUNC | O_CLOEXEC, 0666);
		if (c.io.savefile == -1) {
			snprintf(why, size, "%s: %s", s->savefile,
			    strerror(errno));
			return -1;
		}
	}
	r->sender = sender_new(&c, &r->work, &r->rate, why, size);
	if (r->sender == NULL)
		return -1;
	tried = sender_tried(r->sender);
	log_info(s->log, "sending by %s%s%s on %s%s%s",
	    sender_way(r->sender)->way->name,
	    sender_way(r->sender)->note != NULL ? ", " : "",
	    sender_way(r->sender)->note != NULL ?
	    sender_way(r->sender)->note : "",
	    e->capture[0] != '\0' ? e->capture : "a savefile",
	    tried != NULL ? "; not by " : "", tried != NULL ? tried : "");
	return 0;
}

static int
drop_rights(const struct run *r, unsigned may, char *why, size_t size)
{
	struct rights rights = { .may = may };
	const char *what;

	(void)r;
	if (rights_drop(&rights, &what) == -1) {
		snprintf(why, size, "%s: %s", what, strerror(errno));
		return -1;
	}
	return 0;
}

static enum outcome
scan(struct run *r, char *why, size_t size)
{
	unsigned char key[VALIDATE_KEY_SIZE];
	struct egress e;
	int error;

	r->signals = catch_signals();
	if (make_form(r, key, why, size) == -1 ||
	    open_ways(r, &e, why, size) == -1)
		return OUTCOME_FAILED;
	set_rate(r);
	status_open(&r->status, r->send->status_fd, "send");
	status_scan(&r->status, &r->header->scan);
	r->out = stream_out_new(STDOUT_FILENO);
	if (r->out == NULL || write_header(r, key, e.capture) == -1) {
		snprintf(why, size, "stdout: %s", strerror(errno));
		return OUTCOME_FAILED;
	}
	explicit_bzero(key, sizeof key);
	if (drop_rights(r, RIGHTS_PACKETS | RIGHTS_THREADS, why, size) == -1)
		return OUTCOME_FAILED;
	error = sender_start(r->sender);
	if (error == 0)
		error = pthread_create(&r->reader, NULL, read_input, r);
	if (error != 0) {
		snprintf(why, size, "cannot start a thread: %s",
		    strerror(error));
		return OUTCOME_FAILED;
	}
	wait_until_taken(r);
	stream_event(r->out, "ready", "send", NULL);
	stream_flush(r->out);
	wait_until_taken(r);
	r->begin = clock_ns();
	r->next_progress = r->begin;
	if (r->send->max_runtime != 0)
		r->end = r->begin + r->send->max_runtime;
	if (!r->interrupted && !r->reader_gone)
		sender_go(r->sender);
	watch(r);
	return finish(r, why, size);
}

/* --- the dry run --- */

static uint32_t
get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* false: time is up, or stdout has failed. */
static bool
print_batch(struct run *r, struct dryrun *d, const struct batch *b)
{
	atomic_bool stop = false;
	uint64_t when;
	uint16_t port;
	unsigned n;
	size_t i;

	for (i = 0; i < b->count; i++) {
		port = b->ports == NULL ? b->port :
		    b->ports[2 * i] << 8 | b->ports[2 * i + 1];
		for (n = 0; n < r->send->probes; n++) {
			rate_claim(&r->rate, 1, clock_ns(), &when);
			if (r->end != 0 && when >= r->end)
				return false;
			if (when > clock_ns())
				fflush(d->out);
			rate_wait(when, &stop);
			dryrun_print(d, get32(b->addresses + 4 * i), port, n);
		}
	}
	return !ferror(d->out);
}

static enum outcome
print_all(struct run *r, struct dryrun *d, char *why, size_t size)
{
	enum outcome outcome = OUTCOME_DONE;
	struct stream_item item;
	const char *what;
	struct batch b;
	int rc;

	while ((rc = stream_read(r->in, &item)) == 1) {
		if (item.what == STREAM_END)
			outcome = stream_end_outcome(&item);
		if (item.what != STREAM_RECORD)
			continue;
		what = take_record(r, &item, &b);
		if (what != NULL) {
			snprintf(why, size, "stdin: %s", what);
			return OUTCOME_FAILED;
		}
		if (!print_batch(r, d, &b))
			return outcome;
	}
	if (rc == -1) {
		snprintf(why, size, "stdin: %s", stream_error(r->in));
		return OUTCOME_FAILED;
	}
	return outcome;
}

/*
 * Addresses that are not given on the command line are those of nobody: to
 * ask for ours would need a socket.
 */
static enum outcome
dry_run(struct run *r, char *why, size_t size)
{
	const struct send *s = r->send;
	unsigned char key[VALIDATE_KEY_SIZE];
	struct dryrun d = { .out = stdout, .ethernet = !s->iplayer,
	    .binary = s->dry == DRY_BINARY };
	enum outcome outcome;
	const char *what;

	r->source = EGRESS_NOWHERE;
	if (make_form(r, key, why, size) == -1)
		return OUTCOME_FAILED;
	memcpy(r->form.ethernet, s->gateway_mac, 6);
	memcpy(r->form.ethernet + 6, s->source_mac, 6);
	if (dryrun_open(&d, &r->form, &what) == -1) {
		snprintf(why, size, "%s: %s", s->probe->name, what);
		return OUTCOME_MISUSED;
	}
	if (s->bandwidth > 0)
		rate_set(&r->rate, s->bandwidth / rate_frame_bits(IO_ETHERNET +
		    d.probe.size), clock_ns());
	if (drop_rights(r, 0, why, size) == -1)
		return OUTCOME_FAILED;
	if (s->max_runtime != 0)
		r->end = clock_ns() + s->max_runtime;
	outcome = print_all(r, &d, why, size);
	dryrun_close(&d);
	return outcome;
}

enum outcome
send_run(const struct send *s, char *why, size_t size)
{
	struct run *r = calloc(1, sizeof *r);
	uint64_t start = 0;

	why[0] = '\0';
	if (r == NULL || (r->in = stream_in_new(STDIN_FILENO, "targets")) ==
	    NULL) {
		snprintf(why, size, "out of memory");
		return OUTCOME_FAILED;
	}
	r->send = s;
	pthread_mutex_init(&r->out_lock, NULL);
	rate_init(&r->rate, s->rate, clock_ns());
	if (read_header(r, why, size) == -1)
		return OUTCOME_FAILED;
	dict_uint(&r->header->scan, "position", &start);
	if (work_init(&r->work, start) == -1) {
		snprintf(why, size, "out of memory");
		return OUTCOME_FAILED;
	}
	return s->dry != DRY_NOT ? dry_run(r, why, size) :
	    scan(r, why, size);
}
