/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of two streams, brought together by sorting; see compare.h.
 *
 * What is sorted has as key the key fields, the side, and whether it is no
 * success: so the records of a target follow each other, the old one's first,
 * and of each side the one that counts comes before the others.  The data is
 * the record as it will be written, its values encoded one after the other.
 */
#include "filter/compare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "stream/encode.h"

#define FIRST	2 /* change, changed */
#define TAIL	2 /* bytes of a key behind its fields */
#define MISSING SIZE_MAX
/* Values may need some bytes more than in the record that they came in. */
#define ROOM ((size_t)STREAM_ITEM_MAX + 16 * FIELD_MAX)

struct piece {
	const unsigned char *at;
	size_t size;
};

struct compare {
	struct field *fields; /* written: FIRST, n, then old ones of what is */
	char (*names)[FIELD_NAME_MAX]; /* old_X */
	size_t n;		       /* fields of the new stream */
	size_t keys[FIELD_MAX], nkeys; /* among these */
	size_t compared[FIELD_MAX], ncompared;
	size_t index[COMPARE_SIDES][FIELD_MAX]; /* in its records */
	size_t success[COMPARE_SIDES];
	unsigned char *key, *data; /* of ROOM */
	struct compare_counts counts;

	/* of compare_next */
	bool ahead; /* item has been read, but not looked at */
	struct sorter_item item, side[COMPARE_SIDES];
	bool has[COMPARE_SIDES];
	enum compare_change change;
	struct piece pieces[COMPARE_SIDES][FIELD_MAX];
	char changed[FIELD_MAX * (FIELD_NAME_MAX + 1)];
};

static const char *const words[COMPARE_CHANGES] = {
	[COMPARE_SAME] = "same",
	[COMPARE_APPEARED] = "appeared",
	[COMPARE_WENT] = "went",
	[COMPARE_CHANGED] = "changed",
};

/* --- which fields --- */

static size_t
compare_find(const struct header *h, const char *name)
{
	struct field_ref ref;

	if (field_find(h->fields, h->nfields, name, &ref) == -1 ||
	    ref.view != VIEW_SELF)
		return MISSING;
	return ref.index;
}

static bool
is_view(const struct header *h, const char *name)
{
	struct field_ref ref;

	return field_find(h->fields, h->nfields, name, &ref) == 0;
}

/* One name of a list; it is in both, and of the same type. */
static int
take_name(const struct header *const h[], const char *name, size_t *at,
    struct compare_error *error)
{
	size_t old = compare_find(h[COMPARE_OLD], name);
	size_t fresh = compare_find(h[COMPARE_NEW], name);

	if (old == MISSING || fresh == MISSING) {
		error->lacks = old == MISSING ? COMPARE_OLD : COMPARE_NEW;
		snprintf(error->why, sizeof error->why,
		    is_view(h[error->lacks], name) ?
			"'%.64s' is computed from a field: name that" :
			"no field '%.64s'",
		    name);
		return -1;
	}
	if (h[COMPARE_OLD]->fields[old].type !=
	    h[COMPARE_NEW]->fields[fresh].type) {
		snprintf(error->why, sizeof error->why,
		    "field '%.64s' is not of the same type in both", name);
		return -1;
	}
	*at = fresh;
	return 0;
}

/* The default: those of these that both have. */
static size_t
usual(const struct header *const h[], const char *const *names, size_t *at)
{
	struct compare_error error;
	size_t n = 0;

	for (; *names != NULL; names++)
		n += take_name(h, *names, &at[n], &error) == 0;
	return n;
}

static int
take_list(const struct header *const h[], const char *list, size_t *at,
    size_t *n, struct compare_error *error)
{
	char name[FIELD_NAME_MAX];
	size_t len, i;

	for (*n = 0; *list != '\0'; list += len + (list[len] == ',')) {
		len = strcspn(list, ",");
		snprintf(name, sizeof name, "%.*s", (int)len, list);
		if (*n == FIELD_MAX || len >= sizeof name) {
			snprintf(error->why, sizeof error->why, "'%.64s': %s",
			    list,
			    *n == FIELD_MAX ? "too many fields" :
					      "no field has such a long name");
			return -1;
		}
		if (take_name(h, name, &at[*n], error) == -1)
			return -1;
		for (i = 0; i < *n && at[i] != at[*n]; i++)
			;
		*n += i == *n;
	}
	return 0;
}

/* The table of fields that are written. */
static int
compare_describe(struct compare *c, const struct header *h,
    struct compare_error *error)
{
	struct field *f;
	size_t i;

