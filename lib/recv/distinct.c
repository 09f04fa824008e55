/* SPDX-License-Identifier: Apache-2.0 */
/* From records back to whose answers they are; see distinct.h. */
#include "recv/distinct.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

enum { TARGET, PORT, SUCCESS, RESPONDER, FIELDS };

static const struct {
	const char *name;
	enum field_type type;
} fields[FIELDS] = {
	[TARGET] = { "saddr", FIELD_IP },
	[PORT] = { "sport", FIELD_UINT },
	[SUCCESS] = { "success", FIELD_BOOL },
	[RESPONDER] = { "icmp_responder", FIELD_IP },
};

struct distinct {
	struct distinct_config config;
	struct dedup *dedup;
	size_t at[FIELDS]; /* in the record; SIZE_MAX: nowhere */
};

struct distinct *
distinct_new(const struct distinct_config *config)
{
	struct distinct *d = calloc(1, sizeof *d);

	if (d == NULL)
		return NULL;
	d->config = *config;
	d->dedup = dedup_new(config->method, config->one_port, config->window,
	    config->seed);
	if (d->dedup == NULL) {
		free(d);
		return NULL;
	}
	return d;
}

void
distinct_free(struct distinct *d)
{
	if (d != NULL)
		dedup_free(d->dedup);
	free(d);
}

static bool
distinct_needs(const struct distinct *d, int field)
{
	if (d->config.method == DEDUP_NONE)
		return false;
	if (field == PORT)
		return !d->config.one_port;
	return field != RESPONDER || d->config.by_responder;
}

int
distinct_bind(struct distinct *d, const struct header *h, const char **lacks)
{
	for (int i = 0; i < FIELDS; i++) {
		d->at[i] = SIZE_MAX;
		for (size_t k = 0; k < h->nfields; k++)
			if (h->fields[k].type == fields[i].type &&
			    strcmp(h->fields[k].name, fields[i].name) == 0)
				d->at[i] = k;
		if (d->at[i] == SIZE_MAX && distinct_needs(d, i)) {
			*lacks = fields[i].name;
			return -1;
		}
	}
	return 0;
}

/* The value of a field; null where the record has none. */
static struct value
distinct_take(const struct distinct *d, int field, const struct value *v,
    size_t n)
{
	return d->at[field] < n ? v[d->at[field]] :
				  (struct value){ .type = VALUE_NULL };
}

int
distinct_seen(struct distinct *d, const struct value *v, size_t n)
{
	const struct value success = distinct_take(d, SUCCESS, v, n);
	struct value who = { .type = VALUE_NULL }, port = who;
	bool good = success.type == VALUE_BOOL && success.number == 1;

	if (d->config.by_responder)
		who = distinct_take(d, RESPONDER, v, n);
	if (who.type != VALUE_BYTES) {
		who = distinct_take(d, TARGET, v, n);
		port = distinct_take(d, PORT, v, n);
	}
	if (port.type != VALUE_UINT || d->config.one_port)
		port.number = 0;
	if (who.type == VALUE_BYTES && who.size == IP6_SIZE)
		return dedup_seen6(d->dedup, ip6_get(who.bytes),
		    (uint16_t)port.number, good);
	if (who.type == VALUE_BYTES && who.size == 4)
		return dedup_seen(d->dedup, get32(who.bytes),
		    (uint16_t)port.number, good);
	return 0;
}
