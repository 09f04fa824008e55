/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sorting of more than memory holds: entries of a key and data go in as they
 * come, and come out in the order of their keys.
 *
 *	sorter_add(s, key, nkey, data, ndata);
 *	...
 *	sorter_finish(s);
 *	while (sorter_next(s, &item))
 *		... item.key, item.data
 *
 * Keys are in the order of memcmp(3), a shorter one before those that it
 * begins; entries with the same key come out as they went in.  What memory does
 * not hold is written as sorted runs into a file, which is then mapped and
 * merged.
 */
#ifndef SORTER_H
#define SORTER_H
#include <stddef.h>
#include <stdint.h>

struct sorter;

struct sorter_item {
	const unsigned char *key, *data;
	uint32_t nkey, ndata;
};

/*
 * memory: bytes to hold entries in.  file: empty, open for reading and writing,
 * stays the caller's; -1: there is none.  NULL for lack of memory.
 */
struct sorter *sorter_new(size_t memory, int file);
void sorter_free(struct sorter *);

/*
 * Copies the entry.  -1 with errno: ENOBUFS if memory is full and there is no
 * file, or the entry alone is larger; else of writing the file.
 */
int sorter_add(struct sorter *, const void *key, uint32_t nkey,
    const void *data, uint32_t ndata);

/* After the last entry, before the first is read.  -1 with errno. */
int sorter_finish(struct sorter *);

/* The next entry: 1, or 0 behind the last.  It stays until sorter_free. */
int sorter_next(struct sorter *, struct sorter_item *);

#endif
