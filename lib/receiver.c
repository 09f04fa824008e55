/* The loop of zmap-recv; see receiver.h. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "receiver.h"

#define SECOND_NS	1000000000ull
#define BATCH		4096		/* frames between two looks around */
#define SLOTS		10		/* of the last second */
#define SLOT_NS		(SECOND_NS / SLOTS)
#define HOSTS_MAX	16		/* addresses spelt out in the filter */
#define OTHER_PORTS_MAX	16		/* tried for an unexpected one */
#define WARM_UP		5		/* seconds before, and in a row, */
#define LOW_SECONDS	5		/* that --min-hitrate waits */

static const struct field first[] = {
	{ "saddr", FIELD_IP, "source IP address of response" },
	{ "daddr", FIELD_IP, "destination IP address of response" },
	{ "ipid", FIELD_UINT, "IP identification number of response" },
	{ "ttl", FIELD_UINT, "time-to-live of response packet" },
	{ .name = NULL }
};

static const struct field last[] = {
	{ "repeat", FIELD_BOOL, "is response a repeat response from host" },
	{ "cooldown", FIELD_BOOL,
	    "was response received during the cooldown period" },
	{ "timestamp", FIELD_TIME, "when response arrived" },
	{ .name = NULL }
};

enum { SADDR, DADDR, IPID, TTL, FIRST };	/* indices in first */
enum { REPEAT, COOLDOWN, TIMESTAMP, LAST };	/* in last */

/* What the loop keeps besides what the caller sees. */
struct loop {
	struct receiver		*r;
	struct validate		 validate;
	struct value		 values[FIELD_MAX];
	size_t			 nfields, nmodule;
	int			 app_success;	/* index, or -1 */
	int			 link;
	unsigned char		*scratch;
	bool			 cooldown;
	bool			 over;		/* read no more input */
	bool			 hurry;		/* a second signal */
	uint64_t		 until_ns;	/* the cooldown lasts */
	uint64_t		 interrupted_ns;
	enum outcome		 outcome;
	unsigned char		*end;		/* of the input, or NULL */
	size_t			 end_size;
	uint64_t		 slot[SLOTS], slot_now;
	uint64_t		 targets;	/* sent to, so far */
	uint64_t		 next_count_ns, sending_ns;
	unsigned		 low;		/* seconds of low hit rate */
};

int
receiver_fields(const struct probe *probe, struct field *out, size_t room)
{
	const struct field *const parts[] = { first, probe->fields, last };
	const struct field *f;
	size_t i, n = 0;

	for (i = 0; i < 3; i++)
		for (f = parts[i]; f->name != NULL; f++) {
			if (n + 1 >= room)
				return -1;
			out[n++] = *f;
		}
	out[n] = (struct field){ .name = NULL };
	return n;
}

int
receiver_filter(const struct scan *s, const struct probe *p, char *buf,
    size_t size)
{
	uint32_t low = s->sources[0], high = s->sources[s->nsources - 1];
	size_t i, n;

	/* many addresses are covered by the range they lie in */
	if (s->nsources > HOSTS_MAX)
		n = snprintf(buf, size, "(ip[16:4] >= %" PRIu32
		    " and ip[16:4] <= %" PRIu32 ") and (", low, high);
	else {
		n = snprintf(buf, size, "(");
		for (i = 0; i < s->nsources && n < size; i++)
			n += snprintf(buf + n, size - n,
			    "%sip[16:4] = %" PRIu32, i != 0 ? " or " : "",
			    s->sources[i]);
		if (n < size)
			n += snprintf(buf + n, size - n, ") and (");
	}
	/* answers to the probe */
	if (n < size)
		n += snprintf(buf + n, size - n, "(ip proto %d", p->protocol);
	if (n < size && p->ports)
		n += snprintf(buf + n, size - n, " and dst portrange %u-%u",
		    s->source_port_first, s->source_port_first +
		    s->source_port_count - 1);
	if (n < size && p->filter != NULL)
		n += snprintf(buf + n, size - n, " and (%s)", p->filter);
	/* ICMP errors, and fragments, which are counted */
	if (n < size)
		n += snprintf(buf + n, size - n, ") or (icmp and (icmp[0] = 3"
		    " or icmp[0] = 4 or icmp[0] = 5 or icmp[0] = 11"
		    " or icmp[0] = 12)) or (ip proto %d"
		    " and ip[6:2] & 0x1fff != 0))", p->protocol);
	return n < size ? 0 : -1;
}

