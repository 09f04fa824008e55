/* SPDX-License-Identifier: Apache-2.0 */
/*
 * info: what is in this file?  A few lines a segment: which scan, by which
 * commands, when, complete or not, how many targets and answers of what class
 * and port, and what was lost.
 */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/escape.h"
#include "formats/ends.h"
#include "formats/format.h"
#include "formats/words.h"
#include "stream/print.h"
#include "stream/token.h"

#define CLASSES	  24 /* told apart; the others are counted together */
#define CLASS_MAX 32 /* bytes of its name */
#define PORTS	  10 /* listed, those with the most answers */

struct class {
	char name[CLASS_MAX];
	uint64_t count;
};

enum column_index { CLASSIFICATION, SUCCESS, REPEAT, SPORT, TIME, COLUMNS };

struct state {
	/* Of the segment: */
	size_t index[COLUMNS]; /* in its records, or SIZE_MAX */
	uint64_t records, success, repeats;
	uint64_t first, last; /* ns since 1970; 0: no times */
	struct class classes[CLASSES];
	size_t nclasses;
	uint64_t other_classes;
	uint64_t ports[65536];
	bool open; /* its end has not come yet */

	/* Of all: */
	struct output name;
	size_t segments;
};

static void
label(struct output *o, const char *name)
{
	output_format(o, "%-9s ", name);
}

/* --- the header --- */

static void
info_put_ports(struct output *o, const struct header *h)
{
	const struct dict_entry *ports = dict_get(&h->scan, "ports");
	struct value v = { .type = VALUE_LIST };

	if (ports == NULL)
		return;
	v.bytes = ports->bytes;
	v.size = ports->size;
	output_text(o, ", ports ");
	print_json(o, &v, FIELD_LIST);
}

/* The commands of the history as a pipeline. */
static void
info_put_commands(struct output *o, const struct header *h)
{
	const unsigned char *p = h->history;
	size_t left = h->history_size;
	bool first = true, begin = true;
	struct token t;
	ssize_t used;

	label(o, "commands");
	while (left > 0 && (used = token_next(p, left, &t)) > 0) {
		if (t.kind == TOKEN_ARRAY) {
			output_text(o, first ? "" : " | ");
			first = false;
			begin = true;
		}
		if (t.kind == TOKEN_TEXT) {
			output_text(o, begin ? "" : " ");
			begin = false;
			escape_text(o, t.bytes, t.number);
		}
		p += used;
		left -= (size_t)used;
	}
	output_byte(o, '\n');
}

static void
put_header(struct output *o, const struct header *h)
{
	char probe[64] = "", id[64] = "", interface[64] = "";
	uint64_t start, shard = 0, shards = 1;

	dict_text(&h->scan, "probe", probe, sizeof probe);
	dict_text(&h->scan, "id", id, sizeof id);
	dict_text(&h->scan, "interface", interface, sizeof interface);
	dict_uint(&h->scan, "shard", &shard);
	dict_uint(&h->scan, "shards", &shards);
	label(o, "stream");
	escape_text(o, h->kind, strlen(h->kind));
	if (probe[0] != '\0') {
		output_text(o, " of ");
		escape_text(o, probe, strlen(probe));
	}
	info_put_ports(o, h);
	output_byte(o, '\n');
	label(o, "scan");
	escape_text(o, id, strlen(id));
	if (shards > 1)
		output_format(o, ", shard %" PRIu64 " of %" PRIu64 " (from 0)",
		    shard, shards);
	if (interface[0] != '\0') {
		output_text(o, ", by ");
		escape_text(o, interface, strlen(interface));
	}
	output_byte(o, '\n');
	info_put_commands(o, h);
	if (dict_uint(&h->scan, "start", &start) == 0) {
		label(o, "started");
		words_time(o, start);
		output_byte(o, '\n');
	}
}

/* --- the end --- */

static void
put_lost(struct output *o, const struct stream_item *end)
{
	bool any = false;
	uint64_t n;
	size_t i;

	label(o, "lost");
	for (i = 0; i < ENDS_LOSSES; i++) {
		n = ends_count(end, ends_losses[i].counter);
		if (n == 0)
			continue;
		output_text(o, any ? ", " : "");
		words_count(o, n);
		output_byte(o, ' ');
		output_text(o, ends_losses[i].words);
		any = true;
	}
	output_text(o, any ? "\n" : "nothing that is known\n");
}

/* "99.12", of millionths. */
static void
info_put_percent(struct output *o, uint64_t millionths)
{
	output_format(o, "%" PRIu64 ".%02" PRIu64, millionths / 10000,
	    millionths % 10000 / 100);
}

