/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges in headers; see spans.h. */
#include "scan/spans.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "stream/encode.h"
#include "stream/token.h"

#define NETWORK_SIZE 8
#define PORTS_MAX    (1 + 5 + 5) /* [first, last] */

int
spans_set_networks(struct dict *scan, const struct ranges *r)
{
	unsigned char *buf = malloc(r->n * NETWORK_SIZE + 1);
	int rc;

	if (buf == NULL)
		return -1;
	for (size_t i = 0; i < r->n; i++) {
		put32(buf + i * NETWORK_SIZE, ranges_first(r->v[i]));
		put32(buf + i * NETWORK_SIZE + 4, ranges_last(r->v[i]));
	}
	rc = dict_set_bytes(scan, "networks", buf, r->n * NETWORK_SIZE);
	free(buf);
	return rc;
}

int
spans_get_networks(const struct dict *scan, struct ranges *r)
{
	const unsigned char *p;
	size_t n;

	errno = 0;
	if (dict_bytes(scan, "networks", &p, &n) == -1 || n % NETWORK_SIZE != 0)
		return -1;
	for (; n > 0; n -= NETWORK_SIZE, p += NETWORK_SIZE) {
		if (get32(p) > get32(p + 4))
			return -1;
		if (ranges_add(r, get32(p), get32(p + 4)) == -1) {
			errno = ENOMEM;
			return -1;
		}
	}
	ranges_normalise(r);
	return 0;
}

int
spans_set_ports(struct dict *scan, const struct ranges *r)
{
	size_t size = 9 + r->n * PORTS_MAX;
	unsigned char *buf = malloc(size);
	struct encoder e;
	int rc;

	if (buf == NULL)
		return -1;
	e = encoder_on(buf, size);
	encode_array(&e, r->n);
	for (size_t i = 0; i < r->n; i++) {
		if (ranges_first(r->v[i]) != ranges_last(r->v[i])) {
			encode_array(&e, 2);
			encode_uint(&e, ranges_first(r->v[i]));
		}
		encode_uint(&e, ranges_last(r->v[i]));
	}
	rc = dict_set(scan, "ports", buf, encode_size(&e));
	free(buf);
	return rc;
}

struct bytes {
	const unsigned char *p;
	size_t n;
};

static int
next(struct bytes *b, struct token *t)
{
	ssize_t used = token_next(b->p, b->n, t);

	if (used <= 0 || t->indefinite)
		return -1;
	b->p += used;
	b->n -= used;
	return 0;
}

static int
port(struct bytes *b, uint32_t *v)
{
	struct token t;

	if (next(b, &t) == -1 || t.kind != TOKEN_UINT || t.number > 65535)
		return -1;
	*v = t.number;
	return 0;
}

int
spans_get_ports(const struct dict *scan, struct ranges *r)
{
	const struct dict_entry *entry = dict_get(scan, "ports");
	struct bytes b, ahead;
	uint32_t first, last;
	struct token t;

	errno = 0;
	if (entry == NULL)
		return -1;
	b = (struct bytes){ entry->bytes, entry->size };
	if (next(&b, &t) == -1 || t.kind != TOKEN_ARRAY)
		return -1;
	for (uint64_t left = t.number; left > 0; left--) {
		ahead = b;
		if (next(&ahead, &t) == -1)
			return -1;
		if (t.kind == TOKEN_ARRAY) {
			b = ahead;
			if (t.number != 2 || port(&b, &first) == -1 ||
			    port(&b, &last) == -1 || last < first)
				return -1;
		} else {
			if (port(&b, &first) == -1)
				return -1;
			last = first;
		}
		if (ranges_add(r, first, last) == -1) {
			errno = ENOMEM;
			return -1;
		}
	}
	ranges_normalise(r);
	return 0;
}
