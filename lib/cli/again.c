/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of stages, put together as one of zmap; see again.h. */
#include "cli/again.h"

#include <stdlib.h>
#include <string.h>

#include "cli/compose.h"
#include "cli/option.h"
#include "stream/token.h"

/* What a stage was given, or all of them. */
struct given {
	const struct option_def *def;
	const char *arg; /* NULL: a flag */
	unsigned stage;
};

struct line {
	struct given *given;
	size_t ngiven;
	char **operands; /* of zmap-targets */
	size_t noperands;
	const char *filter;
	char **words; /* all memory of the above */
	size_t nwords;
};

/*
 * The options whose files each shard has for itself, and what is made of them.
 */
static const struct {
	int id;
	const char *ending;
} own_files[] = {
	{ OPT_CHECKPOINT, "checkpoint" },
	{ OPT_DENSE, "dense.cbor" },
	{ OPT_OUTPUT_FILE, "cbor" },
	{ OPT_WRITE_PCAP, "pcap" },
	{ OPT_WRITE_STREAM, "probes" },
};

static const char *
own_ending(int id)
{
	for (size_t i = 0; i < sizeof own_files / sizeof *own_files; i++)
		if (own_files[i].id == id)
			return own_files[i].ending;
	return NULL;
}

/* What is said anew, or by the checkpoint. */
static bool
is_said_anew(int id)
{
	return id == OPT_SHARD || id == OPT_SHARDS || id == OPT_RESUME ||
	    id == OPT_APPEND;
}

static void *
append(void *list, size_t n, size_t size, const void *item)
{
	char *more = reallocarray(list, n + 1, size);

	if (more != NULL)
		memcpy(more + n * size, item, size);
	return more;
}

/* Stages share options: each once, but where a stage itself repeats it. */
static int
add_given(struct line *l, const struct options *o)
{
	struct given g = { o->def, o->def->arg != NULL ? o->arg : NULL,
		o->program->stage };
	const struct given *old;
	void *more;

	if (g.def->route == 0 || is_said_anew(g.def->id))
		return 0;
	for (size_t i = 0; i < l->ngiven; i++) {
		old = &l->given[i];
		if (old->def == g.def && old->stage != g.stage &&
		    (old->arg == NULL || g.arg == NULL ||
			strcmp(old->arg, g.arg) == 0))
			return 0;
	}
	more = append(l->given, l->ngiven, sizeof g, &g);
	if (more == NULL)
		return -1;
	l->given = more;
	l->ngiven++;
	return 0;
}

static int
again_add_operands(struct line *l, unsigned stage, char **words)
{
	void *more;

	if (stage == STAGE_FILTER) {
		l->filter = words[0];
		return words[0] != NULL && words[1] == NULL ? 0 : -1;
	}
	for (; *words != NULL; words++) {
		if (stage != STAGE_TARGETS)
			return -1;
		more = append(l->operands, l->noperands, sizeof *words, words);
		if (more == NULL)
			return -1;
		l->operands = more;
		l->noperands++;
	}
	return 0;
}

static const struct program *
program_called(const char *path)
{
	const char *name = strrchr(path, '/');

	name = name == NULL ? path : name + 1;
	for (unsigned s = STAGE_TARGETS; s <= STAGE_OUT; s <<= 1)
		if (strcmp(option_program(s), name) == 0)
			return program_of(s);
	return NULL;
}

/* Descriptors are of another process: takes them out. */
static int
drop_descriptors(int argc, char **argv)
{
	const struct option_def *d;
	int from = 1, to = 1;
	size_t len;

	for (; from < argc; from++) {
		len = strncmp(argv[from], "--", 2) == 0 ?
		    strcspn(argv[from] + 2, "=") :
		    0;
		for (d = option_table; len > 0 && d->name != NULL; d++)
			if (d->type == ARG_FD && strlen(d->name) == len &&
			    strncmp(d->name, argv[from] + 2, len) == 0)
				break;
		if (len == 0 || d->name == NULL) {
			argv[to++] = argv[from];
			continue;
		}
		if (argv[from][len + 2] == '\0' && from + 1 < argc)
			free(argv[from++]);
		free(argv[from]);
	}
	for (from = to; from < argc; from++)
		argv[from] = NULL;
	return to;
}

static int
add_command(struct line *l, int argc, char **argv)
{
	const struct program *p = program_called(argv[0]);
	struct options o;
	int c, rc = 0;

	argc = drop_descriptors(argc, argv);
	if (p == NULL || option_begin(&o, p, argc, argv) == -1)
		return -1;
	while (rc == 0 && (c = option_next(&o)) != -1)
		rc = c == OPT_BAD ? -1 : add_given(l, &o);
	if (rc == 0)
		rc = again_add_operands(l, p->stage, argv + o.index);
	option_end(&o);
	return rc;
}

