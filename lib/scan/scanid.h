/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The identity of a scan: a digest of everything that fixes which targets
 * are scanned and in which order, so that shards of different scans are not
 * merged and a checkpoint is not resumed with other lists.
 *
 * SipHash with a key of zeros, over 64-bit words; an identity, not a secret.
 * Feed it in an order that can't be ambiguous:
 * the length of a list before its items.
 */
#ifndef SCANID_H
#define SCANID_H
#include <stddef.h>
#include <stdint.h>

#include "base/siphash.h"

#define SCANID_SIZE 16
#define SCANID_TEXT (2 * SCANID_SIZE + 1)

struct scanid {
	struct siphash hash;
};

void scanid_start(struct scanid *s);
void scanid_add(struct scanid *s, uint64_t word);
/* The number of words, then the words. */
void scanid_add_all(struct scanid *s, const uint64_t *word, size_t n);
void scanid_end(struct scanid *s, uint8_t id[SCANID_SIZE]);

/* Lower-case hexadecimal, and back; -1 if the text is not an id. */
void scanid_print(const uint8_t id[SCANID_SIZE], char text[SCANID_TEXT]);
int scanid_scan(const char *text, uint8_t id[SCANID_SIZE]);

#endif
