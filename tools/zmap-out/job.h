/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of zmap-out share: main is in tools/zmap-out.c.
 */
#ifndef OUT_JOB_H
#define OUT_JOB_H
#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/outfile.h"
#include "cli/tool.h"
#include "formats/format.h"
#include "stream/loop.h"

struct job {
	const struct format *format;
	struct format_config config;
	struct format_state state;
	struct output output;
	struct columns columns;
	const char *path; /* of the output */
	struct outfile file;
	uint64_t max; /* results; 0: any number */
	uint64_t written, left_out;
	bool listing;	   /* --list-output-fields */
	bool bound;	   /* a header was seen */
	bool append;	   /* behind what the file holds */
	int older;	   /* that file, to be read; or -1 */
	char missing[256]; /* why the first was left out */
	const struct log *log;
};

/* --- options.c --- */

void out_read_options(struct job *, struct tool *, int argc, char *argv[]);
/* What can be wrong with -f without knowing the stream. */
void out_check_fields(const struct job *);

/* --- files.c --- */

/* What the file holds stays; where it cannot be added to, another is named. */
void out_prepare_append(struct job *);
/* inputs: descriptors, none of which may be the output; ends with -1. */
void out_open(struct job *, const int *inputs);
/* Ends the output, whatever came before, and returns the outcome of all. */
enum outcome out_finish(struct loop *, enum outcome);

#endif
