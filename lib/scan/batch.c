/* SPDX-License-Identifier: Apache-2.0 */
/* Records of targets streams; see batch.h. */
#include "scan/batch.h"

#include <arpa/inet.h>
#include <string.h>

#include "stream/token.h"

#define HEADS (1 + 9 + 3 + 5 + 3 + 5 + 3) /* all that is not numbers */

/* Plain loops over whole words, which compilers turn into vectors. */
static void
put_ports(unsigned char *p, const uint16_t *port, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint16_t be = htons(port[i]);

		memcpy(p + i * sizeof be, &be, sizeof be);
	}
}

static void
put_addrs(unsigned char *p, const uint32_t *addr, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t be = htonl(addr[i]);

		memcpy(p + i * sizeof be, &be, sizeof be);
	}
}

static void
put_all_ports(struct encoder *e, const struct batch_out *b)
{
	unsigned char *p;

	if (b->ports == TARGETS_NO_PORTS) {
		encode_null(e);
	} else if (b->ports == TARGETS_OWN_PORTS) {
		encode_tag(e, TOKEN_TAG_UINT16_BE);
		if ((p = encode_bytes_room(e, b->n * 2)) != NULL)
			put_ports(p, b->port, b->n);
	} else {
		encode_uint(e, b->ports);
	}
}

static void
put_all_addrs(struct encoder *e, const struct batch_out *b)
{
	unsigned char *p;

	if (b->addr != NULL) {
		encode_tag(e, TOKEN_TAG_UINT32_BE);
		if ((p = encode_bytes_room(e, b->n * 4)) != NULL)
			put_addrs(p, b->addr, b->n);
	} else if ((p = encode_bytes_room(e, b->n * IP6_SIZE)) != NULL) {
		for (size_t i = 0; i < b->n; i++)
			ip6_put(p + i * IP6_SIZE, b->addr6[i]);
	}
}

int
batch_put(struct stream_out *out, const struct batch_out *b)
{
	const size_t width = b->addr != NULL ? 4 : IP6_SIZE;
	struct encoder e = stream_begin(out, HEADS + b->n * (2 + width));

	encode_array(&e, b->copy == -1 ? 3 : 4);
	encode_uint(&e, b->next);
	put_all_ports(&e, b);
	put_all_addrs(&e, b);
	if (b->copy != -1)
		encode_uint(&e, b->copy);
	return stream_commit(out, &e, STREAM_RECORD);
}

int
batch_get(const struct stream_item *item, unsigned family, bool with_ports,
    struct batch *b, const char **why)
{
	const struct value *v = item->values;
	unsigned width = family == 6 ? 16 : 4;

	*why = "a record that is no batch of targets";
	if (item->nvalues < 3 || v[0].type != VALUE_UINT ||
	    v[2].type != VALUE_BYTES ||
	    v[2].tag != (family == 6 ? 0 : TOKEN_TAG_UINT32_BE) ||
	    v[2].size % width != 0)
		return -1;
	*b = (struct batch){ .next = v[0].number,
		.count = v[2].size / width,
		.width = width,
		.addresses = v[2].bytes,
		.copy = -1 };
	*why = "a copy of targets with a number over 65535";
	if (item->nvalues > 3 && v[3].type == VALUE_UINT) {
		if (v[3].number > UINT16_MAX)
			return -1;
		b->copy = v[3].number;
	}
	*why = "targets whose ports do not fit";
	if (v[1].type == VALUE_UINT && v[1].number <= UINT16_MAX)
		b->port = v[1].number;
	else if (v[1].type == VALUE_BYTES && v[1].tag == TOKEN_TAG_UINT16_BE &&
	    v[1].size == b->count * 2)
		b->ports = v[1].bytes;
	else if (v[1].type != VALUE_NULL || with_ports)
		return -1;
	if (!with_ports) {
		b->ports = NULL;
		b->port = 0;
	}
	return 0;
}
