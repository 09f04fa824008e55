/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated Internet.  simnet sits behind the far end of a veth pair (or
 * behind a tun device) and answers for whole prefixes, each target as world.h
 * says; nothing here decides what a target is.  It also checks what it gets:
 * a probe with a wrong length or checksum is counted and not answered.
 *
 * Frames come in by an AF_PACKET ring and go out by sendmmsg.  With --fast an
 * XDP program drops the silent targets before they cost anything; where BPF is
 * not permitted simnet says so and sees every frame itself.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "simnet/simnet.h"

#define CATCH_UP_NS 1000000000u /* at most */

static const char *const class_names[] = {
	[WORLD_OPEN] = "open",
	[WORLD_CLOSED] = "closed",
	[WORLD_UNREACHABLE] = "unreachable",
	[WORLD_DUPLICATE] = "duplicate",
	[WORLD_LATE] = "late",
	[WORLD_BLOWBACK] = "blowback",
	[WORLD_LOSSY] = "lossy",
	[WORLD_FORGED] = "forged",
	[WORLD_FILTERED] = "filtered",
};

/* one JSON object on one line, whole or not at all */
static void
write_counters(struct simnet *s)
{
	uint64_t dropped = 0, probes = 0, silent, open;
	char name[PATH_MAX];
	unsigned int i, c;
	FILE *f;

	if (s->log)
		fflush(s->log);
	if (s->capture)
		fflush(s->capture);
	if (!s->counters)
		return;
	snprintf(name, sizeof name, "%s.new", s->counters);
	if (!(f = fopen(name, "w"))) {
		warn("%s", name);
		return;
	}
	device_counts(s);
	for (i = 0; i < s->devices_count; i++)
		dropped += s->devices[i].dropped;
	open = device_done(s, SIMNET_ANSWERED);
	fprintf(f, "{");
	for (i = 0; i < 3; i++) {
		silent = device_done(s, i);
		fprintf(f, "\"%s\":{", protocol_names[i]);
		for (c = 0; c < WORLD_CLASSES; c++) {
			uint64_t n = s->seen[i][c] +
			    (c == WORLD_FILTERED	      ? silent :
				    c == WORLD_OPEN && i == 0 ? open :
								0);

			probes += n;
			fprintf(f, "%s\"%s\":%lu", c ? "," : "", class_names[c],
			    n);
		}
		fprintf(f, "},");
	}
	fprintf(f, "\"probes\":%lu,\"answers\":{", probes);
	for (c = 0; c < WORLD_FILTERED; c++)
		fprintf(f, "%s\"%s\":%lu", c ? "," : "", class_names[c],
		    s->answers[c] + (c == WORLD_OPEN ? open : 0));
	fprintf(f,
	    "},\"outside\":%lu,\"lost\":%lu,\"bad_ip\":%lu,\"bad_checksum\":%lu,\"bad_transport\":%lu,\"resets\":%lu,\"other\":%lu,\"aliased\":%lu,\"solicited\":%lu,\"waiting\":%zu,\"dropped\":%lu,\"unsent\":%lu,\"unqueued\":%lu,\"policed\":%lu,\"overflowed\":%lu,\"outages\":%lu,\"in_nets\":%lu,\"fast\":%s}\n",
	    s->outside, s->lost, s->bad_ip, s->bad_checksum, s->bad_transport,
	    s->resets, s->other + device_done(s, SIMNET_OTHER), s->aliased,
	    s->solicited, s->queued, dropped, s->unsent, s->unqueued,
	    s->path.policed + device_done(s, SIMNET_POLICED),
	    s->path.overflowed, s->path.outages, s->path.in_nets,
	    s->done_map ? "true" : "false");
	if (fclose(f) || rename(name, s->counters))
		warn("%s", s->counters);
}

/*
 * Takes what has arrived by now: what is asked for by a signal is about all
 * that was sent before it, and the kernel hands a block over only when it is
 * full or a millisecond old.
 */
static void
catch_up(struct simnet *s)
{
	uint64_t limit = now() + CATCH_UP_NS, goal;
	unsigned int i;

	device_counts(s);
	for (i = 0; i < s->devices_count; i++) {
		struct device *d = &s->devices[i];
		struct pollfd p = { d->fd, POLLIN, 0 };

		while (!d->ring && poll(&p, 1, 0) == 1 && now() < limit)
			receive_tun(s, d);
		goal = d->arrived;
		while (d->taken + d->dropped < goal && now() < limit)
			if (!receive_block(s, d)) {
				poll(&p, 1, 1);
				device_counts(s);
			}
	}
	send_flush(s);
}

