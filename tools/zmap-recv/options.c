/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked for; see args.h. */
#include "tools/zmap-recv/args.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/option.h"
#include "recv/answer.h"
#include "recv/dedup.h"

static void
list_probes(void)
{
	module_list(stdout);
	tool_close_stdout();
	exit(EXIT_SUCCESS);
}

const struct probe *
recv_find_probe(const char *name, enum module_by by)
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
	    recv_find_probe(module != NULL ? module : "tcp_synscan",
		MODULE_BY_USER),
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

void
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

void
recv_check_outputs(const struct args *a)
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
