/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What --check asks about successes: is the host open on every port
 * (wildcard.h), is its prefix one that answers for all addresses (alias.h), had
 * its probe other answers (rivals.h)?  Any of them, or several.
 *
 *	check_port, check_is_sibling	for answer_read: what answers a check
 *	check_answer	such an answer
 *	check_take	a success of the scan: it waits until all is known
 *	check_turn	asks again what is to be asked again
 *	check_release	writes those that need not wait any more, in their order
 *
 * The record that waits ends with what was found, the tail: field `wildcard`,
 * true, false, or null where nothing came; `alias`, the prefix or null;
 * `answers`, how many different ones there were, and `injected`, whether that
 * is more than one.  Nothing waits longer than `wait`, and memory is bounded:
 * where it is full, a record goes with what is known by then.
 */
#ifndef CHECK_H
#define CHECK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/probe.h"
#include "recv/alias.h"
#include "recv/rivals.h"
#include "recv/wildcard.h"
#include "scan/back.h"
#include "scan/scan.h"
#include "stream/stream.h"

/* The words of --check, in the order of its row in option-table.c. */
enum {
	CHECK_WILDCARD = 1 << 0,
	CHECK_ALIAS = 1 << 1,
	CHECK_INJECTED = 1 << 2,
};
/* Those that ask by the way back. */
#define CHECK_ASKS (CHECK_WILDCARD | CHECK_ALIAS)

#define CHECK_TAIL (ALIAS_TEXT + 8) /* bytes of a tail, at most */

/* What an answer is to. */
enum check_kind {
	CHECK_NOT,
	CHECK_PORT,
	CHECK_SIBLING,
	CHECK_AGAIN, /* to no check, but to a probe of control.h */
};

struct check;

/* 0, or -1 and why this scan cannot be checked for that. */
int check_possible(unsigned what, const struct scan *, const struct probe *,
    const char **why);

/*
 * wait: nanoseconds.  The scan must stay.  NULL for lack of memory.
 */
struct check *check_new(unsigned what, const struct scan *,
    const struct probe *, uint64_t wait);
void check_free(struct check *);

/* Where the port of the address is that is checked; 0: nowhere. */
uint16_t check_port(const struct check *, const struct reply *);
/* May a sibling be there?  Is it one, though no port says so? */
bool check_may_be_sibling(const struct check *, const struct reply *);
bool check_is_sibling(const struct check *, const struct reply *);

/* In what follows back is the way back; NULL if no more can be asked. */

void check_answer(struct check *, struct back_out *back, enum check_kind,
    const struct reply *, bool success);

/*
 * A success of the scan, as a record without its tail.  true: it waits; false:
 * for the caller to write, with the tail behind it.
 */
struct check_record {
	const unsigned char *bytes;
	size_t size;
	unsigned char tail[CHECK_TAIL];
	size_t tail_size;
};
bool check_take(struct check *, struct back_out *back, const struct reply *,
    struct check_record *);
/* The tail of what is no success. */
void check_nothing(const struct check *, struct check_record *);

void check_turn(struct check *, struct back_out *back, uint64_t now);
/* all: those that would wait, too. */
void check_release(struct check *, struct stream_out *, uint64_t now, bool all);
bool check_pending(const struct check *);
/* Something is to be asked again, if nothing comes. */
bool check_asks(const struct check *);

/* Each is NULL if it is not asked about. */
const struct wildcard *check_wildcard(const struct check *);
const struct alias *check_alias(const struct check *);
const struct rivals *check_rivals(const struct check *);
/* Records that did not wait, because memory was full; bytes allocated. */
uint64_t check_hurried(const struct check *);
size_t check_memory(const struct check *);

#endif