/* --- one frame --- */

/* Is our port one that probes of this target were sent from? */
static bool
in_window(const struct scan *s, const struct reply *r)
{
	uint32_t count = s->source_port_count;
	uint32_t at = r->source_port - s->source_port_first;

	return (at + count - r->v[1] % count) % count < s->probes;
}

/* Computes the words of the target that the answer claims to be about. */
static void
compute(struct loop *l, struct reply *r)
{
	struct validate_words w;

	validate_one(&l->validate, r->source, r->target,
	    l->r->probe->ports ? r->target_port : 0, &w);
	memcpy(r->v, w.v, sizeof r->v);
}

/*
 * The ports of a probe with ports.  Where answers may come from any port, the
 * probe they answer is looked for among all to that address.
 */
static enum refusal
check_ports(struct loop *l, struct reply *r)
{
	const struct scan *s = l->r->scan;
	uint16_t port = r->target_port;
	size_t i;

	if (r->source_port < s->source_port_first ||
	    r->source_port - s->source_port_first >=
	    (int)s->source_port_count)
		return REFUSED_PORT;
	if (scan_has_port(s, port)) {
		compute(l, r);
		if (in_window(s, r))
			return REFUSED_NOT;
	}
	if (l->r->check_port || r->icmp_error || s->nports > OTHER_PORTS_MAX)
		return REFUSED_PORT;
	for (i = 0; i < s->nports; i++) {
		r->target_port = s->ports[i];
		if (r->target_port == port)
			continue;
		compute(l, r);
		if (in_window(s, r))
			return REFUSED_NOT;
	}
	return REFUSED_PORT;
}

static enum refusal
examine(struct loop *l, const unsigned char *frame, size_t caplen, size_t len,
    uint64_t time_ns, struct reply *r)
{
	const struct probe *probe = l->r->probe;
	struct encoder scratch = encoder_on(l->scratch, PROBE_SCRATCH);
	enum refusal refused;
	size_t at;

	refused = packet_link(l->link, frame, caplen, &at);
	if (refused != REFUSED_NOT)
		return refused;
	refused = packet_parse(frame + at, caplen - at, len - at,
	    probe->protocol, probe->ports, r);
	if (refused != REFUSED_NOT && refused != REFUSED_QUOTE)
		return refused;
	if (!scan_is_ours(l->r->scan, r->daddr))
		return REFUSED_ADDRESS;
	if (refused != REFUSED_NOT)
		return refused;
	if (!scan_allows(l->r->scan, r->target))
		return REFUSED_SOURCE;
	if (probe->ports) {
		refused = check_ports(l, r);
		if (refused != REFUSED_NOT)
			return refused;
	} else
		compute(l, r);
	r->time_ns = time_ns;
	memset(l->values + FIRST, 0, l->nmodule * sizeof *l->values);
	return probe->classify(l->r->thread, r, l->values + FIRST, &scratch);
}

static void
write_record(struct loop *l, const struct reply *r, bool repeat)
{
	unsigned char target[4] = { r->target >> 24, r->target >> 16,
	    r->target >> 8, r->target };
	struct value *v = l->values, *tail = v + FIRST + l->nmodule;
	struct encoder e;
	size_t i, room = 16;

	v[SADDR] = value_bytes(target, sizeof target);
	v[DADDR] = value_bytes(r->ip + 16, 4);
	v[IPID] = value_uint(r->ip_id);
	v[TTL] = value_uint(r->ttl);
	tail[REPEAT] = value_bool(repeat);
	tail[COOLDOWN] = value_bool(l->cooldown);
	tail[TIMESTAMP] = value_uint(r->time_ns);
	for (i = 0; i < l->nfields; i++)
		room += 16 + v[i].size;
	e = stream_begin(l->r->out, room);
	encode_array(&e, l->nfields);
	for (i = 0; i < l->nfields; i++)
		value_encode(&e, &v[i]);
	stream_commit(l->r->out, &e, STREAM_RECORD);
}

