/* SPDX-License-Identifier: Apache-2.0 */
/* Segment headers to and from CBOR; see header.h and zmap-stream(5). */
#include "stream/header.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stream/encode.h"
#include "stream/token.h"

#define MARK_MAX 64 /* "... 86,000 arguments left out" and its head */

void
header_init(struct header *h, const char *kind)
{
	*h = (struct header){ .version = HEADER_VERSION };
	snprintf(h->kind, sizeof h->kind, "%s", kind);
}

static void
free_fields(struct header *h)
{
	size_t i;

	for (i = 0; i < h->nfields; i++) {
		free((char *)h->fields[i].name);
		free((char *)h->fields[i].help);
	}
	free(h->fields);
	h->fields = NULL;
	h->nfields = 0;
}

void
header_free(struct header *h)
{
	dict_free(&h->scan);
	dict_free(&h->other);
	free(h->history);
	free_fields(h);
	*h = (struct header){ 0 };
}

/* Appends a field, copying both strings. */
static int
add_field(struct header *h, const char *name, size_t namelen,
    enum field_type type, const char *help, size_t helplen)
{
	struct field *grown, *f;

	grown = realloc(h->fields, (h->nfields + 2) * sizeof *grown);
	if (grown == NULL)
		return -1;
	h->fields = grown;
	f = &grown[h->nfields];
	f->name = strndup(name, namelen);
	f->help = strndup(help, helplen);
	f->type = type;
	if (f->name == NULL || f->help == NULL) {
		free((char *)f->name);
		free((char *)f->help);
		return -1;
	}
	h->nfields++;
	f[1] = (struct field){ .name = NULL };
	return 0;
}

int
header_set_fields(struct header *h, const struct field *f)
{
	free_fields(h);
	for (; f != NULL && f->name != NULL; f++)
		if (add_field(h, f->name, strlen(f->name), f->type, f->help,
			strlen(f->help)) == -1)
			return -1;
	return 0;
}

int
header_add_field(struct header *h, const struct field *f)
{
	return add_field(h, f->name, strlen(f->name), f->type, f->help,
	    strlen(f->help));
}

static int
add_history(struct header *h, const unsigned char *p, size_t n)
{
	unsigned char *grown = realloc(h->history, h->history_size + n + 1);

	if (grown == NULL)
		return -1;
	memcpy(grown + h->history_size, p, n);
	h->history = grown;
	h->history_size += n;
	h->history_count++;
	return 0;
}

int
header_add_history(struct header *h, char *const argv[])
{
	size_t argc, left, i, n, room = 9 + MARK_MAX;
	char mark[MARK_MAX];
	unsigned char *buf;
	struct encoder e;
	int rc = -1;

	for (argc = 0; argv[argc] != NULL; argc++) {
		n = strlen(argv[argc]) + 9;
		if (room + n > HEADER_ARGV_MAX)
			break;
		room += n;
	}
	for (left = 0; argv[argc + left] != NULL; left++)
		;
	snprintf(mark, sizeof mark, "... %zu arguments left out", left);
	buf = malloc(room);
	if (buf == NULL)
		return -1;
	e = encoder_on(buf, room);
	encode_array(&e, argc + (left > 0));
	for (i = 0; i < argc; i++)
		encode_text(&e, argv[i]);
	if (left > 0)
		encode_text(&e, mark);
	if (encode_size(&e) != 0)
		rc = add_history(h, buf, encode_size(&e));
	free(buf);
	return rc;
}

int
header_copy(struct header *to, const struct header *from)
{
	header_init(to, from->kind);
	if (dict_copy(&to->scan, &from->scan) == -1 ||
	    dict_copy(&to->other, &from->other) == -1 ||
	    header_set_fields(to, from->fields) == -1)
		goto fail;
	if (from->history_size != 0 &&
	    add_history(to, from->history, from->history_size) == -1)
		goto fail;
	to->history_count = from->history_count;
	return 0;
fail:
	header_free(to);
	return -1;
}

/* history: an array of argument vectors, each kept as it is. */
static int
parse_history(struct header *h, const unsigned char *p, size_t n)
{
	struct token list, argv;
	size_t at, i;
	ssize_t used;

	used = token_next(p, n, &list);
	if (used <= 0 || list.kind != TOKEN_ARRAY)
		return -1;
	at = used;
	for (i = 0; list.indefinite || i < list.number; i++) {
		used = token_next(p + at, n - at, &argv);
		if (used > 0 && argv.kind == TOKEN_BREAK)
			break;
		if (used <= 0 || argv.kind != TOKEN_ARRAY)
			return -1;
		used = token_skip(p + at, n - at);
		if (used <= 0 || add_history(h, p + at, used) == -1)
			return -1;
		at += used;
	}
	return 0;
}

/* One text value of a field's map. */
static int
field_text(const unsigned char *p, size_t n, const char *key, struct token *t)
{
	size_t len, at = token_map_find(p, n, key, &len);

	if (at == 0 || token_next(p + at, len, t) <= 0 ||
	    t->kind != TOKEN_TEXT || memchr(t->bytes, '\0', t->number) != NULL)
		return -1;
	return 0;
}

