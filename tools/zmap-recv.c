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
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/outfile.h"
#include "base/rights.h"
#include "cli/tool.h"
#include "recv/answer.h"
#include "recv/dedup.h"
#include "recv/permit.h"
#include "recv/spool.h"
#include "scan/facts.h"
#include "scan/settle.h"
#include "stream/status.h"
#include "tools/zmap-recv/args.h"

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
	    recv_find_probe(a->module, MODULE_BY_USER) :
	    recv_find_probe(scan->facts.probe_file[0] != '\0' ?
		    scan->facts.probe_file :
		    scan->facts.probe,
		MODULE_BY_STREAM);
	if (strcmp(r->probe->name, scan->facts.probe) != 0)
		errx(TOOL_MISUSED, "probe module %s: the scan's is %s",
		    r->probe->name, scan->facts.probe);
	if (answer_prepare(r->probe, r->thread, scan, &what) == -1)
		errx(EXIT_FAILURE, "%s: %s", scan->facts.probe, what);
	r->capture = recv_open_capture(a, r->log, scan, r->probe,
	    &r->solicited);
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
	recv_check_outputs(&a);
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
	r.keep = recv_open_keep(&kept, a.write_stream, &item);
	open_scan(&a, &r, &scan, item.header);
	signal(SIGPIPE, SIG_IGN); /* see receiver_run */
	r.back = open_back(&a, &t.log, &scan, r.probe);
	recv_open_dense(&a, &r, &scan);
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
	outcome = recv_write_dense(&a, &r, &header, recv_run(&a, &r), argv);
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
