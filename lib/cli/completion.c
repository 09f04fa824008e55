/* SPDX-License-Identifier: Apache-2.0 */
/* Completion for shells; see completion.h. */
#include "cli/completion.h"

#include <string.h>

#include "cli/option.h"

/* Shell words that print what an option may be set to, or false. */
static bool
words_for(const struct option_def *d, char *buf, size_t size)
{
	if (d->ask == NULL && d->words == NULL)
		return false;
	if (d->ask != NULL)
		snprintf(buf, size, "%s", d->ask);
	else
		snprintf(buf, size, "echo %s", d->words);
	return true;
}

/* The next option of a program after d, from NULL on. */
static const struct option_def *
completion_next(unsigned stage, const struct option_def *d)
{
	for (d = d == NULL ? option_table : d + 1; d->name != NULL; d++)
		if (option_takes(stage, d))
			return d;
	return NULL;
}

/* The next alias after the end of this one, from d->aliases on; or NULL. */
static const char *
alias(const char *at, size_t *len)
{
	if (at == NULL)
		return NULL;
	at += strspn(at, " ");
	*len = strcspn(at, " ");
	return *len > 0 ? at : NULL;
}

static void
pattern(FILE *out, const struct option_def *d)
{
	const char *at;
	size_t len;

	fprintf(out, "\t--%s", d->name);
	for (at = d->aliases; (at = alias(at, &len)) != NULL; at += len)
		fprintf(out, "|--%.*s", (int)len, at);
	if (d->letter != 0)
		fprintf(out, "|-%c", d->letter);
	fputs(")\n", out);
}

static void
bash_word(FILE *out, const struct option_def *d, const char *name, size_t len)
{
	fprintf(out, "--%.*s%s ", (int)len, name,
	    d->arg != NULL && d->arg[0] != '[' ? "=" : "");
}

/* A function that prints the options of a program: names, or aliases. */
static void
bash_words(FILE *out, const char *function, bool aliases)
{
	const struct option_def *d;
	const char *at;
	unsigned stage;
	size_t len;

	fprintf(out, "%s()\n{\n\tcase $1 in\n", function);
	for (stage = STAGE_TARGETS; stage <= STAGE_LAST; stage <<= 1) {
		fprintf(out, "\t%s) echo '", option_program(stage));
		for (d = completion_next(stage, NULL); d != NULL;
		     d = completion_next(stage, d)) {
			if (!aliases)
				bash_word(out, d, d->name, strlen(d->name));
			for (at = aliases ? d->aliases : NULL;
			     (at = alias(at, &len)) != NULL; at += len)
				bash_word(out, d, at, len);
		}
		fputs("' ;;\n", out);
	}
	fputs("\tesac\n}\n\n", out);
}

/*
 * Paths are left to readline's own completion (-o default): it knows folders,
 * quotes and ~.  An alias is offered when what is typed begins no name.
 */
static void
bash(FILE *out)
{
	const struct option_def *d;
	char words[128];
	unsigned stage;

	fputs("# bash completion for zmap and its stages; made from the table\n"
	      "# of options.\n",
	    out);
	bash_words(out, "_zmap_options", false);
	bash_words(out, "_zmap_aliases", true);
	fputs("_zmap()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev option words\n"
	      "\tprev=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\t# a value after = is a word of its own for bash\n"
	      "\tif [ \"$cur\" = = ]; then\n"
	      "\t\toption=$prev cur=\n"
	      "\telif [ \"$prev\" = = ]; then\n"
	      "\t\toption=${COMP_WORDS[COMP_CWORD-2]}\n"
	      "\telse\n\t\toption=$prev\n\tfi\n"
	      "\tCOMPREPLY=()\n\tcase $option in\n",
	    out);
	for (d = option_table; d->name != NULL; d++) {
		if (!words_for(d, words, sizeof words))
			continue;
		pattern(out, d);
		fprintf(out,
		    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$(%s)\" -- \"$cur\")\n"
		    "\t\treturn\n\t\t;;\n",
		    words);
	}
	fputs(
	    "\tesac\n"
	    "\tcase $cur in\n"
	    "\t-*)\n"
	    "\t\tfor words in _zmap_options _zmap_aliases; do\n"
	    "\t\t\tmapfile -t COMPREPLY < <(compgen -W \"$($words \"${1##*/}\")\" -- \"$cur\")\n"
	    "\t\t\t[ ${#COMPREPLY[@]} = 0 ] || break\n"
	    "\t\tdone\n"
	    "\t\t[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace\n"
	    "\t\t;;\n\tesac\n}\n\n",
	    out);
	fprintf(out, "complete -o default -F _zmap");
	for (stage = STAGE_TARGETS; stage <= STAGE_LAST; stage <<= 1)
		fprintf(out, " %s", option_program(stage));
	fputc('\n', out);
}