/* How much was found, and how much of that is no host of its own. */
static void
put_checks(struct output *o, const struct stream_item *end)
{
	uint64_t low = ends_count(end, COUNT_RECV_COVERAGE_LOW);

	if (low > 0) {
		label(o, "found");
		info_put_percent(o, ends_count(end, COUNT_RECV_COVERAGE));
		output_text(o, " % (");
		info_put_percent(o, low);
		output_text(o, " to ");
		info_put_percent(o, ends_count(end, COUNT_RECV_COVERAGE_HIGH));
		output_text(o, ") of what answers from there\n");
	}
	if (ends_count(end, COUNT_RECV_DENSE) > 0) {
		label(o, "dense");
		words_count(o, ends_count(end, COUNT_RECV_DENSE));
		output_text(o, " prefixes that answer nearly everywhere\n");
	}
	if (ends_count(end, COUNT_RECV_CHECKS_ASKED) > 0) {
		label(o, "wildcards");
		words_count(o, ends_count(end, COUNT_RECV_WILDCARDS));
		output_text(o, " of ");
		words_count(o, ends_count(end, COUNT_RECV_CHECKS_ASKED));
		output_text(o, " addresses are open on any port\n");
	}
	if (ends_count(end, COUNT_RECV_ALIAS_PREFIXES) > 0) {
		label(o, "aliases");
		words_count(o, ends_count(end, COUNT_RECV_ALIASED));
		output_text(o, " of ");
		words_count(o, ends_count(end, COUNT_RECV_ALIAS_PREFIXES));
		output_text(o, " prefixes answer for any address\n");
	}
	if (ends_count(end, COUNT_RECV_INJECTED) > 0) {
		label(o, "injected");
		words_count(o, ends_count(end, COUNT_RECV_INJECTED));
		output_text(o, " probes had different answers\n");
	}
}

/* Of a file of zmap-diff. */
static void
put_changes(struct output *o, const struct stream_item *end)
{
	static const enum counter_id counts[] = { COUNT_DIFF_APPEARED,
		COUNT_DIFF_WENT, COUNT_DIFF_CHANGED, COUNT_DIFF_SAME };
	size_t i;

	if (!ends_has(end, "diff"))
		return;
	label(o, "changes");
	for (i = 0; i < sizeof counts / sizeof *counts; i++) {
		output_format(o, "%s%s ", i > 0 ? ", " : "",
		    counter_table[counts[i]].name);
		words_count(o, ends_count(end, counts[i]));
	}
	output_byte(o, '\n');
}

/* Of a file of zmap-merge. */
static void
put_merged(struct output *o, const struct stream_item *end)
{
	if (!ends_has(end, "merge"))
		return;
	label(o, "merged");
	words_count(o, ends_count(end, COUNT_MERGE_COMPLETE));
	output_text(o, " of ");
	words_count(o, ends_count(end, COUNT_MERGE_SHARDS));
	output_text(o, " shards complete, from ");
	words_count(o, ends_count(end, COUNT_MERGE_RUNS));
	output_text(o, " runs\n");
}

static void
info_put_end(struct output *o, const struct stream_item *end,
    const struct header *h)
{
	uint64_t targets = 0;
	dict_uint(&h->scan, "targets", &targets);
	if (ends_has(end, "send")) {
		label(o, "probed");
		words_count(o, ends_count(end, COUNT_SEND_TARGETS));
		if (targets != 0) {
			output_text(o, " of ");
			words_count(o, targets);
		}
		output_text(o, " targets, ");
		words_count(o, ends_count(end, COUNT_SEND_PACKETS));
		output_text(o, " packets");
		if (ends_count(end, COUNT_SEND_EXCLUDED) > 0) {
			output_text(o, "; ");
			words_count(o, ends_count(end, COUNT_SEND_EXCLUDED));
			output_text(o, " targets left out on request");
		}
		output_byte(o, '\n');
	}
	put_checks(o, end);
	put_changes(o, end);
	put_merged(o, end);
	put_lost(o, end);
	label(o, "status");
	output_text(o, outcome_name(stream_end_outcome(end)));
	output_byte(o, '\n');
}

/* --- the records --- */

static void
info_put_classes(struct output *o, struct state *s)
{
	struct class *most;
	size_t i, k;

	if (s->nclasses == 0)
		return;
	label(o, "classes");
	for (i = 0; i < s->nclasses; i++) {
		most = &s->classes[0];
		for (k = 1; k < s->nclasses; k++)
			if (s->classes[k].count > most->count)
				most = &s->classes[k];
		output_text(o, i > 0 ? ", " : "");
		output_text(o, most->name);
		output_byte(o, ' ');
		words_count(o, most->count);
		most->count = 0;
	}
	if (s->other_classes > 0) {
		output_text(o, ", others ");
		words_count(o, s->other_classes);
	}
	output_byte(o, '\n');
}

static void
put_most_ports(struct output *o, struct state *s)
{
	size_t i, k, most, seen = 0;

	for (k = 0; k < 65536; k++)
		seen += s->ports[k] > 0;
	if (seen == 0)
		return;
	label(o, "ports");
	for (i = 0; i < PORTS && i < seen; i++) {
		for (most = k = 0; k < 65536; k++)
			if (s->ports[k] > s->ports[most])
				most = k;
		output_format(o, "%s%zu: ", i > 0 ? ", " : "", most);
		words_count(o, s->ports[most]);
		s->ports[most] = 0;
	}
	if (seen > PORTS)
		output_format(o, ", and %zu more", seen - PORTS);
	output_byte(o, '\n');
}

