/* SPDX-License-Identifier: Apache-2.0 */
/* Frames to answers to records; see answer.h. */
#include "recv/answer.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mac.h"
#include "probe/module.h"
#include "probe/receiver-fields.h"

#define OTHER_PORTS_MAX 16 /* tried for an unexpected one */

static const struct field dense_field = { "dense", FIELD_TEXT,
	"prefix of the target that answers nearly everywhere (--dense)" };

static const struct field wildcard_field = {
	"wildcard", FIELD_BOOL,
	"is the address open on a port that hardly a host has open (--check wildcard)"
};

static const struct field alias_field = {
	"alias", FIELD_TEXT,
	"prefix of the target that answers for addresses no host has (--check alias)"
};

static const struct field rivals_fields[] = {
	{ "answers", FIELD_UINT,
	    "different successes of one probe (--check injected)" },
	{ "injected", FIELD_BOOL,
	    "are there several, so that not all are the host's (--check injected)" },
};

/* Into FIELD_MAX + 1 of them, ending with a NULL name.  How many. */
static size_t
all_fields(const struct probe *probe, const struct answer_extra *extra,
    struct field *out)
{
	static const struct field none[] = { { .name = NULL } };
	const struct field *const parts[] = { receiver_first, probe->fields,
		extra->six ? receiver_six : none, receiver_last };
	const struct field *f;
	size_t i, n = 0;

	for (i = 0; i < sizeof parts / sizeof *parts; i++)
		for (f = parts[i]; f->name != NULL && n < FIELD_MAX; f++)
			out[n++] = *f;
	if (extra->dense && n < FIELD_MAX)
		out[n++] = dense_field;
	if (extra->check & CHECK_WILDCARD && n < FIELD_MAX)
		out[n++] = wildcard_field;
	if (extra->check & CHECK_ALIAS && n < FIELD_MAX)
		out[n++] = alias_field;
	for (i = 0; extra->check & CHECK_INJECTED && i < 2 && n < FIELD_MAX;
	     i++)
		out[n++] = rivals_fields[i];
	out[n] = (struct field){ .name = NULL };
	return n;
}

/*
 * The indices of the fields that are to be written, ascending, of n in all; how
 * many.  Whoever wants a field that is not there says so best to the user when
 * it sees what there is: then all are written.
 */
static size_t
choose_fields(const struct field *fields, size_t n, const char *only,
    uint8_t index[FIELD_MAX])
{
	static const char separators[] = ", \t\n";
	bool wanted[FIELD_MAX] = { false };
	char name[FIELD_NAME_MAX];
	struct field_ref ref;
	bool all = only == NULL, optional;
	size_t size, i, count = 0;

	for (; !all && *only != '\0'; only += size) {
		only += strspn(only, separators);
		size = strcspn(only, separators);
		optional = size > 0 && only[size - 1] == '?';
		snprintf(name, sizeof name, "%.*s", (int)size - optional, only);
		if (field_find(fields, n, name, &ref) == 0)
			wanted[ref.index] = true;
		else
			all = size > 0 && !optional;
	}
	for (i = 0; i < n; i++)
		if (all || wanted[i])
			index[count++] = i;
	return count;
}

unsigned
answer_tail(unsigned check)
{
	return (check & CHECK_WILDCARD ? 1 : 0) +
	    (check & CHECK_ALIAS ? 1 : 0) + (check & CHECK_INJECTED ? 2 : 0);
}

void
answer_list(FILE *f, const struct probe *probe,
    const struct answer_extra *extra)
{
	struct field fields[FIELD_MAX + 1];
	struct field_ref ref;
	const char *help;
	struct answer_extra all = *extra;
	size_t n, i;

	all.six = probe->ip6;
	n = all_fields(probe, &all, fields);

	for (i = 0; field_at(fields, n, i, &ref, &help) == 0; i++)
		fprintf(f, "%-15s %6s: %s\n", ref.name,
		    field_type_zmap_name(ref.type), help);
}

