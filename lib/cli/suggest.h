/* SPDX-License-Identifier: Apache-2.0 */
/*
 * suggest: what a person may have meant by an option that does not exist.
 */
#ifndef SUGGEST_H
#define SUGGEST_H
#include <stdbool.h>
#include <stddef.h>

struct option_def;
struct program;

/*
 * The option of a program for what a person types: a letter, a name or alias,
 * or a prefix of one option's names.  NULL if there is none, or several.
 */
const struct option_def *suggest_prefix(const struct program *,
    const char *name);

/* Is this a prefix of several options?  Then "--shard, --shards". */
bool suggest_candidates(const struct program *, const char *name, char *,
    size_t);

/*
 * Something to put behind "no option NAME", or "": "; did you mean --rate?",
 * or which program has this option.  dashes stands before suggested names.
 */
void suggest(const struct program *, const char *name, const char *dashes,
    char *, size_t);
void suggest_letter(const struct program *, int letter, char *, size_t);

/*
 * The word of a list, by blanks, that is most like this one, or NULL.  It
 * begins there and *len is its length.
 */
const char *suggest_word(const char *words, const char *typed, size_t *len);

#endif
