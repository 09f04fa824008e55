/* SPDX-License-Identifier: Apache-2.0 */
/* Options that are answered without a scan; see zmap.h. */
#include "tools/zmap/zmap.h"

#include <err.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/output.h"
#include "cli/ask.h"
#include "cli/completion.h"
#include "cli/compose.h"
#include "cli/help.h"
#include "cli/introduce.h"
#include "cli/tool.h"
#include "probe/probing.h"
#include "show/when.h"

#define EXAMPLES                                                               \
	"  sudo zmap -p 80 192.0.2.0/24             who has port 80 open "     \
	"there\n"                                                              \
	"  sudo zmap -M icmp_echoscan 192.0.2.0/24  who answers a ping\n"      \
	"  sudo zmap -p 443 -n 0.1% -r 10000 -o found.csv\n"                   \
	"                                           a thousandth of the "      \
	"Internet\n"

/* RFC 9116 2.5.5 asks for less than a year. */
#define PROBING_DAYS 180

/* --- by a stage in our place --- */

/* A stage that answers in our place; does not return. */
static void
hand_over(const struct config *config, unsigned stage)
{
	struct command c;

	if (compose_one(&c, stage, config) == -1)
		err(EXIT_FAILURE, NULL);
	execvp(c.program, c.argv);
	err(EXIT_FAILURE, "%s", c.program);
}

/* What zmap-send prints with our options; ends the program if it fails. */
static void
ask_send(const struct config *config, struct output *text)
{
	struct command c;
	int status;

	if (output_open(text, -1) == -1 ||
	    compose_one(&c, STAGE_SEND, config) == -1)
		err(EXIT_FAILURE, NULL);
	status = ask(&c, false, text);
	if (status == -1)
		err(EXIT_FAILURE, "%s", c.program);
	if (status != 0)
		exit(status);
}

/* What the options are, and what the module is that -M names. */
static void
zmap_help(const struct config *c, bool all)
{
	const struct program *zmap = program_of(STAGE_ZMAP);
	struct output module;

	module.len = 0;
	if (config_has(c, OPT_PROBE_MODULE))
		ask_send(c, &module);
	if (all)
		help_print(stdout, zmap);
	else
		help_short(stdout, zmap, EXAMPLES);
	if (module.len > 0)
		printf("\n%.*s", (int)module.len, (const char *)module.buf);
}

/*
 * Whether --probe-args ask the module for something to read, which zmap-send
 * then prints; otherwise it only finds that there is no stream for it.
 */
static bool
wants_information(const struct config *config)
{
	struct output text;
	struct command c;

	if (!config_has(config, OPT_PROBE_MODULE) ||
	    !config_has(config, OPT_PROBE_ARGS))
		return false;
	if (output_open(&text, -1) == -1 ||
	    compose_one(&c, STAGE_SEND, config) == -1)
		err(EXIT_FAILURE, NULL);
	return ask(&c, true, &text) == 0 && text.len > 0;
}

/* --- who probes from here --- */

/* Who probes from here, for a web server to say. */
static void
print_probing(const struct config *c)
{
	const char *languages = config_value(c, OPT_LANGUAGES);
	const struct probing p = {
		.attribution = config_value(c, OPT_ATTRIBUTION),
		.contact = config_value(c, OPT_CONTACT),
		.description = config_value(c, OPT_DESCRIPTION),
		.languages = languages != NULL ?
		    languages :
		    option_lookup("languages")->standard,
		.expires = time(NULL) + PROBING_DAYS * 24 * 60 * 60,
		.sources = config_value(c, OPT_SOURCE_IP),
		.probe = config_value(c, OPT_PROBE_MODULE),
		.ports = config_value(c, OPT_TARGET_PORTS),
		.rate = config_value(c, OPT_RATE),
	};
	char why[512];

	if (probing_print(stdout, &p, why, sizeof why) == -1)
		errx(TOOL_MISUSED, "%s", why);
	tool_close_stdout();
	exit(EXIT_SUCCESS);
}

/* One address that we send from; how many things are wrong with it. */
static int
check_address(const char *address)
{
	int wrong = introduce_check(stdout, address, time(NULL));

	if (wrong == -1)
		err(EXIT_FAILURE,
		    "--check-source: curl: cannot be run; on Debian: apt-get install curl");
	return wrong;
}

