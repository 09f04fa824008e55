/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes from strangers in the syntaxes that are printed: one function for
 * each.  All take any bytes, lose none of them but where said, and write
 * nothing that their syntax does not allow.
 */
#ifndef ESCAPE_H
#define ESCAPE_H
#include <stddef.h>

struct output;

/*
 * A cell of RFC 4180: in quotes if it holds a comma, quote, CR, LF or other
 * control byte, begins or ends with a blank, or is empty (nothing at all is
 * null).  The bytes themselves stay as they are.
 */
void escape_csv(struct output *, const void *, size_t);

/*
 * A string of RFC 8259 with its quotes.  What is not UTF-8 becomes U+FFFD,
 * one for each byte.  Controls and what else ends a line for some readers,
 * U+007F to U+009F, U+2028 and U+2029, are \uXXXX.
 */
void escape_json(struct output *, const void *, size_t);

/*
 * A line of text for people: controls, a backslash, and what is not UTF-8 as
 * \n, \r, \t, \\ and \xHH.
 */
void escape_text(struct output *, const void *, size_t);

/*
 * An attribute value of XML 1.0, without its quotes.  What is not UTF-8 and
 * characters that XML cannot hold become \xHH, other controls &#N;.
 */
void escape_xml(struct output *, const void *, size_t);

/* Lower-case hexadecimal. */
void escape_hex(struct output *, const void *, size_t);

#endif