static int
parse_fields(struct header *h, const unsigned char *p, size_t n)
{
	struct token list, name, type, help, t;
	enum field_type ft;
	size_t at, i;
	ssize_t used;

	used = token_next(p, n, &list);
	if (used <= 0 || list.kind != TOKEN_ARRAY)
		return -1;
	at = used;
	for (i = 0; list.indefinite || i < list.number; i++) {
		used = token_next(p + at, n - at, &t);
		if (used > 0 && t.kind == TOKEN_BREAK)
			break;
		used = token_skip(p + at, n - at);
		if (used <= 0 || h->nfields >= FIELD_MAX ||
		    field_text(p + at, used, "name", &name) == -1 ||
		    name.number >= FIELD_NAME_MAX ||
		    field_text(p + at, used, "type", &type) == -1 ||
		    field_type_parse((const char *)type.bytes, type.number,
			&ft) == -1)
			return -1;
		if (field_text(p + at, used, "help", &help) == -1)
			help = (struct token){ .bytes = p };
		if (add_field(h, (const char *)name.bytes, name.number, ft,
			(const char *)help.bytes, help.number) == -1)
			return -1;
		at += used;
	}
	return 0;
}

static int
header_take(struct header *h, const struct dict_entry *e)
{
	if (strcmp(e->key, "history") == 0)
		return parse_history(h, e->bytes, e->size);
	if (strcmp(e->key, "fields") == 0)
		return parse_fields(h, e->bytes, e->size);
	if (strcmp(e->key, "scan") == 0) {
		dict_free(&h->scan);
		return dict_parse(&h->scan, e->bytes, e->size);
	}
	if (strcmp(e->key, "zmap") == 0 || strcmp(e->key, "kind") == 0)
		return 0;
	return dict_set(&h->other, e->key, e->bytes, e->size);
}

int
header_parse(struct header *h, const unsigned char *p, size_t n, char *why,
    size_t whysize)
{
	struct token tag;
	struct dict all;
	ssize_t used;
	size_t i;

	header_init(h, "");
	errno = 0;
	used = token_next(p, n, &tag);
	if (used <= 0 || tag.kind != TOKEN_TAG || tag.number != HEADER_TAG ||
	    dict_parse(&all, p + used, n - used) == -1) {
		snprintf(why, whysize,
		    errno == E2BIG ? "header: more than %d keys" :
				     "not a zmap stream",
		    DICT_KEYS_MAX);
		return -1;
	}
	if (dict_uint(&all, "zmap", &h->version) == -1) {
		snprintf(why, whysize, "not a zmap stream: no version");
		goto fail;
	}
	if (h->version < HEADER_VERSION_MIN || h->version > HEADER_VERSION) {
		if (HEADER_VERSION_MIN == HEADER_VERSION)
			snprintf(why, whysize,
			    "stream version %" PRIu64
			    ", this program reads version %d",
			    h->version, HEADER_VERSION);
		else
			snprintf(why, whysize,
			    "stream version %" PRIu64
			    ", this program reads versions %d to %d",
			    h->version, HEADER_VERSION_MIN, HEADER_VERSION);
		goto fail;
	}
	if (dict_text(&all, "kind", h->kind, sizeof h->kind) == -1) {
		snprintf(why, whysize, "header without a kind");
		goto fail;
	}
	for (i = 0; i < all.count; i++) {
		errno = 0;
		if (header_take(h, &all.entries[i]) == -1) {
			snprintf(why, whysize,
			    errno == E2BIG ?
				"header: more than %2$d keys in '%1$.32s'" :
				"header: bad '%.32s'",
			    all.entries[i].key, DICT_KEYS_MAX);
			goto fail;
		}
	}
	dict_free(&all);
	return 0;
fail:
	dict_free(&all);
	header_free(h);
	return -1;
}

void
header_encode(struct encoder *e, const struct header *h)
{
	const struct field *f;
	size_t i;

	encode_tag(e, HEADER_TAG);
	encode_map(e, 4 + (h->nfields != 0) + h->other.count);
	encode_text(e, "zmap");
	encode_uint(e, HEADER_VERSION);
	encode_text(e, "kind");
	encode_text(e, h->kind);
	encode_text(e, "history");
	encode_array(e, h->history_count);
	encode_raw(e, h->history, h->history_size);
	encode_text(e, "scan");
	dict_encode(e, &h->scan);
	if (h->nfields != 0) {
		encode_text(e, "fields");
		encode_array(e, h->nfields);
		for (f = h->fields; f->name != NULL; f++) {
			encode_map(e, 3);
			encode_text(e, "name");
			encode_text(e, f->name);
			encode_text(e, "type");
			encode_text(e, field_type_name(f->type));
			encode_text(e, "help");
			encode_text(e, f->help);
		}
	}
	for (i = 0; i < h->other.count; i++) {
		encode_text(e, h->other.entries[i].key);
		encode_raw(e, h->other.entries[i].bytes,
		    h->other.entries[i].size);
	}
}
