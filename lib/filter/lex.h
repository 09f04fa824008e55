/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a filter expression, or of a file that it names, lexeme by
 * lexeme: lex_next moves on, and the struct says what is there.
 */
#ifndef LEX_H
#define LEX_H
#include "filter/expr.h"

enum lexeme {
	LEX_END,
	LEX_OPEN,      /* ( */
	LEX_CLOSE,     /* ) */
	LEX_OPEN_SET,  /* { */
	LEX_CLOSE_SET, /* } */
	LEX_COMMA,
	LEX_DASH,
	LEX_AND,
	LEX_OR,
	LEX_NOT,
	LEX_OP,	      /* op */
	LEX_WORD,     /* text, size */
	LEX_STRING,   /* text, size */
	LEX_NUMBER,   /* lo */
	LEX_ADDRESS,  /* lo, hi */
	LEX_ADDRESS6, /* lo6, hi6 */
	LEX_FILE,     /* text, zero-terminated */
	LEX_BAD,      /* the error is set */
};

/* Where a lexer is, and what it has read. */
struct lexer {
	struct expr *e;
	struct expr_error *error;
	const char *text;
	size_t at;	  /* after the current lexeme */
	const char *file; /* NULL: the expression */
	unsigned line;
	/* of the parser */
	unsigned depth; /* of parentheses */
	bool unread;	/* files that are named stay so */
	/* the current lexeme */
	enum lexeme lex;
	enum expr_op op;
	const char *word;
	size_t size;
	uint64_t lo, hi;
	struct ip6 lo6, hi6;
	bool prefix; /* an address with a length */
	struct expr_span span;
};

/* Moves to the next lexeme; -1 if there is none that makes sense. */
int lex_next(struct lexer *);

/* Grows an array by one, zeroed; -1 for lack of memory. */
int lex_grow(void **array, size_t *n, size_t size);

/* Keeps a copy of n bytes for as long as the expression; NULL: no memory. */
char *lex_keep(struct lexer *, const char *s, size_t n);

/* Sets the error; returns -1. */
int lex_no_memory(struct lexer *);

#endif