int
answer_begin(struct stream_out *out, const struct header *from,
    const struct probe *probe, const struct answer_extra *extra,
    char *const argv[])
{
	struct header *h = stream_derive(out, from, "results", argv);
	const unsigned tail = answer_tail(extra->check);
	struct field fields[FIELD_MAX + 1];
	uint8_t index[FIELD_MAX];
	size_t n, i, count;

	errno = ENOMEM;
	if (h == NULL)
		return -1;
	/* the key is a secret: with it, answers can be forged */
	dict_remove(&h->other, "key");
	n = all_fields(probe, extra, fields);
	count = choose_fields(fields, n - tail, extra->only, index);
	for (i = 0; i < count; i++)
		fields[i] = fields[index[i]];
	for (i = n - tail; i <= n; i++)
		fields[count++] = fields[i];
	if (header_set_fields(h, fields) == -1 || stream_header(out) == -1)
		return -1;
	return stream_flush(out);
}

int
answer_prepare(const struct probe *p, struct probe_thread *t,
    const struct scan *s, const char **why)
{
	struct probe_config c = {
		.family = s->facts.family,
		.args = s->facts.probe_args,
		.attribution = s->facts.has & FACT_ATTRIBUTION ?
		    s->facts.attribution :
		    NULL,
		.ports = s->ports,
		.nports = s->nports,
		.source_port_first = s->facts.source_ports.first,
		.source_port_count = s->facts.source_ports.count,
		.probes = s->probes,
		.seed = s->facts.seed,
		.start_ns = s->facts.start_ns,
	};

	*why = "the scan has no ports";
	if (p->ports && (s->nports == 0 || s->facts.source_ports.count == 0))
		return -1;
	return module_prepare(p, t, &c, why);
}

/* Is our port one that probes of this target were sent from?  Which of them? */
static bool
in_window(struct answers *a, const struct reply *r)
{
	const struct scan *s = a->scan;
	uint32_t count = s->facts.source_ports.count;
	uint32_t at = r->source_port - s->facts.source_ports.first;

	at = (at + count - r->v[1] % count) % count;
	a->mark = at / s->probes;
	a->copy = at % s->probes;
	return a->mark < s->marks;
}

/* Was it a probe with the number of siblings that has been answered? */
static bool
of_sibling(const struct answers *a, const struct reply *r)
{
	unsigned number = a->mark * a->scan->probes + a->copy;
	unsigned first = BACK_SIBLING_NUMBER(a->scan->probes);

	return a->check != NULL &&
	    (number == first || number == first + a->scan->probes) &&
	    check_may_be_sibling(a->check, r);
}

/* Was it one of those that were asked again? */
static bool
of_control(const struct answers *a)
{
	unsigned number = a->mark * a->scan->probes + a->copy;
	unsigned first = BACK_AGAIN_NUMBER(a->scan->probes);

	return a->control &&
	    (number == first || number == first + a->scan->probes);
}

/* Computes the words of the target that the answer claims to be about. */
static void
compute(struct answers *a, struct reply *r)
{
	uint16_t port = a->probe->ports ? r->target_port : 0;
	struct validate_words w;

	if (r->family == 6)
		validate_one6(&a->validate, r->source6, r->target6, port, &w);
	else
		validate_one(&a->validate, r->source, r->target, port, &w);
	memcpy(r->v, w.v, sizeof r->v);
}

/*
 * The ports of a probe with ports.  Where answers may come from any port, the
 * probe they answer is looked for among all to that address.
 */
static enum refusal
check_ports(struct answers *a, struct reply *r)
{
	const struct scan *s = a->scan;
	uint16_t port = r->target_port;
	size_t i;

	if (r->source_port < s->facts.source_ports.first ||
	    r->source_port - s->facts.source_ports.first >=
		(int)s->facts.source_ports.count)
		return REFUSED_PORT;
	if (scan_has_port(s, port)) {
		compute(a, r);
		if (in_window(a, r))
			return REFUSED_NOT;
		if (of_sibling(a, r)) {
			a->kind = CHECK_SIBLING;
			return REFUSED_NOT;
		}
		if (of_control(a)) {
			a->kind = CHECK_AGAIN;
			return REFUSED_NOT;
		}
	} else if (a->check != NULL && port == check_port(a->check, r)) {
		compute(a, r);
		if (in_window(a, r)) {
			a->kind = CHECK_PORT;
			return REFUSED_NOT;
		}
	}
	if (a->check_port || r->icmp_error || s->nports > OTHER_PORTS_MAX)
		return REFUSED_PORT;
	for (i = 0; i < s->nports; i++) {
		r->target_port = s->ports[i];
		if (r->target_port == port)
			continue;
		compute(a, r);
		if (in_window(a, r))
			return REFUSED_NOT;
	}
	return REFUSED_PORT;
}

