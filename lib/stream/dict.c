/* SPDX-License-Identifier: Apache-2.0 */
/* Ordered maps of encoded values; see dict.h. */
#include "stream/dict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stream/encode.h"
#include "stream/token.h"

static struct dict_entry *
dict_lookup(const struct dict *d, const char *key, size_t len)
{
	size_t i;

	for (i = 0; i < d->count; i++)
		if (strlen(d->entries[i].key) == len &&
		    memcmp(d->entries[i].key, key, len) == 0)
			return &d->entries[i];
	return NULL;
}

static int
dict_put(struct dict *d, const char *key, size_t keylen, const void *item,
    size_t n)
{
	struct dict_entry *e = dict_lookup(d, key, keylen), *grown;
	unsigned char *bytes;

	if (e == NULL && d->count == DICT_KEYS_MAX) {
		errno = E2BIG;
		return -1;
	}
	bytes = malloc(n != 0 ? n : 1);
	if (bytes == NULL)
		return -1;
	memcpy(bytes, item, n);
	if (e == NULL) {
		grown = realloc(d->entries, (d->count + 1) * sizeof *grown);
		if (grown == NULL)
			goto fail;
		d->entries = grown;
		e = &grown[d->count];
		e->key = strndup(key, keylen);
		if (e->key == NULL)
			goto fail;
		d->count++;
	} else
		free(e->bytes);
	e->bytes = bytes;
	e->size = n;
	return 0;
fail:
	free(bytes);
	return -1;
}

int
dict_parse(struct dict *d, const unsigned char *p, size_t n)
{
	struct token map, key;
	size_t at, i;
	ssize_t used;

	*d = (struct dict){ 0 };
	errno = EINVAL;
	used = token_next(p, n, &map);
	if (used <= 0 || map.kind != TOKEN_MAP)
		return -1;
	at = used;
	for (i = 0; map.indefinite || i < map.number; i++) {
		errno = EINVAL;
		used = token_next(p + at, n - at, &key);
		if (used > 0 && key.kind == TOKEN_BREAK && map.indefinite)
			break;
		if (used <= 0 || key.kind != TOKEN_TEXT ||
		    memchr(key.bytes, '\0', key.number) != NULL)
			goto fail;
		at += used;
		used = token_skip(p + at, n - at);
		if (used <= 0 ||
		    dict_put(d, (const char *)key.bytes, key.number, p + at,
			used) == -1)
			goto fail;
		at += used;
	}
	return 0;
fail:
	dict_free(d);
	return -1;
}

int
dict_copy(struct dict *to, const struct dict *from)
{
	size_t i;

	*to = (struct dict){ 0 };
	for (i = 0; i < from->count; i++)
		if (dict_set(to, from->entries[i].key, from->entries[i].bytes,
			from->entries[i].size) == -1) {
			dict_free(to);
			return -1;
		}
	return 0;
}

void
dict_free(struct dict *d)
{
	size_t i;

	for (i = 0; i < d->count; i++) {
		free(d->entries[i].key);
		free(d->entries[i].bytes);
	}
	free(d->entries);
	*d = (struct dict){ 0 };
}

void
dict_remove(struct dict *d, const char *key)
{
	struct dict_entry *e = dict_lookup(d, key, strlen(key));

	if (e == NULL)
		return;
	free(e->key);
	free(e->bytes);
	d->count--;
	memmove(e, e + 1, (d->entries + d->count - e) * sizeof *e);
}

int
dict_set(struct dict *d, const char *key, const void *item, size_t n)
{
	return dict_put(d, key, strlen(key), item, n);
}

int
dict_set_uint(struct dict *d, const char *key, uint64_t v)
{
	unsigned char buf[9];
	struct encoder e = encoder_on(buf, sizeof buf);

	encode_uint(&e, v);
	return dict_set(d, key, buf, encode_size(&e));
}

static int
set_string(struct dict *d, const char *key, const void *s, size_t n,
    void (*encode)(struct encoder *, const void *, size_t))
{
	unsigned char *buf = malloc(n + 9);
	struct encoder e;
	int rc = -1;

	if (buf == NULL)
		return -1;
	e = encoder_on(buf, n + 9);
	encode(&e, s, n);
	if (encode_size(&e) != 0)
		rc = dict_set(d, key, buf, encode_size(&e));
	free(buf);
	return rc;
}

static void
as_text(struct encoder *e, const void *s, size_t n)
{
	encode_textn(e, s, n);
}

int
dict_set_text(struct dict *d, const char *key, const char *s)
{
	return set_string(d, key, s, strlen(s), as_text);
}

int
dict_set_bytes(struct dict *d, const char *key, const void *p, size_t n)
{
	return set_string(d, key, p, n, encode_bytes);
}

const struct dict_entry *
dict_get(const struct dict *d, const char *key)
{
	return dict_lookup(d, key, strlen(key));
}

static int
get(const struct dict *d, const char *key, enum token_kind kind,
    struct token *t)
{
	const struct dict_entry *e = dict_get(d, key);

	if (e == NULL || token_next(e->bytes, e->size, t) <= 0 ||
	    t->kind != kind)
		return -1;
	return 0;
}

int
dict_uint(const struct dict *d, const char *key, uint64_t *v)
{
	struct token t;

	if (get(d, key, TOKEN_UINT, &t) == -1)
		return -1;
	*v = t.number;
	return 0;
}

int
dict_bytes(const struct dict *d, const char *key, const unsigned char **p,
    size_t *n)
{
	struct token t;

	if (get(d, key, TOKEN_BYTES, &t) == -1)
		return -1;
	*p = t.bytes;
	*n = t.number;
	return 0;
}

int
dict_text(const struct dict *d, const char *key, char *buf, size_t size)
{
	struct token t;
	size_t n;

	if (get(d, key, TOKEN_TEXT, &t) == -1)
		return -1;
	n = t.number < size ? t.number : size - 1;
	memcpy(buf, t.bytes, n);
	buf[n] = '\0';
	return n == t.number ? 0 : -1;
}

void
dict_encode(struct encoder *e, const struct dict *d)
{
	size_t i;

	encode_map(e, d->count);
	for (i = 0; i < d->count; i++) {
		encode_text(e, d->entries[i].key);
		encode_raw(e, d->entries[i].bytes, d->entries[i].size);
	}
}