static void
on_frame(void *ctx, const unsigned char *frame, size_t caplen, size_t len,
    uint64_t time_ns)
{
	struct loop *l = ctx;
	struct receiver_tally *t = &l->r->tally;
	struct reply r;
	enum refusal refused;
	bool success, app;
	int seen;

	t->received++;
	refused = examine(l, frame, caplen, len, time_ns, &r);
	t->refused[refused]++;
	if (refused != REFUSED_NOT)
		return;
	success = l->values[FIRST + l->r->probe->success].number != 0;
	app = l->app_success != -1 &&
	    l->values[FIRST + l->app_success].number != 0;
	seen = dedup_seen(l->r->dedup, r.target, r.target_port, success);
	if (seen == -1)
		t->forgotten++;
	t->valid++;
	t->in_cooldown += l->cooldown;
	t->success += success;
	t->app_success += app;
	if (seen == 1)
		t->repeats++;
	else {
		t->unique += success;
		t->app_unique += app;
		t->failure_unique += !success;
		l->slot[l->slot_now % SLOTS]++;
	}
	write_record(l, &r, seen == 1);
}

/* --- the input --- */

static void
begin_cooldown(struct loop *l)
{
	if (l->cooldown)
		return;
	l->cooldown = true;
	l->until_ns = clock_ns() + l->r->cooldown_ns;
	memset(l->slot, 0, sizeof l->slot);
	log_debug(l->r->log, "sending is over, receiving for %g s more",
	    l->r->cooldown_ns / 1e9);
}

/* Nothing more is wanted from the sender, who sees its reader gone. */
static void
close_input(struct loop *l)
{
	if (l->over)
		return;
	l->over = true;
	close(stream_in_fd(l->r->in));
	begin_cooldown(l);
}

static void
fail(struct loop *l, const char *what, const char *why)
{
	if (l->r->why[0] == '\0')
		snprintf(l->r->why, sizeof l->r->why, "%s: %s", what, why);
	l->outcome = OUTCOME_FAILED;
}

static int
take_item(struct loop *l, const struct stream_item *item)
{
	switch (item->what) {
	case STREAM_HEADER:
		fail(l, "stdin", "a second scan; start zmap-recv for each");
		return -1;
	case STREAM_RECORD:
		fail(l, "stdin", "a record in a stream of probes");
		return -1;
	case STREAM_EVENT:
		if (stream_event_uint(item, "targets", &l->targets) == 0 &&
		    l->sending_ns == 0)
			l->sending_ns = clock_ns();
		stream_pass(l->r->out, item);
		break;
	case STREAM_END:
		stream_event_uint(item, "targets", &l->targets);
		l->end = malloc(item->size);
		if (l->end == NULL) {
			fail(l, "stdin", strerror(errno));
			return -1;
		}
		memcpy(l->end, item->bytes, item->size);
		l->end_size = item->size;
		l->outcome = outcome_worse(l->outcome,
		    stream_end_outcome(item));
		l->over = true;
		begin_cooldown(l);
		break;
	}
	return 0;
}

/* All that is there to read.  -1: the input is broken, write what there is. */
static int
read_input(struct loop *l, bool readable)
{
	struct stream_in *in = l->r->in;
	struct stream_item item;
	int rc;

	if (readable && stream_fill(in) == -1 && errno != EAGAIN) {
		fail(l, "stdin", strerror(errno));
		return -1;
	}
	while (!l->over && (rc = stream_next(in, &item)) != 0) {
		if (rc == -1) {
			/* whoever was interrupted need not say goodbye */
			if (l->interrupted_ns != 0) {
				l->over = true;
				begin_cooldown(l);
				return 0;
			}
			fail(l, "stdin", stream_error(in));
			return -1;
		}
		if (take_item(l, &item) == -1)
			return -1;
	}
	return 0;
}

/* --- once a second --- */

static void
collect(const struct loop *l, struct counter *c)
{
	const struct receiver_tally *t = &l->r->tally;

	*c++ = (struct counter){ "received", t->received };
	*c++ = (struct counter){ "valid", t->valid };
	*c++ = (struct counter){ "invalid", t->received - t->valid };
	*c++ = (struct counter){ "success", t->success };
	*c++ = (struct counter){ "unique", t->unique };
	*c++ = (struct counter){ "repeats", t->repeats };
	*c++ = (struct counter){ "failure_unique", t->failure_unique };
	if (l->app_success != -1) {
		*c++ = (struct counter){ "app_success", t->app_success };
		*c++ = (struct counter){ "app_unique", t->app_unique };
	}
	*c++ = (struct counter){ "kernel_drops", t->kernel_drops };
	*c++ = (struct counter){ "interface_drops", t->interface_drops };
	*c++ = (struct counter){ "cooldown", l->cooldown };
	*c = (struct counter){ NULL, 0 };
}