/* The two questions about addresses, of either family. */
static bool
is_ours(const struct scan *s, const struct reply *r)
{
	return r->family == 6 ? scan_is_ours6(s, r->daddr6) :
				scan_is_ours(s, r->daddr);
}

static bool
allows(const struct scan *s, const struct reply *r)
{
	return r->family == 6 ? scan_allows6(s, r->target6) :
				scan_allows(s, r->target);
}

/* Whose answer is it?  Without ports, a sibling is told by its address. */
static enum refusal
check_target(struct answers *a, struct reply *r, bool inside)
{
	enum refusal refused;

	if (a->probe->ports) {
		refused = check_ports(a, r);
		if (refused != REFUSED_NOT)
			return refused;
	} else {
		compute(a, r);
		if (a->check != NULL && check_is_sibling(a->check, r))
			a->kind = CHECK_SIBLING;
	}
	return inside || a->kind == CHECK_SIBLING ? REFUSED_NOT :
						    REFUSED_SOURCE;
}

enum refusal
answer_read(struct answers *a, const unsigned char *frame, size_t caplen,
    size_t len, uint64_t time_ns, struct reply *r)
{
	const struct probe *probe = a->probe;
	struct encoder scratch = encoder_on(a->scratch, PROBE_SCRATCH);
	enum refusal refused;
	bool inside;
	size_t at;

	a->kind = CHECK_NOT;
	refused = packet_link(a->link, a->scan->facts.family, frame, caplen,
	    &at);
	if (refused != REFUSED_NOT)
		return refused;
	refused = packet_parse(a->scan->facts.family, frame + at, caplen - at,
	    len - at, probe->protocol, probe->ports, r);
	if (refused != REFUSED_NOT && refused != REFUSED_QUOTE)
		return refused;
	if (!is_ours(a->scan, r))
		return REFUSED_ADDRESS;
	if (refused != REFUSED_NOT)
		return refused;
	if (a->dedup != NULL)
		dedup_expect(a->dedup, r->target);
	inside = allows(a->scan, r);
	if (!inside && (a->check == NULL || !check_may_be_sibling(a->check, r)))
		return REFUSED_SOURCE;
	refused = check_target(a, r, inside);
	if (refused != REFUSED_NOT)
		return refused;
	r->time_ns = time_ns;
	memset(a->values + FIRST_FIELDS, 0, a->nmodule * sizeof *a->values);
	refused = probe->classify(a->thread, r, a->values + FIRST_FIELDS,
	    &scratch);
	/* a module of the user's may say what is no reason */
	return (unsigned)refused < REFUSED_KINDS ? refused : REFUSED_VALIDATION;
}

/*
 * An ICMP error quotes the IP header of the probe, and so its IP ID, which is
 * of validation word 3 (template.h). It is no reason to refuse the answer:
 * devices that translate addresses may change it.  Of IPv6, it is the flow
 * label.
 */
static struct value
quote_ok(const struct reply *r)
{
	if (!r->icmp_error)
		return (struct value){ .type = VALUE_NULL };
	if (r->family == 6)
		return value_bool(
		    ((get32(r->data + 8) ^ r->v[3]) & 0xfffff) == 0);
	return value_bool(get16(r->data + 8 + 4) == (uint16_t)r->v[3]);
}

/*
 * What the address that answered tells: of an ICMPv6 error, the router's.  A
 * MAC address is in it with ff:fe in the middle (RFC 4291, appendix A).
 */
static struct value
eui64_mac(const unsigned char *iid, struct mac_text *text)
{
	uint8_t mac[MAC_SIZE];

	if (iid[3] != 0xff || iid[4] != 0xfe)
		return (struct value){ .type = VALUE_NULL };
	memcpy(mac, iid, 3);
	memcpy(mac + 3, iid + 5, 3);
	mac[0] ^= 2;
	*text = mac_text(mac);
	return value_text(text->s);
}

static void
fill_six(struct value *v, const struct reply *r, struct mac_text *mac)
{
	const unsigned char *iid = r->ip + 16;
	const size_t hlim = 8 + 7; /* in the quote behind ICMP's header */

	v[SIX_FLOW_LABEL] = value_uint(get32(r->ip) & 0xfffff);
	v[SIX_QUOTED_HLIM] = r->icmp_error ?
	    value_uint(r->data[hlim]) :
	    (struct value){ .type = VALUE_NULL };
	v[SIX_EUI64_MAC] = eui64_mac(iid, mac);
	v[SIX_IID] = value_bytes(iid, 8);
}

