/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR heads, turned into a value; see token.h. */
#include "stream/token.h"

#include <cbor.h>
#include <string.h>

static void
token_set(void *ctx, enum token_kind kind, uint64_t number)
{
	struct token *t = ctx;

	t->kind = kind;
	t->indefinite = false;
	t->number = number;
}

/* A string in chunks: kept apart so that token_next can refuse it. */
static void
on_chunks(void *ctx)
{
	struct token *t = ctx;

	token_set(t, TOKEN_BYTES, 0);
	t->indefinite = true;
}

static void
on_indefinite_array(void *ctx)
{
	struct token *t = ctx;

	token_set(t, TOKEN_ARRAY, 0);
	t->indefinite = true;
}

static void
on_indefinite_map(void *ctx)
{
	struct token *t = ctx;

	token_set(t, TOKEN_MAP, 0);
	t->indefinite = true;
}

static void
on_float(void *ctx, float v)
{
	struct token *t = ctx;

	token_set(t, TOKEN_FLOAT, 0);
	t->real = v;
}

static void
on_double(void *ctx, double v)
{
	struct token *t = ctx;

	token_set(t, TOKEN_FLOAT, 0);
	t->real = v;
}

static void
on_undefined(void *ctx)
{
	token_set(ctx, TOKEN_UNDEFINED, 0);
}

static void
on_break(void *ctx)
{
	token_set(ctx, TOKEN_BREAK, 0);
}

static const struct cbor_callbacks callbacks = {
	.byte_string_start = on_chunks,
	.string_start = on_chunks,
	.indef_array_start = on_indefinite_array,
	.indef_map_start = on_indefinite_map,
	.float2 = on_float,
	.float4 = on_float,
	.float8 = on_double,
	.undefined = on_undefined,
	.indef_break = on_break,
};

/* A head that token_number() reads; *t gets all of it but the kind. */
static ssize_t
numbered(const unsigned char *p, size_t n, struct token *t)
{
	size_t used;

	t->indefinite = false;
	used = token_number(p, n, &t->number);
	if (used == 0)
		return 0;
	if (t->kind != TOKEN_BYTES && t->kind != TOKEN_TEXT)
		return used;
	t->bytes = p + used;
	return t->number <= n - used ? used + t->number : 0;
}

/* All other heads. */
static ssize_t
token_other(const unsigned char *p, size_t n, struct token *t)
{
	struct cbor_decoder_result r = cbor_stream_decode(p, n, &callbacks, t);

	switch (r.status) {
	case CBOR_DECODER_FINISHED:
		if (t->kind == TOKEN_BYTES && t->indefinite)
			return -1;
		return r.read;
	case CBOR_DECODER_NEDATA:
		return 0;
	default:
		return -1;
	}
}

ssize_t
token_next(const unsigned char *p, size_t n, struct token *t)
{
	static const enum token_kind kinds[] = {
		[TOKEN_MAJOR_UINT] = TOKEN_UINT,
		[TOKEN_MAJOR_NEGINT] = TOKEN_NEGINT,
		[TOKEN_MAJOR_BYTES] = TOKEN_BYTES,
		[TOKEN_MAJOR_TEXT] = TOKEN_TEXT,
		[TOKEN_MAJOR_ARRAY] = TOKEN_ARRAY,
		[TOKEN_MAJOR_MAP] = TOKEN_MAP,
		[TOKEN_MAJOR_TAG] = TOKEN_TAG,
	};

	if (n == 0)
		return 0;
	if (*p < TOKEN_MAJOR_OTHER << 5 && (*p & 31) <= TOKEN_8_BYTES) {
		t->kind = kinds[*p >> 5];
		return numbered(p, n, t);
	}
	switch (*p) {
	case TOKEN_FALSE:
	case TOKEN_TRUE:
		token_set(t, TOKEN_BOOL, *p & 1);
		return 1;
	case TOKEN_NO_VALUE:
		token_set(t, TOKEN_NULL, 0);
		return 1;
	default:
		return token_other(p, n, t);
	}
}

ssize_t
token_skip(const unsigned char *p, size_t n)
{
	/* what is still to come at each level; for an indefinite level, -1 */
	uint64_t left[TOKEN_DEPTH_MAX + 1];
	bool pairs[TOKEN_DEPTH_MAX + 1]; /* indefinite map, mid pair */
	bool map[TOKEN_DEPTH_MAX + 1];
	struct token t;
	size_t at = 0, depth = 0;
	ssize_t used;
	bool key, opens;

	left[0] = 1;
	map[0] = pairs[0] = false;
	for (;;) {
		while (left[depth] == 0) {
			if (depth == 0)
				return at;
			depth--;
		}
		used = token_next(p + at, n - at, &t);
		if (used <= 0)
			return used;
		at += used;
		if (t.kind == TOKEN_BREAK) {
			/* only ends an indefinite level, and no half pair */
			if (left[depth] != UINT64_MAX || pairs[depth])
				return -1;
			left[depth] = 0;
			continue;
		}
		key = map[depth] &&
		    (left[depth] == UINT64_MAX ? !pairs[depth] :
						 left[depth] % 2 == 0);
		if (left[depth] != UINT64_MAX)
			left[depth]--;
		else if (map[depth])
			pairs[depth] = !pairs[depth];
		opens = t.kind == TOKEN_ARRAY || t.kind == TOKEN_MAP ||
		    t.kind == TOKEN_TAG;
		if (!opens)
			continue;
		/* the text of a key of keys would double with each level */
		if (key || ++depth > TOKEN_DEPTH_MAX)
			return -1;
		map[depth] = t.kind == TOKEN_MAP;
		pairs[depth] = false;
		if (t.kind == TOKEN_TAG)
			left[depth] = 1;
		else if (t.indefinite)
			left[depth] = UINT64_MAX;
		else if (t.number > UINT64_MAX / 4)
			return -1;
		else
			left[depth] = t.number * (map[depth] ? 2 : 1);
	}
}

size_t
token_map_find(const unsigned char *p, size_t n, const char *key, size_t *len)
{
	size_t keylen = strlen(key), at, i;
	struct token map, t;
	ssize_t used;
	bool found;

	used = token_next(p, n, &map);
	if (used <= 0 || map.kind != TOKEN_MAP)
		return 0;
	at = used;
	for (i = 0; map.indefinite || i < map.number; i++) {
		used = token_next(p + at, n - at, &t);
		if (used <= 0 || t.kind == TOKEN_BREAK)
			return 0;
		found = t.kind == TOKEN_TEXT && t.number == keylen &&
		    memcmp(t.bytes, key, keylen) == 0;
		used = token_skip(p + at, n - at);
		if (used <= 0)
			return 0;
		at += used;
		used = token_skip(p + at, n - at);
		if (used <= 0)
			return 0;
		if (found) {
			*len = used;
			return at;
		}
		at += used;
	}
	return 0;
}