static void
count_drops(struct loop *l)
{
	struct capture_counts counts;

	capture_count(l->r->capture, &counts);
	l->r->tally.kernel_drops = counts.kernel_drops;
	l->r->tally.interface_drops = counts.interface_drops;
}

static double
hit_rate(const struct loop *l)
{
	return l->targets == 0 ? 0 : 100.0 * l->r->tally.unique / l->targets;
}

/* --min-hitrate: five seconds in a row, after five to begin with. */
static void
guard(struct loop *l, uint64_t now)
{
	if (l->r->min_hitrate <= 0 || l->cooldown || l->sending_ns == 0 ||
	    now - l->sending_ns < WARM_UP * SECOND_NS)
		return;
	l->low = hit_rate(l) < l->r->min_hitrate ? l->low + 1 : 0;
	if (l->low < LOW_SECONDS)
		return;
	log_say(l->r->log, LOG_LEVEL_ERROR, "hit rate is %.4g %%, below "
	    "--min-hitrate=%g: stopping the scan", hit_rate(l),
	    l->r->min_hitrate);
	l->outcome = outcome_worse(l->outcome, OUTCOME_STOPPED);
	close_input(l);
}

static void
each_second(struct loop *l, uint64_t now)
{
	struct counter c[32];

	if (now < l->next_count_ns)
		return;
	l->next_count_ns = now + SECOND_NS;
	count_drops(l);
	guard(l, now);
	if (status_due(l->r->status)) {
		collect(l, c);
		status_line(l->r->status, c, false);
	}
}

/* --- signals, and waiting --- */

static void
take_signal(struct loop *l)
{
	struct signalfd_siginfo info;

	if (read(l->r->signal_fd, &info, sizeof info) != sizeof info)
		return;
	if (l->interrupted_ns != 0) {
		l->hurry = true;
		return;
	}
	l->interrupted_ns = clock_ns();
	l->outcome = outcome_worse(l->outcome, OUTCOME_INTERRUPTED);
	log_info(l->r->log, "interrupted: receiving for %g s more",
	    l->r->cooldown_ns / 1e9);
	if (l->over)
		return;
	begin_cooldown(l);
}

/* Up to when nothing is to be done unless something happens. */
static uint64_t
deadline(const struct loop *l)
{
	uint64_t t = l->next_count_ns;

	if (l->cooldown && l->until_ns < t)
		t = l->until_ns;
	if (l->interrupted_ns != 0 && !l->over &&
	    l->interrupted_ns + SECOND_NS < t)
		t = l->interrupted_ns + SECOND_NS;
	return t;
}

static int
look_around(struct loop *l, bool idle)
{
	struct pollfd p[] = {
		{ .fd = l->over ? -1 : stream_in_fd(l->r->in),
		    .events = POLLIN },
		{ .fd = l->r->signal_fd, .events = POLLIN },
		{ .fd = l->r->out_fd },
		{ .fd = capture_fd(l->r->capture), .events = POLLIN },
	};
	uint64_t now = clock_ns(), until = deadline(l);
	int wait = 0;

	if (idle) {
		stream_flush(l->r->out);
		if (until > now)
			wait = (until - now) / 1000000 + 1;
	}
	if (poll(p, idle ? 4 : 3, wait) > 0) {
		if (p[2].revents & (POLLERR | POLLNVAL))
			raise(SIGPIPE);
		if (p[1].revents & POLLIN)
			take_signal(l);
		if (p[0].revents != 0 && read_input(l, true) == -1)
			return -1;
	}
	now = clock_ns();
	while (l->slot_now < now / SLOT_NS) {
		if (now / SLOT_NS - l->slot_now > SLOTS)
			l->slot_now = now / SLOT_NS - SLOTS;
		l->slot[++l->slot_now % SLOTS] = 0;
	}
	if (l->interrupted_ns != 0 && !l->over &&
	    now >= l->interrupted_ns + SECOND_NS)
		close_input(l);
	each_second(l, now);
	if (stream_out_error(l->r->out) != 0) {
		fail(l, "stdout", strerror(stream_out_error(l->r->out)));
		return -1;
	}
	return 0;
}

static int
read_frames(struct loop *l)
{
	char why[256];
	int n;

	n = capture_read(l->r->capture, BATCH, on_frame, l, why, sizeof why);
	if (n == -1)
		fail(l, capture_is_file(l->r->capture) ? "savefile" :
		    "capture", why);
	return n;
}