static void
run(struct simnet *s, int signals)
{
	struct pollfd fds[DEVICES + 1];
	struct signalfd_siginfo si;
	struct timespec wait;
	unsigned int i, n;
	uint64_t t;
	bool busy;

	for (i = 0; i < s->devices_count; i++)
		fds[i] = (struct pollfd){ s->devices[i].fd, POLLIN, 0 };
	fds[i] = (struct pollfd){ signals, POLLIN, 0 };
	for (;;) {
		busy = false;
		for (i = 0; i < s->devices_count; i++) {
			struct device *d = &s->devices[i];

			for (n = 0; d->ring && n < 4; n++)
				busy |= receive_block(s, d);
			if (!d->ring && fds[i].revents & POLLIN)
				receive_tun(s, d);
		}
		t = now();
		send_due(s, t);
		send_flush(s);
		wait = (struct timespec){ 0, 0 };
		if (!busy && s->queued && s->queue[0].due > t) {
			t = s->queue[0].due - t;
			wait.tv_sec = (time_t)(t / 1000000000);
			wait.tv_nsec = (long)(t % 1000000000);
		}
		if (ppoll(fds, i + 1, busy || s->queued ? &wait : NULL, NULL) ==
			-1 &&
		    errno != EINTR)
			err(1, "poll");
		if (!(fds[i].revents & POLLIN))
			continue;
		if (read(signals, &si, sizeof si) == sizeof si) {
			catch_up(s);
			write_counters(s);
			if (si.ssi_signo != SIGUSR1)
				return;
		}
	}
}

/* ---- the command line ---- */

/* percent with at most six decimals -> of 2^32, as expect.py does it */
static uint64_t
share(const char *text)
{
	uint64_t v = 0;
	const char *p;
	int decimals = -1;

	for (p = text; *p; p++) {
		if (*p == '.' && decimals < 0) {
			decimals = 0;
			continue;
		}
		if (*p < '0' || *p > '9' || (decimals >= 0 && ++decimals > 6))
			errx(2, "%s: not a percentage", text);
		v = v * 10 + (uint64_t)(*p - '0');
		if (v > 100000000)
			errx(2, "%s: over 100 percent", text);
	}
	for (decimals = decimals < 0 ? 0 : decimals; decimals < 6; decimals++)
		v *= 10;
	if (p == text || v > 100000000)
		errx(2, "%s: not a percentage", text);
	return (v << 32) / 100000000;
}

static void
parse_classes(struct world *w, const char *list)
{
	char *copy = strdup(list), *rest = copy, *item, *value;
	uint64_t shares[WORLD_FILTERED] = { 0 }, total = 0;
	int c;

	while ((item = strsep(&rest, ","))) {
		if (!*item)
			continue;
		value = strchr(item, '=');
		if (value)
			*value++ = '\0';
		for (c = 0; c < WORLD_FILTERED; c++)
			if (strcmp(item, class_names[c]) == 0)
				break;
		if (c == WORLD_FILTERED || !value)
			errx(2, "%s: no such class", item);
		shares[c] = share(value);
	}
	for (c = 0; c < WORLD_FILTERED; c++)
		w->upto[c] = total += shares[c];
	if (total > 1ULL << 32)
		errx(2, "%s: over 100 percent", list);
	free(copy);
}

static const char *const place_names[] = {
	[PLACE_ALL] = "all",
	[PLACE_MOST] = "most",
	[PLACE_HALF] = "half",
	[PLACE_CLUSTER] = "cluster",
	[PLACE_ORDINARY] = "wildcard", /* of hosts, not of places */
};