/* Help in single quotes, for zsh also within brackets. */
static void
completion_help(FILE *out, const char *s, bool zsh)
{
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			fputs(zsh ? "'\\'" : "\\", out);
		if (zsh && strchr("[]:\\", *s) != NULL)
			fputc('\\', out);
		fputc(*s, out);
	}
}

static void
zsh_option(FILE *out, const struct option_def *d, const char *form,
    const char *eq)
{
	fprintf(out, "\t\t'*%s%s[", form, d->arg != NULL ? eq : "");
	completion_help(out, d->help, true);
	fputc(']', out);
	if (d->arg != NULL) {
		fprintf(out, "%s:", d->arg[0] == '[' ? ":" : "");
		completion_help(out, d->arg, true);
		fputc(':', out);
		if (d->type == ARG_PATH)
			fprintf(out, "_files");
		else if (d->ask != NULL || d->words != NULL)
			fprintf(out, "{compadd -- $(_zmap_words %s)}", d->name);
		else
			fputc(' ', out);
	}
	fputs("' \\\n", out);
}

static void
zsh(FILE *out)
{
	const struct option_def *d;
	char form[64], words[128];
	unsigned stage;

	fprintf(out, "#compdef");
	for (stage = STAGE_TARGETS; stage <= STAGE_LAST; stage <<= 1)
		fprintf(out, " %s", option_program(stage));
	fputs("\n# made from the table of options\n\n"
	      "_zmap_words() {\n\tcase $1 in\n",
	    out);
	for (d = option_table; d->name != NULL; d++)
		if (words_for(d, words, sizeof words))
			fprintf(out, "\t%s) %s ;;\n", d->name, words);
	fputs("\tesac\n}\n\ncase $service in\n", out);
	for (stage = STAGE_TARGETS; stage <= STAGE_LAST; stage <<= 1) {
		fprintf(out, "%s)\n\t_arguments -s -S \\\n",
		    option_program(stage));
		for (d = completion_next(stage, NULL); d != NULL;
		     d = completion_next(stage, d)) {
			snprintf(form, sizeof form, "--%s", d->name);
			zsh_option(out, d, form,
			    d->arg != NULL && d->arg[0] == '[' ? "=-" : "=");
			if (d->letter == 0)
				continue;
			snprintf(form, sizeof form, "-%c", d->letter);
			zsh_option(out, d, form, "+");
		}
		fputs("\t\t'*:target: '\n\t;;\n", out);
	}
	fputs("esac\n", out);
}

static void
fish(FILE *out)
{
	const struct option_def *d;
	char words[128];
	unsigned stage;

	fputs("# fish completion for zmap and its stages; made from the table\n"
	      "# of options.\n",
	    out);
	for (stage = STAGE_TARGETS; stage <= STAGE_LAST; stage <<= 1)
		for (d = completion_next(stage, NULL); d != NULL;
		     d = completion_next(stage, d)) {
			fprintf(out, "complete -c %s", option_program(stage));
			if (d->letter != 0)
				fprintf(out, " -s %c", d->letter);
			fprintf(out, " -l %s", d->name);
			if (d->arg != NULL && d->arg[0] != '[')
				fprintf(out,
				    d->type == ARG_PATH ? " -r -F" : " -x");
			if (words_for(d, words, sizeof words)) {
				fprintf(out, " -a '(");
				completion_help(out, words, false);
				fprintf(out, " | string split \" \")'");
			}
			fprintf(out, " -d '");
			completion_help(out, d->help, false);
			fputs("'\n", out);
		}
}

void
completion_print(FILE *out, const char *shell)
{
	static const struct {
		const char *name;
		void (*print)(FILE *);
	} shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };
	size_t i;

	for (i = 0; i < sizeof shells / sizeof *shells; i++)
		if (strcmp(shell, shells[i].name) == 0)
			shells[i].print(out);
}
