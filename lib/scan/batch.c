/* SPDX-License-Identifier: Apache-2.0 */
/* Records of targets streams; see targets.h. */
#include "scan/batch.h"

#include <arpa/inet.h>
#include <string.h>

#define HEADS (1 + 9 + 3 + 5 + 3 + 5) /* all that is not numbers */
/* RFC 8746: typed arrays of big-endian unsigned integers. */
#define TAG_UINT16_BE 65
#define TAG_UINT32_BE 66

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

int
batch_put(struct stream_out *out, uint64_t next, int ports,
    const uint32_t *addr, const uint16_t *port, size_t n)
{
	struct encoder e = stream_begin(out, HEADS + n * (2 + 4));
	unsigned char *p;

	encode_array(&e, 3);
	encode_uint(&e, next);
	if (ports == TARGETS_NO_PORTS) {
		encode_null(&e);
	} else if (ports == TARGETS_OWN_PORTS) {
		encode_tag(&e, TAG_UINT16_BE);
		if ((p = encode_bytes_room(&e, n * 2)) != NULL)
			put_ports(p, port, n);
	} else {
		encode_uint(&e, ports);
	}
	encode_tag(&e, TAG_UINT32_BE);
	if ((p = encode_bytes_room(&e, n * 4)) != NULL)
		put_addrs(p, addr, n);
	return stream_commit(out, &e, STREAM_RECORD);
}
