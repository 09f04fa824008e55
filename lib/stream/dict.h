/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CBOR map with text keys, kept in order, its values still encoded.  Stream
 * headers are made of these: a stage changes the keys it knows and hands on
 * the others as they came.
 */
#ifndef DICT_H
#define DICT_H
#include <stddef.h>
#include <stdint.h>

struct dict_entry {
	char *key;
	unsigned char *bytes; /* one encoded item */
	size_t size;
};

struct dict {
	struct dict_entry *entries;
	size_t count;
};

struct encoder;

/* Each key is looked up among all of its map: more would take too long. */
#define DICT_KEYS_MAX 1024

/*
 * All functions that allocate return -1 for lack of memory, and for a key over
 * DICT_KEYS_MAX (errno E2BIG); dict_parse also for bytes that are not a map
 * with text keys (EINVAL).  dict_parse takes an uninitialised or empty dict.
 */
int dict_parse(struct dict *, const unsigned char *, size_t);
int dict_copy(struct dict *to, const struct dict *from);
void dict_free(struct dict *);
void dict_remove(struct dict *, const char *key);
int dict_set(struct dict *, const char *key, const void *item, size_t);
int dict_set_uint(struct dict *, const char *key, uint64_t);
int dict_set_text(struct dict *, const char *key, const char *);
int dict_set_bytes(struct dict *, const char *key, const void *, size_t);

/* NULL if there is no such key. */
const struct dict_entry *dict_get(const struct dict *, const char *key);

/* 0 if the key is there and of that type, else -1 with *v as it was. */
int dict_uint(const struct dict *, const char *key, uint64_t *v);
int dict_bytes(const struct dict *, const char *key, const unsigned char **,
    size_t *);

/* Copies the text, cut to fit; -1 if it is not there or would be cut. */
int dict_text(const struct dict *, const char *key, char *buf, size_t);

void dict_encode(struct encoder *, const struct dict *);

#endif
