/* SPDX-License-Identifier: Apache-2.0 */
/* A stream's header as JSON; see facts.h. */
#include "formats/facts.h"

#include <stdlib.h>

#include "stream/encode.h"
#include "stream/print.h"
#include "stream/stream.h"
#include "stream/token.h"

void
facts_history(struct output *o, const struct header *h)
{
	struct value v = { .type = VALUE_LIST };
	const unsigned char *p = h->history;
	size_t left = h->history_size;
	ssize_t n;

	output_byte(o, '[');
	while (left > 0 && (n = token_skip(p, left)) > 0) {
		if (p != h->history)
			output_byte(o, ',');
		v.bytes = p;
		v.size = (size_t)n;
		print_json(o, &v, FIELD_LIST);
		p += n;
		left -= (size_t)n;
	}
	output_byte(o, ']');
}

int
facts_scan(struct output *o, const struct header *h)
{
	unsigned char *room = malloc(STREAM_ITEM_MAX);
	struct encoder e;
	struct value v = { .type = VALUE_MAP };

	if (room == NULL)
		return -1;
	e = encoder_on(room, STREAM_ITEM_MAX);
	dict_encode(&e, &h->scan);
	v.bytes = room;
	v.size = encode_size(&e);
	if (v.size > 0)
		print_json(o, &v, FIELD_MAP);
	else
		output_text(o, "{}");
	free(room);
	return 0;
}