/* The last block of the ring is handed over late. */
static void
drain(struct loop *l)
{
	uint64_t until = clock_ns() + 2 * CAPTURE_RETIRE_MS * 1000000;
	struct pollfd p = { .fd = capture_fd(l->r->capture),
	    .events = POLLIN };
	int n;

	do {
		n = read_frames(l);
		if (n == 0)
			poll(&p, 1, CAPTURE_RETIRE_MS);
	} while (n >= 0 && clock_ns() < until);
}

static void
run_live(struct loop *l)
{
	int n;

	for (;;) {
		n = read_frames(l);
		if (n == -1)
			break;
		if (look_around(l, n < BATCH) == -1)
			break;
		if (l->hurry ||
		    (l->cooldown && l->over && clock_ns() >= l->until_ns))
			break;
	}
	if (n != -1)
		drain(l);
}

/* The input first, to its end: it is short, and says how the scan went. */
static void
run_file(struct loop *l)
{
	struct pollfd p = { .fd = stream_in_fd(l->r->in), .events = POLLIN };
	int n = 0;

	l->r->cooldown_ns = 0;
	while (!l->over && n != -1) {
		stream_flush(l->r->out);
		poll(&p, 1, -1);
		n = read_input(l, true);
	}
	l->cooldown = false;
	do {
		n = read_frames(l);
		if (look_around(l, false) == -1)
			break;
	} while (n > 0 && !l->hurry);
}

/* --- beginning and end --- */

static enum outcome
finish(struct loop *l)
{
	struct receiver_tally *t = &l->r->tally;
	struct counter c[48], *at = c;
	struct stream_item before = { .what = STREAM_END, .bytes = l->end,
	    .size = l->end_size };
	enum refusal i;
	size_t k;

	count_drops(l);
	for (k = 0; k < SLOTS; k++)
		t->late += l->slot[k];
	if (!l->cooldown || capture_is_file(l->r->capture))
		t->late = 0;
	if (t->kernel_drops + t->interface_drops + t->forgotten > 0)
		l->outcome = outcome_worse(l->outcome, OUTCOME_INCOMPLETE);
	*at++ = (struct counter){ "captured", t->received + t->kernel_drops };
	collect(l, at);
	while (at->name != NULL)
		at++;
	for (i = REFUSED_NOT + 1; i < REFUSED_KINDS; i++)
		*at++ = (struct counter){ refusal_name(i), t->refused[i] };
	*at++ = (struct counter){ "in_cooldown", t->in_cooldown };
	*at++ = (struct counter){ "late", t->late };
	*at++ = (struct counter){ "forgotten", t->forgotten };
	*at++ = (struct counter){ "dedup_bytes",
	    dedup_memory(l->r->dedup) };
	*at = (struct counter){ NULL, 0 };
	stream_end(l->r->out, "recv", l->outcome,
	    l->end != NULL ? &before : NULL, c);
	if (stream_flush(l->r->out) == -1)
		fail(l, "stdout", strerror(errno));
	collect(l, c);
	status_line(l->r->status, c, true);
	return l->outcome;
}

enum outcome
receiver_run(struct receiver *r)
{
	struct loop *l = calloc(1, sizeof *l);
	enum outcome outcome;
	size_t i;

	if (l != NULL)
		l->scratch = malloc(PROBE_SCRATCH);
	if (l == NULL || l->scratch == NULL) {
		free(l);
		snprintf(r->why, sizeof r->why, "%s", strerror(errno));
		return OUTCOME_FAILED;
	}
	l->r = r;
	l->link = capture_link(r->capture);
	l->app_success = -1;
	l->slot_now = clock_ns() / SLOT_NS;
	l->next_count_ns = clock_ns() + SECOND_NS;
	validate_init(&l->validate, r->scan->key);
	for (i = 0; r->probe->fields[i].name != NULL; i++)
		if (strcmp(r->probe->fields[i].name, "app_success") == 0)
			l->app_success = i;
	l->nmodule = i;
	l->nfields = FIRST + i + LAST;
	if (read_input(l, false) == 0) {
		if (capture_is_file(r->capture))
			run_file(l);
		else
			run_live(l);
	}
	outcome = finish(l);
	free(l->scratch);
	free(l->end);
	free(l);
	return outcome;
}
