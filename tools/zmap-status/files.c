/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are written: updates, metadata, metrics; see display.h. */
#include "tools/zmap-status/display.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/outfile.h"
#include "base/replace.h"
#include "cli/tool.h"
#include "show/record.h"

/* --- opening --- */

static FILE *
open_file(const char *path)
{
	struct outfile f;
	FILE *file;

	if (strcmp(path, "-") == 0)
		return stdout;
	if (outfile_open(&f, path, 0666) == -1 ||
	    (file = fdopen(f.fd, "w")) == NULL)
		err(EXIT_FAILURE, "%s", path);
	return file;
}

/* Behind what is there, which may be of a run that this one goes on with. */
static FILE *
open_copy(const char *path)
{
	int fd = file_create(path, 0666);
	FILE *f = fd == -1 ? NULL : fdopen(fd, "a");

	if (f == NULL)
		err(EXIT_FAILURE, "%s", path);
	/* a crash may have left half a line */
	if (lseek(fd, 0, SEEK_END) > 0)
		fputc('\n', f);
	fcntl(fd, F_SETFL, O_APPEND);
	return f;
}

/* An earlier scan's lines go when the first of this one comes. */
static void
begin_updates(struct display *d)
{
	d->updating = true;
	if (d->updates != stdout && outfile_empty(fileno(d->updates)) == -1) {
		warn("%s", d->args.updates);
		d->failed = true;
	}
	fprintf(d->updates, "%s\n", progress_csv_header);
}

void
status_open_files(struct display *d)
{
	const struct args *a = &d->args;
	struct stat st;

	if (a->updates != NULL) {
		d->updates = open_file(a->updates);
		/* a file may be one that an earlier scan has left */
		if (!outfile_used(fileno(d->updates))) {
			begin_updates(d);
			fflush(d->updates);
		}
	}
	if (a->copy != NULL)
		d->copy = open_copy(a->copy);
	if (a->metadata != NULL)
		d->metadata = open_file(a->metadata);
	if (a->prometheus != NULL && stat(a->prometheus, &st) == 0 &&
	    S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		err(EXIT_FAILURE, "%s", a->prometheus);
	}
}

/* --- updates --- */

void
status_write_updates(struct display *d)
{
	char line[1024];

	if (d->updates == NULL)
		return;
	if (!d->updating)
		begin_updates(d);
	progress_csv(&d->scan->progress, line, sizeof line);
	fprintf(d->updates, "%s\n", line);
	if (fflush(d->updates) == EOF && !d->failed) {
		warn("%s", d->args.updates);
		d->failed = true;
	}
}

/* --- metrics --- */

void
status_write_prometheus(struct display *d)
{
	struct replace r;
	int rc;

	if (d->args.prometheus == NULL)
		return;
	rc = replace_begin(&r, d->args.prometheus, 0666);
	if (rc == 0) {
		record_prometheus(r.f, &d->scan->reports, &d->scan->progress);
		rc = replace_end(&r, false);
	}
	if (rc == -1 && !d->failed) {
		warn("%s", d->args.prometheus);
		d->failed = true;
	}
}

void
status_try_prometheus(struct display *d)
{
	const char *path = d->args.prometheus;
	struct replace r;

	if (path == NULL)
		return;
	if (replace_begin(&r, path, 0666) == -1)
		err(EXIT_FAILURE, "%s", path);
	record_prometheus(r.f, &d->scan->reports, &d->scan->progress);
	if (fflush(r.f) == EOF) {
		warn("%s", path);
		replace_cancel(&r);
		exit(TOOL_MISUSED);
	}
	replace_cancel(&r);
}

/* --- metadata --- */

/* A dry run has a record, and never begins. */
static bool
is_dry(const struct display *d)
{
	return reports_option(&d->scan->reports, "dryrun") != NULL ||
	    reports_option(&d->scan->reports, "fast-dryrun") != NULL;
}

void
status_write_metadata(struct display *d)
{
	FILE *f = d->metadata;

	if (f == NULL)
		return;
	/* a scan that was refused leaves the record of the last one */
	if (!d->scan->reports.started && !is_dry(d) && outfile_used(fileno(f)))
		return;
	if ((f != stdout && outfile_empty(fileno(f)) == -1) ||
	    record_metadata(f, &d->scan->reports, &d->scan->progress) == -1 ||
	    fflush(f) == EOF || ferror(f) ||
	    (f != stdout && fclose(f) == EOF)) {
		warn("%s", d->args.metadata);
		d->failed = true;
	}
}