	c->n = h->nfields;
	if (FIRST + c->n + c->ncompared > FIELD_MAX) {
		snprintf(error->why, sizeof error->why,
		    "%zu fields are more than %d", FIRST + c->n + c->ncompared,
		    FIELD_MAX);
		return -1;
	}
	f = c->fields = calloc(FIELD_MAX + 1, sizeof *f);
	c->names = calloc(c->ncompared + 1, sizeof *c->names);
	if (f == NULL || c->names == NULL) {
		snprintf(error->why, sizeof error->why, "%s", strerror(ENOMEM));
		return -1;
	}
	*f++ = (struct field){ "change", FIELD_TEXT,
		"appeared, went or changed" };
	*f++ = (struct field){ "changed", FIELD_TEXT,
		"the fields that changed, separated by commas" };
	for (i = 0; i < c->n; i++)
		*f++ = h->fields[i];
	for (i = 0; i < c->ncompared; i++, f++) {
		*f = h->fields[c->compared[i]];
		if ((size_t)snprintf(c->names[i], FIELD_NAME_MAX, "old_%s",
			f->name) >= FIELD_NAME_MAX) {
			snprintf(error->why, sizeof error->why,
			    "old_%s is too long for the name of a field",
			    f->name);
			return -1;
		}
		f->name = c->names[i];
	}
	return 0;
}

static int
compare_choose(struct compare *c, const struct header *const h[],
    const char *keys, const char *fields, struct compare_error *error)
{
	static const char *const usual_keys[] = { "saddr", "sport", NULL };
	static const char *const usual_fields[] = { "classification", "success",
		NULL };
	int rc = 0;

	if (keys == NULL)
		c->nkeys = usual(h, usual_keys, c->keys);
	else
		rc = take_list(h, keys, c->keys, &c->nkeys, error);
	if (rc == -1)
		return -1;
	if (fields == NULL)
		c->ncompared = usual(h, usual_fields, c->compared);
	else
		rc = take_list(h, fields, c->compared, &c->ncompared, error);
	if (rc == -1)
		return -1;
	if (c->nkeys == 0) {
		snprintf(error->why, sizeof error->why,
		    "no fields tell targets apart: name some by --keys");
		return -1;
	}
	return compare_describe(c, h[COMPARE_NEW], error);
}

struct compare *
compare_new(const struct header *old, const struct header *fresh,
    const char *keys, const char *fields, struct compare_error *error)
{
	const struct header *const h[] = { old, fresh };
	struct compare *c = calloc(1, sizeof *c);

	error->lacks = COMPARE_SIDES;
	if (c == NULL || (c->key = malloc(ROOM)) == NULL ||
	    (c->data = malloc(ROOM)) == NULL) {
		snprintf(error->why, sizeof error->why, "%s", strerror(ENOMEM));
		compare_free(c);
		return NULL;
	}
	if (compare_choose(c, h, keys, fields, error) == -1) {
		compare_free(c);
		return NULL;
	}
	return c;
}

void
compare_free(struct compare *c)
{
	if (c == NULL)
		return;
	free(c->fields);
	free(c->names);
	free(c->key);
	free(c->data);
	free(c);
}

const struct field *
compare_fields(const struct compare *c)
{
	return c->fields;
}

const struct compare_counts *
compare_count(const struct compare *c)
{
	return &c->counts;
}

/* --- records, in --- */

static bool
is_needed(const struct compare *c, size_t i)
{
	size_t k;

	for (k = 0; k < c->nkeys; k++)
		if (c->keys[k] == i)
			return true;
	for (k = 0; k < c->ncompared; k++)
		if (c->compared[k] == i)
			return true;
	return false;
}

int
compare_bind(struct compare *c, enum compare_side side, const struct header *h,
    char *why, size_t size)
{
	const struct field *f = c->fields + FIRST;
	size_t i, at;

	for (i = 0; i < c->n; i++) {
		at = c->index[side][i] = compare_find(h, f[i].name);
		if (at == MISSING && is_needed(c, i)) {
			snprintf(why, size, "a part of it has no field '%s'",
			    f[i].name);
			return -1;
		}
		if (at != MISSING && h->fields[at].type != f[i].type) {
			if (is_needed(c, i)) {
				snprintf(why, size,
				    "field '%s' is not of the same type in all of it",
				    f[i].name);
				return -1;
			}
			c->index[side][i] = MISSING;
		}
	}
	c->success[side] = compare_find(h, "success");
	return 0;
}

static struct value
compare_value_of(size_t at, const struct value *values, size_t n)
{
	return at < n ? values[at] : (struct value){ .type = VALUE_NULL };
}

/* So that memcmp(3) finds order, and no value begins another. */
static void
put_key(struct encoder *e, const struct value *v)
{
	unsigned char number[9] = { v->type };

	switch (v->type) {
	case VALUE_NULL:
		encode_raw(e, number, 1);
		break;
	case VALUE_UINT:
	case VALUE_INT:
	case VALUE_BOOL:
		number[0] = VALUE_UINT;
		put64(number + 1, v->number);
		/* of signed ones, those below zero come first */
		if (v->type == VALUE_INT && (v->number >> 63) != 0)
			number[0] = 0;
		encode_raw(e, number, 9);
		break;
	case VALUE_TEXT:
	case VALUE_BYTES:
		put32(number + 1, v->size);
		encode_raw(e, number, 5);
		encode_raw(e, v->bytes, v->size);
		break;
	default:
		encode_raw(e, number, 1);
		value_encode(e, v);
	}
}