/* All values but the verdict.  The address needs a place. */
static void
answer_fill(struct answers *a, const struct reply *r, bool repeat,
    bool cooldown, unsigned char target[IP6_SIZE])
{
	const bool six = r->family == 6;
	struct value *v = a->values, *tail = v + FIRST_FIELDS + a->nmodule;

	if (six)
		ip6_put(target, r->target6);
	else
		put32(target, r->target);
	v[FIRST_SADDR] = value_bytes(target, six ? IP6_SIZE : 4);
	v[FIRST_DADDR] = value_bytes(r->ip + (six ? 24 : 16),
	    six ? IP6_SIZE : 4);
	v[FIRST_IPID] = six ? (struct value){ .type = VALUE_NULL } :
			      value_uint(r->ip_id);
	v[FIRST_TTL] = value_uint(r->ttl);
	if (six)
		fill_six(tail, r, &a->mac);
	tail += a->nsix;
	tail[LAST_QUOTE_OK] = quote_ok(r);
	tail[LAST_REPEAT] = value_bool(repeat);
	tail[LAST_COOLDOWN] = value_bool(cooldown);
	tail[LAST_TIMESTAMP] = value_uint(r->time_ns);
	if (a->with_dense)
		tail[LAST_FIELDS] = a->dense != NULL ?
		    value_text(a->dense) :
		    (struct value){ .type = VALUE_NULL };
}

size_t
answer_record(struct answers *a, const struct reply *r, bool repeat,
    bool cooldown, const unsigned char **record)
{
	struct encoder e = encoder_on(a->record, STREAM_ITEM_MAX - a->tail);
	unsigned char target[IP6_SIZE];
	size_t i;

	answer_fill(a, r, repeat, cooldown, target);
	encode_array(&e, a->nwritten + a->tail);
	for (i = 0; i < a->nwritten; i++)
		value_encode(&e, &a->values[a->written[i]]);
	*record = a->record;
	return encode_size(&e);
}

void
answer_write(struct answers *a, const struct reply *r, bool repeat,
    bool cooldown, struct stream_out *out)
{
	unsigned char target[IP6_SIZE];
	const struct value *v = a->values;
	struct encoder e;
	size_t i, room = 16;

	answer_fill(a, r, repeat, cooldown, target);
	for (i = 0; i < a->nwritten; i++)
		room += 16 + v[a->written[i]].size;
	e = stream_begin(out, room);
	encode_array(&e, a->nwritten);
	for (i = 0; i < a->nwritten; i++)
		value_encode(&e, &v[a->written[i]]);
	stream_commit(out, &e, STREAM_RECORD);
}

bool
answer_success(const struct answers *a)
{
	return a->values[FIRST_FIELDS + a->probe->success].number != 0;
}

bool
answer_app_success(const struct answers *a)
{
	size_t i = a->probe->app_success;

	return i != 0 && a->values[FIRST_FIELDS + i].number != 0;
}

bool
answer_rtt(const struct answers *a, uint64_t *us)
{
	const struct value *v = &a->values[FIRST_FIELDS + a->probe->rtt];

	if (a->probe->rtt == 0 || v->type != VALUE_UINT)
		return false;
	*us = v->number;
	return true;
}

int
answer_init(struct answers *a)
{
	const bool six = a->scan->facts.family == 6;
	struct field fields[FIELD_MAX + 1];
	size_t i, n;

	a->scratch = malloc(PROBE_SCRATCH);
	if (a->tail > 0)
		a->record = malloc(STREAM_ITEM_MAX);
	if (a->scratch == NULL || (a->tail > 0 && a->record == NULL)) {
		answer_done(a);
		return -1;
	}
	validate_init(&a->validate, a->scan->key);
	for (i = 0; a->probe->fields[i].name != NULL; i++)
		;
	a->nmodule = i;
	a->nsix = six ? SIX_FIELDS : 0;
	n = all_fields(a->probe,
	    &(struct answer_extra){ .six = six, .dense = a->with_dense },
	    fields);
	a->nwritten = choose_fields(fields, n, a->only, a->written);
	return 0;
}

void
answer_done(struct answers *a)
{
	free(a->scratch);
	free(a->record);
	a->scratch = a->record = NULL;
}