/* shares of /24s, and of hosts that are open on every port */
static void
parse_places(struct world *w, char *list)
{
	uint64_t shares[PLACE_ORDINARY + 1] = { 0 }, total = 0;
	char *item, *value;
	int p;

	while ((item = strsep(&list, ","))) {
		value = strchr(item, '=');
		if (value)
			*value++ = '\0';
		for (p = 0; p <= PLACE_ORDINARY; p++)
			if (strcmp(item, place_names[p]) == 0)
				break;
		if (p > PLACE_ORDINARY || !value)
			errx(2, "%s: no such place", item);
		shares[p] = share(value);
	}
	for (p = 0; p < PLACE_ORDINARY; p++)
		w->places[p] = total += shares[p];
	if (total > 1ULL << 32)
		errx(2, "places: over 100 percent");
	w->wildcard = shares[PLACE_ORDINARY];
	w->placed = 1;
}

/* the shares of /64 and of /96 that are aliased, and of /112 with clusters */
static void
parse_aliased(struct simnet *to, char *text)
{
	char *rest = text, *first = strsep(&rest, ","),
	     *second = strsep(&rest, ",");

	if (!second)
		errx(2, "%s: not two percentages", text);
	to->alias64 = share(first);
	to->alias96 = share(second);
	to->cluster112 = rest ? share(rest) : 0;
}

static void
parse_net(struct simnet_net *nets, __u32 *count, const char *text)
{
	char address[16], *slash = strchr(text, '/'), *end;
	unsigned long bits = 32;
	struct in_addr a;

	if (*count == SIMNET_NETS)
		errx(2, "over %d prefixes", SIMNET_NETS);
	snprintf(address, sizeof address, "%.*s",
	    slash ? (int)(slash - text) : 15, text);
	if (slash) {
		bits = strtoul(slash + 1, &end, 10);
		if (end == slash + 1 || *end || bits > 32)
			errx(2, "%s: not a prefix", text);
	}
	if (inet_pton(AF_INET, address, &a) != 1)
		errx(2, "%s: not a prefix", text);
	nets += (*count)++;
	nets->mask = bits ? ~0U << (32 - bits) : 0;
	nets->base = ntohl(a.s_addr) & nets->mask;
}

static void
usage(FILE *f)
{
	fprintf(f,
	    "usage: simnet [-dv] -i DEVICE [-i DEVICE] | --tun DEVICE\n"
	    "       [--prefix NET] [--except NET] [--seed N]\n"
	    "       --classes open=PERCENT,... [--loss PERCENT]\n"
	    "       [--path police=PPS,outage=PERCENT/MS,...]\n"
	    "       [--places all=PERCENT,...,wildcard=PERCENT]\n"
	    "       [--six NET] [--aliased PERCENT64,PERCENT96[,PERCENT112]]\n"
	    "       [--fast [--xdp-answers]] [--ring MIB]\n"
	    "       [--counters FILE] [--log FILE] [--capture FILE]\n"
	    "-d     go to the background once ready and print the process id\n"
	    "It answers until SIGTERM or SIGINT, then writes its counters;\n"
	    "SIGUSR1 has it write them at once.\n");
}

enum {
	TUN = 256,
	PREFIX,
	EXCEPT,
	SEED,
	CLASSES,
	LOSS,
	PATH,
	SIX,
	ALIASED,
	PLACES,
	FAST,
	RING,
	XDP_ANSWERS,
	COUNTERS,
	LOG,
	CAPTURE
};

