/* SPDX-License-Identifier: Apache-2.0 */
/*
 * argument: what options may be set to.  Numbers, seconds, rates and sizes are
 * read here for all programs, by the type and range of a row of the table.
 *
 * A number may have blanks before it, and may be written as 1000, 1e3 or
 * 0x3e8; where a fraction makes sense, also as 0.5.  0-9 are decimal, a
 * leading zero changes nothing.
 */
#ifndef ARGUMENT_H
#define ARGUMENT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/amount.h"
#include "base/mac.h"

enum argument_type {
	ARG_FLAG,      /* none */
	ARG_TEXT,      /* whatever; the program says if it is wrong */
	ARG_PATH,      /* of a file; ~ is expanded by zmap */
	ARG_WORD,      /* one of words: number is which */
	ARG_WORDS,     /* some of them, by commas: number has a bit for each */
	ARG_COUNT,     /* number */
	ARG_LIMIT,     /* number; -1, for none, is UINT64_MAX */
	ARG_SEED,      /* number, from -2^63 to 2^64-1; or a text, hashed */
	ARG_SHARD,     /* number, or ARGUMENT_WORD for one of words */
	ARG_FD,	       /* number, an open descriptor */
	ARG_SIZE,      /* number, of bytes: K, M and G are powers of 1024 */
	ARG_PORTS,     /* number to last */
	ARG_PORT_SET,  /* see addr/ports.h */
	ARG_AMOUNT,    /* see base/amount.h */
	ARG_MAC,       /* mac */
	ARG_INTERFACE, /* what may be the name of one */
	ARG_SOURCES,   /* see addr/sources.h */
	ARG_CORES,     /* see base/cores.h */
	ARG_SECONDS,   /* real; number is in nanoseconds */
	ARG_PERCENT,   /* real */
	ARG_RATE,      /* real: K, M, G and T are powers of 1000; where there is
			  a word, number is ARGUMENT_WORD for it, and real what
			  follows it and a colon, or 0 */
	ARG_BITS,      /* the same; bps may follow */
	ARG_SHARE,     /* a rate; "/n" may follow: number, 0 without */
};

/* Where a word is given in place of a number. */
#define ARGUMENT_WORD UINT64_MAX

struct argument {
	uint64_t number, last;
	double real;
	struct amount amount;
	uint8_t mac[MAC_SIZE];
};

struct option_def;
struct output;

/*
 * What has no place in struct argument is checked all the same: who parses it
 * once more need not look for errors.
 */
/* -1, and in why what it has to be, if text is no value of this option. */
int argument_parse(const struct option_def *, const char *text,
    struct argument *, char *why, size_t size);

/*
 * How a message shows a value in front of why: not at all if that begins with
 * the value in quotes, which two are put round nothing.
 */
const char *argument_shown(const char *text, const char *why);

/* Is this value of an ARG_SEED no number, but a text that makes one? */
bool argument_is_text(const char *text);

/* As JSON: numbers are numbers, a size is its bytes. */
void argument_json(struct output *, const struct option_def *,
    const char *text);

#endif
