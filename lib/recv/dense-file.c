/* SPDX-License-Identifier: Apache-2.0 */
/* Dense prefixes as a stream; see dense-file.h. */
#include "recv/dense-file.h"

#include <errno.h>

static const struct field fields[] = {
	{ "dense", FIELD_TEXT, "the prefix, as 192.0.2.0/24" },
	{ "prefix", FIELD_IP, "its first address" },
	{ "length", FIELD_UINT, "its bits" },
	{ "port", FIELD_UINT, "port that was scanned" },
	{ "addresses", FIELD_UINT, "addresses of the scan in it" },
	{ "probed", FIELD_UINT,
	    "of these, how many have been asked, if that could be counted" },
	{ "answers", FIELD_UINT, "of these, how many answered with success" },
	{ "least", FIELD_UINT,
	    "least share of its addresses that answers, in thousandths, but for one chance in a million" },
	{ .name = NULL },
};

#define FIELDS (sizeof fields / sizeof *fields - 1)

static int
write_prefix(const struct dense *d, struct stream_out *out,
    const struct dense_prefix *p, bool six, bool ports)
{
	struct encoder e = stream_begin(out, 256);

	encode_array(&e, FIELDS);
	encode_text(&e, p->text);
	encode_bytes(&e, p->address, six ? 16 : 4);
	encode_uint(&e, p->length);
	if (ports)
		encode_uint(&e, p->port);
	else
		encode_null(&e);
	encode_uint(&e, p->addresses);
	if (p->probed != DENSE_UNCOUNTED)
		encode_uint(&e, p->probed);
	else
		encode_null(&e);
	encode_uint(&e, p->answers);
	encode_uint(&e, dense_least(d, p));
	return stream_commit(out, &e, STREAM_RECORD);
}

int
dense_write(const struct dense *d, struct stream_out *out,
    const struct header *from, bool ports, enum outcome outcome,
    char *const argv[])
{
	struct header *h = stream_derive(out, from, "prefixes", argv);
	struct counter c[] = {
		counter_of(COUNT_RECV_DENSE, dense_count(d)),
		counter_of(COUNT_RECV_DENSE_FORGOTTEN, dense_forgotten(d)),
		counter_end(),
	};
	uint64_t family = 4;
	size_t i;

	errno = ENOMEM;
	if (h == NULL)
		return -1;
	/* the key is a secret: with it, answers can be forged */
	dict_remove(&h->other, "key");
	dict_uint(&h->scan, "family", &family);
	if (header_set_fields(h, fields) == -1 || stream_header(out) == -1)
		return -1;
	for (i = 0; i < dense_count(d); i++)
		if (write_prefix(d, out, dense_at(d, i), family == 6, ports) ==
		    -1)
			return -1;
	if (stream_end(out, "recv", outcome, NULL, c) == -1)
		return -1;
	return stream_flush(out);
}