static void
put_records(struct output *o, struct state *s)
{
	label(o, "records");
	words_count(o, s->records);
	if (s->success > 0 || s->repeats > 0) {
		output_text(o, ": ");
		words_count(o, s->success);
		output_text(o, " successes for the first time, ");
		words_count(o, s->repeats);
		output_text(o, " repeats");
	}
	output_byte(o, '\n');
	info_put_classes(o, s);
	put_most_ports(o, s);
	if (s->first != 0) {
		label(o, "answers");
		output_text(o, "from ");
		words_time(o, s->first);
		output_text(o, " to ");
		words_time(o, s->last);
		output_byte(o, '\n');
	}
}

static void
info_count_class(struct state *s, const struct value *v)
{
	struct class *c;

	/* escaped, because it is printed: it may be a stranger's */
	s->name.len = 0;
	escape_text(&s->name, v->bytes, v->size);
	if (s->name.len >= CLASS_MAX)
		s->name.len = CLASS_MAX - 1;
	for (c = s->classes; c < s->classes + s->nclasses; c++)
		if (strlen(c->name) == s->name.len &&
		    memcmp(c->name, s->name.buf, s->name.len) == 0) {
			c->count++;
			return;
		}
	if (s->nclasses == CLASSES) {
		s->other_classes++;
		return;
	}
	memcpy(c->name, s->name.buf, s->name.len);
	c->name[s->name.len] = '\0';
	c->count = 1;
	s->nclasses++;
}

static bool
info_is_true(const struct value *v)
{
	return (v->type == VALUE_BOOL || v->type == VALUE_UINT) &&
	    v->number != 0;
}

static int
record(struct format_state *f, const struct stream_item *item)
{
	struct state *s = f->state;
	struct value v[COLUMNS];
	size_t i;

	s->records++;
	for (i = 0; i < COLUMNS; i++)
		v[i] = s->index[i] < item->nvalues ?
		    item->values[s->index[i]] :
		    (struct value){ .type = VALUE_NULL };
	if (v[CLASSIFICATION].type == VALUE_TEXT)
		info_count_class(s, &v[CLASSIFICATION]);
	s->success += info_is_true(&v[SUCCESS]) && !info_is_true(&v[REPEAT]);
	s->repeats += info_is_true(&v[REPEAT]);
	if (v[SPORT].type == VALUE_UINT && v[SPORT].number < 65536)
		s->ports[v[SPORT].number]++;
	if (v[TIME].type == VALUE_UINT && v[TIME].number != 0) {
		if (s->first == 0 || v[TIME].number < s->first)
			s->first = v[TIME].number;
		if (v[TIME].number > s->last)
			s->last = v[TIME].number;
	}
	return 1;
}

/* --- segments --- */

static int
segment(struct format_state *f)
{
	static const char *const names[COLUMNS] = {
		[CLASSIFICATION] = "classification",
		[SUCCESS] = "success",
		[REPEAT] = "repeat",
		[SPORT] = "sport",
		[TIME] = "timestamp",
	};
	struct state *s = f->state;
	const struct header *h = f->header;
	size_t i, k;

	memset(s, 0, offsetof(struct state, name));
	for (i = 0; i < COLUMNS; i++) {
		s->index[i] = SIZE_MAX;
		for (k = 0; k < h->nfields; k++)
			if (strcmp(h->fields[k].name, names[i]) == 0)
				s->index[i] = k;
	}
	if (s->segments++ > 0)
		output_byte(f->out, '\n');
	put_header(f->out, h);
	s->open = true;
	return 0;
}

static int
open_info(struct format_state *f)
{
	struct state *s = calloc(1, sizeof *s);

	f->state = s;
	if (s == NULL || output_open(&s->name, -1) == -1)
		return format_fail(f, "%s", strerror(ENOMEM));
	return segment(f);
}

static int
event(struct format_state *f, const struct stream_item *item)
{
	struct state *s = f->state;

	if (item->what != STREAM_END)
		return 0;
	put_records(f->out, s);
	info_put_end(f->out, item, f->header);
	s->open = false;
	return 0;
}

static int
close_info(struct format_state *f)
{
	struct state *s = f->state;

	if (s == NULL)
		return 0;
	if (s->open) {
		put_records(f->out, s);
		label(f->out, "status");
		output_text(f->out,
		    "cut short: the stream has no end, so more may be missing\n");
	}
	output_close(&s->name);
	free(s);
	return 0;
}

const struct format format_info = {
	.name = "info",
	.help = "a summary: which scan, when, complete or not, what it found",
	.whole = true,
	.fixed = true,
	.open = open_info,
	.segment = segment,
	.record = record,
	.event = event,
	.close = close_info,
};
