/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a filter expression, taken apart into a tree.  Nothing here
 * knows which fields there are: filter.h compiles the tree for a stream.
 *
 *	expr    = and *("||" and)
 *	and     = unary *("&&" unary)
 *	unary   = "!" unary / "(" expr ")" / test
 *	test    = field [ op value / ["not"] "in" set / "is" ["not"] "null" ]
 *	op      = "=" / "!=" / "<" / ">" / "<=" / ">=" / "~" / "!~"
 *	set     = element / "{" element *("," element) "}"
 *	element = value / value "-" value / address "/" length / "@" file
 *	value   = number / address / word / quoted string
 */
#ifndef EXPR_H
#define EXPR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "addr/ip6.h"

#define EXPR_DEPTH_MAX 100 /* of parentheses and of "!" */

enum expr_kind {
	EXPR_AND, /* left, right */
	EXPR_OR,  /* left, right */
	EXPR_NOT, /* left */
	EXPR_TEST,
};

enum expr_op {
	EXPR_TRUE, /* the field alone */
	EXPR_EQ,
	EXPR_NE,
	EXPR_LT,
	EXPR_GT,
	EXPR_LE,
	EXPR_GE,
	EXPR_IN,
	EXPR_NOT_IN,
	EXPR_MATCH,
	EXPR_NOT_MATCH,
	EXPR_NULL,
	EXPR_NOT_NULL,
};

enum expr_literal_kind {
	LITERAL_NUMBER,
	LITERAL_ADDRESS,  /* IPv4, host order, in lo and hi */
	LITERAL_ADDRESS6, /* IPv6, as expr_ip6 has it */
	LITERAL_WORD,	  /* not quoted: may be true or false */
	LITERAL_STRING,
};

/* An IPv6 address as a signed number, in the same order. */
static inline __int128
expr_ip6(struct ip6 a)
{
	return (__int128)(ip6_number(a) ^ (unsigned __int128)1 << 127);
}

/* Part of the expression, or of a file that it names. */
struct expr_span {
	size_t at, len;	  /* in the expression */
	const char *file; /* or in line `line` of this */
	unsigned line;
};

struct expr_literal {
	enum expr_literal_kind kind;
	bool range;	  /* written as one */
	__int128 lo, hi;  /* both included */
	const char *text; /* of word and string */
	size_t size;
	struct expr_span span;
};

struct expr_node {
	enum expr_kind kind;
	size_t left, right; /* indices of nodes */
	/* of a test */
	enum expr_op op;
	char *field;
	struct expr_span span; /* of the field */
	struct expr_span op_span;
	size_t first, count; /* indices of literals */
};

struct expr {
	struct expr_node *nodes;
	size_t nnodes;
	size_t root; /* none if nnodes is 0 */
	struct expr_literal *literals;
	size_t nliterals;
	char **strings; /* what all texts lie in */
	size_t nstrings;
};

struct expr_error {
	char why[256];
	struct expr_span span; /* file is NULL */
	bool in_file;	       /* not in the expression: why says it */
};

/*
 * Parses text, reading the files that it names.  An expression of blanks is
 * valid and has no nodes.  Returns 0, or -1 with the error filled in.
 */
int expr_parse(struct expr *, const char *text, struct expr_error *);

/*
 * Writes the fields that text tests, each behind a comma and as often as it
 * does.  Reads no file.  False: it does not parse, or memory is short.
 */
bool expr_fields(const char *text, FILE *);

void expr_free(struct expr *);

/* Sets the error; returns -1. */
int expr_fail(struct expr_error *, const struct expr_span *, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

#endif