/* One argument vector of the history, which is at *p. */
static int
read_command(struct line *l, const unsigned char **p, size_t *left)
{
	struct token t;
	ssize_t used = token_next(*p, *left, &t);
	uint64_t n = t.number;
	size_t begin = l->nwords;
	char *word;
	void *more;

	/* an open array would have no count, and no writer of ours makes one */
	if (used <= 0 || t.kind != TOKEN_ARRAY || t.indefinite || n == 0)
		return -1;
	for (uint64_t i = 0; i <= n; i++) {
		*p += used;
		*left -= used;
		word = NULL;
		used = 0;
		if (i < n) {
			used = token_next(*p, *left, &t);
			if (used <= 0 || t.kind != TOKEN_TEXT)
				return -1;
			word = strndup((const char *)t.bytes, t.number);
			if (word == NULL)
				return -1;
		}
		more = append(l->words, l->nwords, sizeof word, &word);
		if (more == NULL) {
			free(word);
			return -1;
		}
		l->words = more;
		l->nwords++;
	}
	return (int)begin;
}

static int
again_read_line(struct line *l, const struct header *h)
{
	const unsigned char *p = h->history;
	size_t left = h->history_size;
	int begin;

	if (h->history_count == 0)
		return -1;
	for (size_t i = 0; i < h->history_count; i++) {
		begin = read_command(l, &p, &left);
		if (begin == -1)
			return -1;
		if (add_command(l, (int)l->nwords - begin - 1,
			l->words + begin) == -1)
			return -1;
	}
	return 0;
}

static void
line_free(struct line *l)
{
	for (size_t i = 0; i < l->nwords; i++)
		free(l->words[i]);
	free(l->words);
	free(l->operands);
	free(l->given);
}

static const struct given *
line_find(const struct line *l, int id)
{
	for (size_t i = 0; i < l->ngiven; i++)
		if (l->given[i].def->id == id)
			return &l->given[i];
	return NULL;
}

static bool
line_has(const struct line *l, int id)
{
	return line_find(l, id) != NULL;
}

bool
again_can_go_on(const struct header *h)
{
	struct line l = { 0 };
	const struct given *out;
	bool can = again_read_line(&l, h) == 0 && line_has(&l, OPT_CHECKPOINT);

	out = line_find(&l, OPT_OUTPUT_FILE);
	can = can && out != NULL && strcmp(out->arg, "-") != 0;
	line_free(&l);
	return can;
}

static void
print_own_file(FILE *f, const struct again *a, int id, const char *name)
{
	fprintf(f, " --%s=shard-%llu.%s", name, (unsigned long long)a->shard,
	    own_ending(id));
}

static void
print_given(FILE *f, const struct again *a, const struct given *g)
{
	if (!a->goes_on && own_ending(g->def->id) != NULL) {
		print_own_file(f, a, g->def->id, g->def->name);
		return;
	}
	fprintf(f, " --%s", g->def->name);
	if (g->arg == NULL)
		return;
	fputc('=', f);
	compose_quote(f, g->arg);
}

static void
print_line(FILE *f, const struct line *l, const struct again *a)
{
	fputs("zmap", f);
	for (size_t i = 0; i < l->ngiven; i++)
		print_given(f, a, &l->given[i]);
	if (l->filter != NULL) {
		fputs(" --output-filter=", f);
		compose_quote(f, l->filter);
	}
	if (a->has_seed && !line_has(l, OPT_SEED))
		fprintf(f, " --seed=%llu", (unsigned long long)a->seed);
	if (a->shards > 1)
		fprintf(f, " --shards=%llu --shard=%llu",
		    (unsigned long long)a->shards,
		    (unsigned long long)a->shard);
	if (!line_has(l, OPT_CHECKPOINT))
		print_own_file(f, a, OPT_CHECKPOINT, "checkpoint");
	if (!line_has(l, OPT_OUTPUT_MODULE))
		fputs(" --output-module=cbor", f);
	if (!line_has(l, OPT_OUTPUT_FILE))
		print_own_file(f, a, OPT_OUTPUT_FILE, "output-file");
	for (size_t i = 0; i < l->noperands; i++) {
		fputc(' ', f);
		compose_quote(f, l->operands[i]);
	}
}

int
again_print(FILE *f, const struct header *h, const struct again *a)
{
	struct line l = { 0 };
	int rc = again_read_line(&l, h);

	if (rc == 0)
		print_line(f, &l, a);
	line_free(&l);
	return rc;
}
