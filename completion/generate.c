/*
 * Writes completion for a shell from the table of options:
 *
 *	generate bash|zsh|fish
 *
 * Options that take a path complete file names; probe modules, output formats
 * and interfaces are asked for when they are needed.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>

#include "option.h"
#include "tool.h"

static const struct {
	unsigned stage;
	const char *name;
} programs[] = {
	{ STAGE_ZMAP, "zmap" },
	{ STAGE_TARGETS, "zmap-targets" },
	{ STAGE_SEND, "zmap-send" },
	{ STAGE_RECV, "zmap-recv" },
	{ STAGE_FILTER, "zmap-filter" },
	{ STAGE_OUT, "zmap-out" },
	{ STAGE_STATUS, "zmap-status" },
	{ 0, NULL },
};

/* How to find what an option may be set to: shell words that print it. */
static const struct {
	enum option_id id;
	const char *words;
} values[] = {
	{ OPT_PROBE_MODULE,
	    "zmap --list-probe-modules 2>/dev/null | cut -d' ' -f1" },
	{ OPT_OUTPUT_MODULE,
	    "zmap --list-output-modules 2>/dev/null | cut -d' ' -f1" },
	{ OPT_INTERFACE, "ls /sys/class/net" },
	{ OPT_DEDUP_METHOD, "echo full window none" },
	{ OPT_IO, "echo auto xdp ring mmsg ip pcap" },
	{ OPT_VALIDATE_SOURCE_PORT, "echo enable disable" },
	{ OPT_VERBOSITY, "echo 0 1 2 3 4 5" },
	{ OPT_STAGE, "echo targets= send= recv= filter= out= status=" },
	{ 0, NULL },
};

static const char *
words_for(const struct option_def *d)
{
	size_t i;

	for (i = 0; values[i].words != NULL; i++)
		if (values[i].id == d->id)
			return values[i].words;
	return NULL;
}

static bool
is_path(const struct option_def *d)
{
	return d->arg != NULL && strcmp(d->arg, "path") == 0;
}

/* The next option of a program after d, from NULL on. */
static const struct option_def *
next(unsigned stage, const struct option_def *d)
{
	for (d = d == NULL ? option_table : d + 1; d->name != NULL; d++)
		if (option_takes(stage, d))
			return d;
	return NULL;
}

static void
pattern(const struct option_def *d)
{
	printf("\t--%s", d->name);
	if (d->letter != 0)
		printf("|-%c", d->letter);
	puts(")");
}

static void
bash(void)
{
	const struct option_def *d;
	size_t i;

	puts("# bash completion for zmap and its stages; made from the table\n"
	     "# of options.\n"
	     "_zmap_options()\n{\n\tcase $1 in");
	for (i = 0; programs[i].name != NULL; i++) {
		printf("\t%s) echo '", programs[i].name);
		for (d = next(programs[i].stage, NULL); d != NULL;
		     d = next(programs[i].stage, d))
			printf("--%s%s ", d->name,
			    d->arg != NULL && d->arg[0] != '[' ? "=" : "");
		puts("' ;;");
	}
	puts("\tesac\n}\n\n_zmap()\n{\n"
	     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev option\n"
	     "\tprev=${COMP_WORDS[COMP_CWORD-1]}\n"
	     "\t# a value after = is a word of its own for bash\n"
	     "\tif [ \"$cur\" = = ]; then\n"
	     "\t\toption=$prev cur=\n"
	     "\telif [ \"$prev\" = = ]; then\n"
	     "\t\toption=${COMP_WORDS[COMP_CWORD-2]}\n"
	     "\telse\n\t\toption=$prev\n\tfi\n"
	     "\tCOMPREPLY=()\n\tcase $option in");
	for (d = option_table; d->name != NULL; d++) {
		if (!is_path(d) && words_for(d) == NULL)
			continue;
		pattern(d);
		if (is_path(d))
			puts("\t\tmapfile -t COMPREPLY < <(compgen -f -- "
			     "\"$cur\")");
		else
			printf("\t\tmapfile -t COMPREPLY < <(compgen -W "
			       "\"$(%s)\" -- \"$cur\")\n",
			    words_for(d));
		puts("\t\treturn\n\t\t;;");
	}
	puts("\tesac\n"
	     "\tcase $cur in\n"
	     "\t-*)\n"
	     "\t\tmapfile -t COMPREPLY < <(compgen -W "
	     "\"$(_zmap_options \"${1##*/}\")\" -- \"$cur\")\n"
	     "\t\t[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace\n"
	     "\t\t;;\n\tesac\n}\n");
	printf("complete -o default -F _zmap");
	for (i = 0; programs[i].name != NULL; i++)
		printf(" %s", programs[i].name);
	putchar('\n');
}

