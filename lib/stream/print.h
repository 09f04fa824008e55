/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of records as text: bare for CSV and lines of text, as JSON, and in
 * the diagnostic notation of CBOR (RFC 8949 8).
 */
#ifndef PRINT_H
#define PRINT_H
#include <stddef.h>

#include "stream/field.h"
#include "stream/value.h"

struct output;

/* How print_bare writes text and nested values. */
typedef void print_escape(struct output *, const void *, size_t);

/*
 * Numbers as they are, truth as 0 or 1, addresses with dots, bytes as
 * hexadecimal, text by the escape function.  Lists and maps are JSON in
 * `scratch`, an output without a descriptor, and then text.  Null: nothing.
 */
void print_bare(struct output *, const struct value *, enum field_type,
    print_escape *, struct output *scratch);

/*
 * JSON: truth is true or false, bytes and addresses are strings, lists and
 * maps are nested.
 */
void print_json(struct output *, const struct value *, enum field_type);

/* An IPv4 or IPv6 address; -1 if it is neither, and nothing is printed. */
int print_address(struct output *, const unsigned char *, size_t);

/*
 * One whole CBOR item of n bytes.  In the JSON of facts, typed arrays of
 * addresses are arrays of text.
 */
void print_json_item(struct output *, const unsigned char *, size_t n);

/* The same; a byte string holds addresses of IPv6, an array of text. */
void print_json_addresses(struct output *, const unsigned char *, size_t n);
void print_diagnostic(struct output *, const unsigned char *, size_t n);

#endif