/* Of a range of -S, its ends; without -S, what the machine would take. */
static void
check_source(const struct config *c)
{
	const char *given = config_value(c, OPT_SOURCE_IP);
	char four[64], six[64], *copy, *rest, *address;
	int wrong = 0;

	if (given == NULL) {
		introduce_own(four, six);
		if (four[0] == '\0' && six[0] == '\0')
			errx(EXIT_FAILURE,
			    "--check-source: no route to anywhere: -S names the address");
		wrong += four[0] != '\0' ? check_address(four) : 0;
		wrong += six[0] != '\0' ? check_address(six) : 0;
	} else {
		copy = rest = strdup(given);
		if (copy == NULL)
			err(EXIT_FAILURE, NULL);
		while ((address = strsep(&rest, ",-")) != NULL)
			wrong += check_address(address);
		free(copy);
	}
	tool_close_stdout();
	exit(wrong > 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* --- whether a target is in the scan --- */

/* One option for zmap-targets, unless the user has given it. */
static void
add_known(struct command *c, const struct config *config, int id,
    const char *format, ...)
{
	char *word;
	va_list ap;

	if (config_has(config, id))
		return;
	va_start(ap, format);
	if (vasprintf(&word, format, ap) == -1 || compose_add(c, word) == -1)
		err(EXIT_FAILURE, NULL);
	va_end(ap);
	free(word);
}

static void
add_words(struct command *c, char *const *words)
{
	if (compose_add(c, "--") == -1)
		err(EXIT_FAILURE, NULL);
	for (; words != NULL && *words != NULL; words++)
		if (compose_add(c, *words) == -1)
			err(EXIT_FAILURE, NULL);
}

/* "When did you scan me?", by the record that the scan has left. */
static void
tell_when(const struct config *config, struct command *c, char **operands)
{
	struct output text;
	struct when w;
	bool scanned = false;
	int status;

	if (when_open(&w, config_value(config, OPT_METADATA_FILE)) == -1)
		errx(TOOL_MISUSED, "%s", w.why);
	add_known(c, config, OPT_SCAN_ID, "--scan-id=%s", w.id);
	add_known(c, config, OPT_SEED, "--seed=%" PRIu64, w.seed);
	add_known(c, config, OPT_SHARDS, "--shards=%" PRIu64, w.shards);
	add_known(c, config, OPT_SHARD, "--shard=%" PRIu64, w.shard);
	if (w.ports != NULL)
		add_known(c, config, OPT_TARGET_PORTS, "-p%s", w.ports);
	if (w.limit != UINT64_MAX)
		add_known(c, config, OPT_MAX_TARGETS, "-n%" PRIu64, w.limit);
	add_words(c, operands[0] != NULL ? operands : w.operands);
	if (output_open(&text, -1) == -1)
		err(EXIT_FAILURE, NULL);
	status = ask(c, false, &text);
	if (status == -1)
		err(EXIT_FAILURE, "%s", c->program);
	output_byte(&text, '\0');
	for (char *line, *rest = (char *)text.buf;
	     (line = strsep(&rest, "\n")) != NULL && *line != '\0';)
		scanned |= when_tell(&w, stdout, line);
	when_close(&w);
	tool_close_stdout();
	exit(status == EXIT_SUCCESS && !scanned ? EXIT_FAILURE : status);
}

/* Whether a target is in the scan that these options make. */
static void
where(const struct config *config, char **operands)
{
	struct command c;

	if (compose_one(&c, STAGE_TARGETS, config) == -1)
		err(EXIT_FAILURE, NULL);
	if (config_has(config, OPT_METADATA_FILE))
		tell_when(config, &c, operands);
	add_words(&c, operands);
	execvp(c.program, c.argv);
	err(EXIT_FAILURE, "%s", c.program);
}

/* --- all of them --- */

void
zmap_answer(struct config *c, char **operands)
{
	if (config_has(c, OPT_HELP)) {
		zmap_help(c,
		    operands[0] != NULL && strcmp(operands[0], "all") == 0);
		tool_close_stdout();
		exit(EXIT_SUCCESS);
	}
	if (config_has(c, OPT_VERSION))
		tool_version("zmap");
	if (config_has(c, OPT_COMPLETION)) {
		completion_print(stdout, config_value(c, OPT_COMPLETION));
		tool_close_stdout();
		exit(EXIT_SUCCESS);
	}
	if (config_has(c, OPT_PRINT_CONFIG)) {
		zmap_check(c, config_print(c, stdout));
		tool_close_stdout();
		exit(EXIT_SUCCESS);
	}
	if (config_has(c, OPT_PROBING_TXT))
		print_probing(c);
	if (config_has(c, OPT_NETMAP_WAIT_PING))
		errx(TOOL_MISUSED,
		    "--netmap-wait-ping: there is no netmap on Linux; see --io for the ways to send");
	if (config_has(c, OPT_LIST_PROBE_MODULES) || wants_information(c))
		hand_over(c, STAGE_SEND);
	if (config_has(c, OPT_LIST_OUTPUT_FIELDS))
		hand_over(c, STAGE_RECV);
	if (config_has(c, OPT_LIST_OUTPUT_MODULES))
		hand_over(c, STAGE_OUT);
	if (config_has(c, OPT_CHECK_SOURCE))
		check_source(c);
	if (config_has(c, OPT_WHERE))
		where(c, operands);
}