/* Help in single quotes, for zsh also within brackets. */
static void
help(const char *s, bool zsh)
{
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			fputs(zsh ? "'\\'" : "\\", stdout);
		if (zsh && strchr("[]:\\", *s) != NULL)
			putchar('\\');
		putchar(*s);
	}
}

static void
zsh_option(const struct option_def *d, const char *form, const char *eq)
{
	printf("\t\t'*%s%s[", form, d->arg != NULL ? eq : "");
	help(d->help, true);
	putchar(']');
	if (d->arg != NULL) {
		printf("%s:", d->arg[0] == '[' ? ":" : "");
		help(d->arg, true);
		putchar(':');
		if (is_path(d))
			printf("_files");
		else if (words_for(d) != NULL)
			printf("{compadd -- $(_zmap_words %s)}", d->name);
		else
			putchar(' ');
	}
	puts("' \\");
}

static void
zsh(void)
{
	const struct option_def *d;
	char form[64];
	size_t i;

	printf("#compdef");
	for (i = 0; programs[i].name != NULL; i++)
		printf(" %s", programs[i].name);
	puts("\n# made from the table of options\n\n"
	     "_zmap_words() {\n\tcase $1 in");
	for (d = option_table; d->name != NULL; d++)
		if (words_for(d) != NULL)
			printf("\t%s) %s ;;\n", d->name, words_for(d));
	puts("\tesac\n}\n\ncase $service in");
	for (i = 0; programs[i].name != NULL; i++) {
		printf("%s)\n\t_arguments -s -S \\\n", programs[i].name);
		for (d = next(programs[i].stage, NULL); d != NULL;
		     d = next(programs[i].stage, d)) {
			snprintf(form, sizeof form, "--%s", d->name);
			zsh_option(d, form,
			    d->arg != NULL && d->arg[0] == '[' ? "=-" : "=");
			if (d->letter == 0)
				continue;
			snprintf(form, sizeof form, "-%c", d->letter);
			zsh_option(d, form, "+");
		}
		puts("\t\t'*:target: '\n\t;;");
	}
	puts("esac");
}

static void
fish(void)
{
	const struct option_def *d;
	size_t i;

	puts("# fish completion for zmap and its stages; made from the table\n"
	     "# of options.");
	for (i = 0; programs[i].name != NULL; i++)
		for (d = next(programs[i].stage, NULL); d != NULL;
		     d = next(programs[i].stage, d)) {
			printf("complete -c %s", programs[i].name);
			if (d->letter != 0)
				printf(" -s %c", d->letter);
			printf(" -l %s", d->name);
			if (d->arg != NULL && d->arg[0] != '[')
				printf(is_path(d) ? " -r -F" : " -x");
			if (words_for(d) != NULL) {
				printf(" -a '(");
				help(words_for(d), false);
				printf(" | string split \" \")'");
			}
			printf(" -d '");
			help(d->help, false);
			puts("'");
		}
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "bash") == 0)
		bash();
	else if (argc == 2 && strcmp(argv[1], "zsh") == 0)
		zsh();
	else if (argc == 2 && strcmp(argv[1], "fish") == 0)
		fish();
	else
		errx(TOOL_MISUSED, "usage: generate bash|zsh|fish");
	tool_close_stdout();
	return 0;
}