static const struct option options[] = {
	{ "tun", required_argument, NULL, TUN },
	{ "prefix", required_argument, NULL, PREFIX },
	{ "except", required_argument, NULL, EXCEPT },
	{ "seed", required_argument, NULL, SEED },
	{ "classes", required_argument, NULL, CLASSES },
	{ "loss", required_argument, NULL, LOSS },
	{ "path", required_argument, NULL, PATH },
	{ "six", required_argument, NULL, SIX },
	{ "aliased", required_argument, NULL, ALIASED },
	{ "places", required_argument, NULL, PLACES },
	{ "fast", no_argument, NULL, FAST },
	{ "ring", required_argument, NULL, RING },
	{ "xdp-answers", no_argument, NULL, XDP_ANSWERS },
	{ "counters", required_argument, NULL, COUNTERS },
	{ "log", required_argument, NULL, LOG },
	{ "capture", required_argument, NULL, CAPTURE },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static struct simnet s;

/* The XDP program has a policer, and nothing else on the path. */
static void
police_fast(void)
{
	unsigned int i;

	s.conf.polices = s.path.polices;
	s.conf.burst = (__u32)s.path.burst;
	for (i = 0; i < s.path.polices; i++) {
		s.conf.police[i].packet_ns = (__u64)(1e9 /
		    s.path.police[i].rate);
		s.conf.police[i].from = s.path.police[i].from;
	}
	s.path.set = false;
}

static void
add_device(const char *name, bool tun, unsigned int blocks)
{
	if (s.devices_count == DEVICES)
		errx(2, "over %d devices", DEVICES);
	s.devices[s.devices_count].name = name;
	s.devices[s.devices_count].blocks = blocks;
	(tun ? device_tun : device_packet)(&s.devices[s.devices_count++]);
}

int
main(int argc, char *argv[])
{
	bool background = false, verbose = false, fast = false;
	const char *capture_name = NULL, *why = NULL;
	sigset_t set;
	unsigned int blocks = BLOCKS;
	uint64_t loss;
	pid_t pid;
	int c, signals;

	while ((c = getopt_long(argc, argv, "dhi:v", options, NULL)) != -1) {
		switch (c) {
		case 'd':
			background = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'i':
			add_device(optarg, false, blocks);
			break;
		case 'v':
			verbose = true;
			break;
		case TUN:
			add_device(optarg, true, blocks);
			break;
		case PREFIX:
			parse_net(s.conf.nets, &s.conf.nets_count, optarg);
			break;
		case EXCEPT:
			parse_net(s.conf.except, &s.conf.except_count, optarg);
			break;
		case SEED:
			s.conf.world.seed = (__u32)strtoul(optarg, NULL, 10);
			break;
		case CLASSES:
			parse_classes(&s.conf.world, optarg);
			break;
		case LOSS:
			loss = share(optarg);
			s.loss = loss >> 32 ? UINT32_MAX : (uint32_t)loss;
			break;
		case PATH:
			if ((why = path_parse(&s.path, optarg)) != NULL)
				errx(2, "--path %s: %s", optarg, why);
			break;
		case SIX:
			six_net(&s, optarg);
			break;
		case ALIASED:
			parse_aliased(&s, optarg);
			break;
		case PLACES:
			parse_places(&s.conf.world, optarg);
			break;
		case FAST:
			fast = true;
			break;
		case RING: /* of the devices that follow */
			blocks = (unsigned int)strtoul(optarg, NULL, 10) *
			    ((1 << 20) / BLOCK);
			break;
		case XDP_ANSWERS:
			s.conf.answers = 1;
			break;
		case COUNTERS:
			s.counters = optarg;
			break;
		case LOG:
			if (!(s.log = fopen(optarg, "we")))
				err(1, "%s", optarg);
			break;
		case CAPTURE:
			capture_name = optarg;
			break;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind != argc || !s.devices_count) {
		usage(stderr);
		return 2;
	}
	if (!s.conf.nets_count)
		parse_net(s.conf.nets, &s.conf.nets_count, "0.0.0.0/0");
	s.dice = world_mix(s.conf.world.seed) | 1;
	if (s.loss)
		s.conf.answers = 0;
	s.conf.six = s.nets6_count && !s.alias64 && !s.alias96 &&
	    !s.cluster112 && !s.conf.world.wildcard;
	if (capture_name)
		s.capture = capture_open(capture_name, s.devices[0].ring);
	if (fast && !s.log && !s.capture && path_polices_alone(&s.path))
		police_fast();
	if (s.log || s.capture)
		why = "all of them are to be written down";
	else if (s.path.set)
		why = "the path loses some of all";
	else if (!s.devices[0].ring)
		why = "tun device";
	else if (fast && device_xdp(&s)) {
		why = strerror(errno);
		s.path.set = s.path.polices > 0;
	}
	if (fast && why)
		warnx("no XDP (%s): every probe comes to user space", why);
	else if (verbose)
		warnx(fast ? "XDP drops probes to silent targets" :
			     "every probe comes to user space");

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if ((signals = signalfd(-1, &set, SFD_CLOEXEC)) == -1)
		err(1, "signalfd");
	if (background) {
		if ((pid = fork()) == -1)
			err(1, "fork");
		if (pid) {
			printf("%d\n", pid);
			return fclose(stdout) ? 1 : 0;
		}
		setsid();
		c = open("/dev/null", O_RDWR);
		dup2(c, STDIN_FILENO);
		dup2(c, STDOUT_FILENO);
	}
	run(&s, signals);
	return 0;
}
