/* SPDX-License-Identifier: Apache-2.0 */
/* Options in force, as status lines; see inforce.h. */
#include "cli/inforce.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/output.h"
#include "cli/option.h"

#define LINE_BYTES    4000
#define PIECE_BYTES   600 /* of a text: six times as many if all is escaped */
#define TEXT_BYTES    32768
#define OPERAND_BYTES 32768
#define WAIT_MS	      1000

/* "send" for zmap-send; other programs by their whole name */
static const char *
stage_name(const struct program *p)
{
	return strncmp(p->name, "zmap-", 5) == 0 ? p->name + 5 : p->name;
}

static void
inforce_begin(struct output *o, const char *stage, const char *key)
{
	output_text(o, "{\"stage\":");
	escape_json(o, stage, strlen(stage));
	output_format(o, ",\"%s\":{", key);
}

static void
inforce_end(struct output *o)
{
	output_text(o, "}}\n");
}

/* How much of a text goes into one piece: no character is cut. */
static size_t
piece(const char *s)
{
	size_t n = strlen(s), k;

	if (n <= PIECE_BYTES)
		return n;
	for (k = PIECE_BYTES; k > PIECE_BYTES - 4; k--)
		if (((unsigned char)s[k] & 0xc0) != 0x80)
			return k;
	return PIECE_BYTES;
}

static void
text_in_pieces(struct output *o, const char *stage, const char *key,
    const char *name, const char *text)
{
	size_t n;

	do {
		n = piece(text);
		inforce_begin(o, stage, key);
		escape_json(o, name, strlen(name));
		output_text(o, ":");
		escape_json(o, text, n);
		inforce_end(o);
		text += n;
		key = "more";
	} while (*text != '\0');
}

static void
option(struct output *o, const char *stage, const char *key,
    const struct option_def *d, const char *text)
{
	size_t n = d->arg != NULL && text != NULL ? strlen(text) : 0;

	if (n > PIECE_BYTES && n <= TEXT_BYTES) {
		text_in_pieces(o, stage, key, d->name, text);
		return;
	}
	inforce_begin(o, stage, key);
	escape_json(o, d->name, strlen(d->name));
	output_text(o, ":");
	if (n <= TEXT_BYTES)
		argument_json(o, d, d->arg == NULL ? NULL : text);
	else
		output_text(o, "null"); /* given, and too long to be said */
	inforce_end(o);
}

void
inforce_option(struct output *o, const char *stage, const struct option_def *d,
    const char *text)
{
	option(o, stage, "options", d, text);
}

static void
operands(struct output *o, const struct options *given, const char *name)
{
	const char *stage = stage_name(given->program), *key = "options";
	size_t line, n, before = o->len;
	int i = given->index, first;

	do {
		line = o->len;
		inforce_begin(o, stage, key);
		output_format(o, "\"%s\":[", name);
		for (first = i;
		     i < given->argc && o->len - before < OPERAND_BYTES; i++) {
			n = strlen(given->argv[i]);
			if (n > PIECE_BYTES ||
			    o->len - line + 6 * n + 8 > LINE_BYTES)
				break;
			output_text(o, i > first ? "," : "");
			escape_json(o, given->argv[i], n);
		}
		output_text(o, "]");
		inforce_end(o);
		key = "more";
	} while (i > first && i < given->argc);
	if (i == given->argc)
		return;
	inforce_begin(o, stage, "options");
	output_format(o, "\"%s_left_out\":%d", name, given->argc - i);
	inforce_end(o);
}

void
inforce_options(struct output *o, const struct options *given,
    const char *operand_name)
{
	const struct program *p = given->program;
	const char *stage = stage_name(p), *text;
	const struct option_def *d;

	for (d = p->table; d->name != NULL; d++) {
		if (!(d->stages & p->stage))
			continue;
		text = given->given[d - p->table];
		if (text != NULL)
			option(o, stage, "options", d,
			    *text == '\0' && d->arg != NULL &&
				    d->arg[0] == '[' ?
				NULL :
				text);
		else if (d->standard != NULL)
			option(o, stage, "defaults", d, d->standard);
	}
	if (operand_name != NULL)
		operands(o, given, operand_name);
}

void
inforce_send(int fd, const struct output *o)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	const unsigned char *at = o->buf, *stop = o->buf + o->len, *nl;
	const unsigned char *last;
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;

	/* without a reader they are lost, and the program goes on */
	sigaction(SIGPIPE, &ignore, &before);
	/* as many whole lines at once as a pipe takes in one piece */
	while (at < stop) {
		for (last = at;
		     (nl = memchr(last, '\n', stop - last)) != NULL &&
		     nl + 1 - at <= LINE_BYTES;)
			last = nl + 1;
		if (last == at || poll(&p, 1, WAIT_MS) != 1 ||
		    !(p.revents & POLLOUT) || write(fd, at, last - at) == -1)
			break;
		at = last;
	}
	sigaction(SIGPIPE, &before, NULL);
}
