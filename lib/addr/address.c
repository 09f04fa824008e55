/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of either family; see address.h. */
#include "addr/address.h"

#include <arpa/inet.h>
#include <sys/socket.h>

struct address_text
address_text(const struct address *a)
{
	struct address_text t = { "none" };

	if (a->size != 0)
		inet_ntop(address_family(a), a->b, t.s, sizeof t.s);
	return t;
}

struct address
address_of(const void *bytes, size_t size)
{
	struct address a = { .size = 0 };

	if (size != 4 && size != ADDRESS_MAX)
		return a;
	a.size = size;
	memcpy(a.b, bytes, size);
	return a;
}

int
address_family(const struct address *a)
{
	return a->size == 4 ? AF_INET : a->size == 16 ? AF_INET6 : AF_UNSPEC;
}

size_t
address_family_size(int family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

int
address_compare(const struct address *a, const struct address *b)
{
	return memcmp(a->b, b->b, sizeof a->b);
}

bool
address_next(struct address *a)
{
	unsigned i;

	for (i = a->size; i-- > 0;)
		if (++a->b[i] != 0)
			return true;
	return false;
}

bool
address_previous(struct address *a)
{
	unsigned i;

	for (i = a->size; i-- > 0;)
		if (a->b[i]-- != 0)
			return true;
	return false;
}

/* Sets all bits behind the first ones to ones, or to zeros. */
static struct address
address_fill(const struct address *a, unsigned bits, bool ones)
{
	struct address r = *a;
	unsigned i, keep;
	uint8_t host;

	for (i = 0; i < a->size; i++) {
		keep = bits > 8 * i ? bits - 8 * i : 0;
		host = keep >= 8 ? 0 : 0xff >> keep;
		r.b[i] = ones ? r.b[i] | host : r.b[i] & ~host;
	}
	return r;
}

struct address
address_first(const struct address *a, unsigned bits)
{
	return address_fill(a, bits, false);
}

struct address
address_last(const struct address *a, unsigned bits)
{
	return address_fill(a, bits, true);
}

bool
address_in(const struct address *a, const struct address *net, unsigned bits)
{
	struct address first = address_first(a, bits);
	struct address want = address_first(net, bits);

	return address_same(&first, &want);
}