int
compare_put(struct compare *c, enum compare_side side, struct sorter *s,
    const struct value *values, size_t n)
{
	struct encoder key = encoder_on(c->key, ROOM);
	struct encoder data = encoder_on(c->data, ROOM);
	struct value v = compare_value_of(c->success[side], values, n);
	const unsigned char tail[TAIL] = { side, v.number == 0 };
	size_t i;

	c->counts.records[side]++;
	for (i = 0; i < c->nkeys; i++) {
		v = compare_value_of(c->index[side][c->keys[i]], values, n);
		put_key(&key, &v);
	}
	encode_raw(&key, tail, sizeof tail);
	for (i = 0; i < c->n; i++) {
		v = compare_value_of(c->index[side][i], values, n);
		value_encode(&data, &v);
	}
	if (key.full || data.full) {
		errno = EMSGSIZE;
		return -1;
	}
	return sorter_add(s, c->key, encode_size(&key), c->data,
	    encode_size(&data));
}

/* --- changes, out --- */

static bool
same_target(const struct sorter_item *a, const struct sorter_item *b)
{
	return a->nkey == b->nkey &&
	    memcmp(a->key, b->key, a->nkey - TAIL) == 0;
}

/* The values of a record that was sorted, apart. */
static void
take_apart(const struct compare *c, const struct sorter_item *item,
    struct piece *pieces)
{
	const unsigned char *at = item->data;
	size_t left = item->ndata, i;
	struct value v;
	long used;

	for (i = 0; i < c->n; i++) {
		used = value_decode(at, left, &v);
		if (used <= 0) /* cannot be: we have encoded it */
			used = 0;
		pieces[i] = (struct piece){ at, (size_t)used };
		at += used;
		left -= (size_t)used;
	}
}

static bool
differs(const struct piece *a, const struct piece *b)
{
	return a->size != b->size || memcmp(a->at, b->at, a->size) != 0;
}

/* The names of what is not the same. */
static void
find_changed(struct compare *c)
{
	const struct field *f = c->fields + FIRST;
	size_t i, k, used = 0;

	c->changed[0] = '\0';
	for (i = 0; i < c->ncompared; i++) {
		k = c->compared[i];
		if (differs(&c->pieces[COMPARE_OLD][k],
			&c->pieces[COMPARE_NEW][k]))
			used += snprintf(c->changed + used,
			    sizeof c->changed - used, "%s%s",
			    used > 0 ? "," : "", f[k].name);
	}
}

/* What is there of the next target, on each side; false: there is none. */
static bool
compare_gather(struct compare *c, struct sorter *s)
{
	struct sorter_item first;
	enum compare_side side;

	if (!c->ahead && sorter_next(s, &c->item) == 0)
		return false;
	c->ahead = false;
	c->has[COMPARE_OLD] = c->has[COMPARE_NEW] = false;
	first = c->item;
	do {
		if (!same_target(&first, &c->item)) {
			c->ahead = true;
			break;
		}
		side = c->item.key[c->item.nkey - TAIL];
		if (!c->has[side])
			c->side[side] = c->item;
		c->has[side] = true;
	} while (sorter_next(s, &c->item) == 1);
	return true;
}

static enum compare_change
compare_judge(struct compare *c)
{
	enum compare_side side;

	c->changed[0] = '\0';
	for (side = 0; side < COMPARE_SIDES; side++)
		if (c->has[side])
			take_apart(c, &c->side[side], c->pieces[side]);
	if (!c->has[COMPARE_OLD])
		return COMPARE_APPEARED;
	if (!c->has[COMPARE_NEW])
		return COMPARE_WENT;
	find_changed(c);
	return c->changed[0] != '\0' ? COMPARE_CHANGED : COMPARE_SAME;
}

int
compare_next(struct compare *c, struct sorter *s)
{
	while (compare_gather(c, s)) {
		c->change = compare_judge(c);
		c->counts.changes[c->change]++;
		if (c->change != COMPARE_SAME)
			return 1;
	}
	return 0;
}

static void
put_pieces(struct compare *c, struct encoder *e)
{
	const struct piece *p =
	    c->pieces[c->change == COMPARE_WENT ? COMPARE_OLD : COMPARE_NEW];
	size_t i;

	for (i = 0; i < c->n; i++)
		encode_raw(e, p[i].at, p[i].size);
	p = c->pieces[COMPARE_OLD];
	for (i = 0; i < c->ncompared; i++) {
		if (c->has[COMPARE_OLD])
			encode_raw(e, p[c->compared[i]].at,
			    p[c->compared[i]].size);
		else
			encode_null(e);
	}
}

int
compare_write(struct compare *c, struct stream_out *out)
{
	struct encoder e;
	size_t room = sizeof c->changed + 64;
	enum compare_side side;

	for (side = 0; side < COMPARE_SIDES; side++)
		if (c->has[side])
			room += c->side[side].ndata;
	if (room > STREAM_ITEM_MAX)
		room = STREAM_ITEM_MAX;
	e = stream_begin(out, room);
	encode_array(&e, FIRST + c->n + c->ncompared);
	encode_text(&e, words[c->change]);
	if (c->changed[0] != '\0')
		encode_text(&e, c->changed);
	else
		encode_null(&e);
	put_pieces(c, &e);
	return stream_commit(out, &e, STREAM_RECORD);
}
