/* SPDX-License-Identifier: Apache-2.0 */
/* Where results go; see job.h. */
#include "tools/zmap-out/job.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/append.h"

/* --- opening --- */

void
out_prepare_append(struct job *job)
{
	static char other[PATH_MAX];
	struct stat st;

	job->older = -1;
	if (!job->append || job->path == NULL || job->format->elsewhere ||
	    job->format->appends == FORMAT_ITSELF ||
	    stat(job->path, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_size == 0)
		return;
	if (job->format->appends == FORMAT_NUMBERED) {
		if (append_number(job->path, other, sizeof other) == -1)
			errx(TOOL_MISUSED, "%s: no number is free", job->path);
		log_info(job->log, "%s stays; results go to %s", job->path,
		    other);
		job->path = job->config.path = other;
		return;
	}
	job->older = open(job->path, O_RDONLY | O_CLOEXEC);
	if (job->older == -1)
		err(EXIT_FAILURE, "%s", job->path);
}

/* Once the output is open: what stays, and what comes first. */
static void
begin_append(struct job *job)
{
	struct output first;
	char why[256];

	if (job->older == -1)
		return;
	if (output_open(&first, -1) == -1)
		err(EXIT_FAILURE, NULL);
	if (append_keep(job->format, job->older, &job->file.keep, &first, why,
		sizeof why) == -1)
		errx(TOOL_MISUSED, "--append: %s: %s", job->path, why);
	output_bytes(&job->output, first.buf, first.len);
	output_close(&first);
	if (job->file.keep == 0) {
		close(job->older);
		job->older = -1;
	}
}

/* Opening a FIFO takes until it has a reader. */
static void
say_waiting(const struct job *job)
{
	struct stat st;

	if (stat(job->path, &st) == 0 && S_ISFIFO(st.st_mode))
		log_info(job->log, "%s is a FIFO: waiting for its reader",
		    job->path);
}

void
out_open(struct job *job, const int *inputs)
{
	if (job->path != NULL)
		say_waiting(job);
	job->file = (struct outfile){ .fd = STDOUT_FILENO, .taken = true };
	if (job->path == NULL)
		job->path = "stdout";
	else if (!job->format->opens &&
	    outfile_open(&job->file, job->path, 0666) == -1)
		err(EXIT_FAILURE, "%s", job->path);
	for (; *inputs != -1; inputs++)
		if (outfile_same(job->file.fd, *inputs))
			errx(TOOL_MISUSED,
			    "%s is the input too: write to another file",
			    job->path);
	if (job->format->elsewhere || job->format->opens)
		signal(SIGPIPE, SIG_IGN); /* its connections may break */
	if (job->format->binary)
		tool_stream_out(job->file.fd,
		    "redirect it to a file, or give one by -o");
	if (output_open(&job->output, job->file.taken ? job->file.fd : -1) ==
	    -1)
		err(EXIT_FAILURE, NULL);
	/* also of a file that is written only when the scan is accepted */
	job->output.terminal = isatty(job->file.fd);
	begin_append(job);
	job->state.out = &job->output;
	job->state.config = &job->config;
}

/* --- closing --- */

enum outcome
out_finish(struct loop *s, enum outcome outcome)
{
	struct job *job = s->ctx;
	bool kept = !job->file.taken && outfile_used(job->file.fd);
	int rc, error;

	if (s->why[0] != '\0')
		warnx("%s%s%s%s", s->why, kept ? "; " : "",
		    kept ? job->path : "", kept ? " is left as it was" : "");
	job->state.complete = outcome != OUTCOME_FAILED &&
	    outcome != OUTCOME_MISUSED;
	if (job->format->close != NULL &&
	    job->format->close(&job->state) == -1 && job->output.error == 0 &&
	    job->state.complete) {
		warnx("%s", job->state.why);
		outcome = OUTCOME_FAILED;
	}
	rc = output_flush(&job->output);
	error = errno;
	if (outfile_close(&job->file) == -1 && rc == 0) {
		rc = -1;
		error = errno;
	}
	if (rc == -1 && error == EPIPE) {
		s->reader_gone = true;
	} else if (rc == -1 && s->why[0] == '\0') {
		errno = error;
		warn("%s", job->path);
		outcome = OUTCOME_FAILED;
	}
	if (job->left_out > 0)
		log_say(job->log, LOG_LEVEL_WARN,
		    "%" PRIu64 " records left out%s%s", job->left_out,
		    job->missing[0] != '\0' ? ": " : "", job->missing);
	columns_free(&job->columns);
	output_close(&job->output);
	return outcome;
}
