/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines: the first byte chooses the program, the rest is its words,
 * each ending with a newline. Every value is read as the table says, and as the
 * addresses or the interface that it could be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr/sources.h"
#include "base/interface.h"
#include "cli/option.h"
#include "fuzz.h"

enum { WORDS_MAX = 64 };

/* What a program's main would do with the value. */
static void
value(const char *s)
{
	static struct sources sources;
	char own[IF_NAMESIZE];
	const char *why;
	unsigned index;

	if (sources_parse(s, &sources, &why) == 0)
		HOLDS((sources.family == 4 || sources.family == 6) &&
		    sources.n > 0 && sources.n <= SOURCES_MAX &&
		    sources.prefix <= IP6_BITS);
	if (interface_check(s, &why) == -1)
		HOLDS(interface_find(s, own, &index) == -1);
	else if (interface_find(s, own, &index) == 0)
		HOLDS(index > 0 && strlen(own) < IF_NAMESIZE);
}

static int
split(char *text, char *argv[WORDS_MAX + 1])
{
	int argc = 1;
	char *word;

	argv[0] = (char *)"program";
	while (argc < WORDS_MAX && (word = strsep(&text, "\n")) != NULL)
		argv[argc++] = word;
	argv[argc] = NULL;
	return argc;
}

static int
fuzz_one(const uint8_t *p, size_t n)
{
	char *argv[WORDS_MAX + 1], *text;
	struct options o;
	int c, argc;

	/* messages; sanitizers do not use it */
	static FILE *nowhere;

	if (nowhere == NULL)
		stderr = nowhere = fopen("/dev/null", "w");
	if (n == 0)
		return 0;
	text = malloc(n);
	memcpy(text, p + 1, n - 1);
	text[n - 1] = '\0';
	argc = split(text, argv);
	HOLDS(option_begin(&o, program_of(1u << p[0] % 7), argc, argv) == 0);
	while ((c = option_next(&o)) != -1 && c != OPT_BAD) {
		HOLDS(o.def != NULL);
		HOLDS((o.arg != NULL) || o.def->arg == NULL ||
		    o.def->arg[0] == '[');
		if (o.arg != NULL)
			value(o.arg);
	}
	HOLDS(c == OPT_BAD || (o.index >= 0 && o.index <= argc));
	option_end(&o);
	free(text);
	return 0;
}

FUZZ_TARGET(fuzz_one)
