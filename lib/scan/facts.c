/* SPDX-License-Identifier: Apache-2.0 */
/* A scan's facts in headers, both ways; see facts.h. */
#include "scan/facts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "stream/dict.h"
#include "stream/encode.h"
#include "stream/status.h"
#include "stream/token.h"

/*
 * A form that values have.  get returns -1 if the item is not of that form,
 * or, with errno set, if memory is short; set for lack of memory alone.
 */
struct fact;
struct form {
	int (*get)(struct facts *, const struct fact *,
	    const struct dict_entry *);
	int (*set)(const struct facts *, const struct fact *, struct dict *);
};

struct fact {
	const char *key;
	uint64_t bit;
	const struct form *form;
	size_t at, size; /* of the member, where the form is that of many */
};

static const void *
fact_at(const struct facts *f, const struct fact *k)
{
	return (const char *)f + k->at;
}

/* --- reading one token after the other --- */

struct cursor {
	const unsigned char *p;
	size_t n;
};

static struct cursor
cursor_on(const struct dict_entry *e)
{
	return (struct cursor){ e->bytes, e->size };
}

static int
cursor_next(struct cursor *c, struct token *t)
{
	ssize_t used = token_next(c->p, c->n, t);

	if (used <= 0)
		return -1;
	c->p += used;
	c->n -= used;
	return 0;
}

static int
cursor_number(struct cursor *c, uint64_t max, uint32_t *v)
{
	struct token t;

	if (cursor_next(c, &t) == -1 || t.kind != TOKEN_UINT || t.number > max)
		return -1;
	*v = t.number;
	return 0;
}

/* The rest of [first, last]: two ports, in order. */
static int
cursor_span(struct cursor *c, const struct token *list, uint32_t *first,
    uint32_t *last)
{
	if (list->kind != TOKEN_ARRAY || list->indefinite ||
	    list->number != 2 || cursor_number(c, UINT16_MAX, first) == -1 ||
	    cursor_number(c, UINT16_MAX, last) == -1)
		return -1;
	return *first <= *last ? 0 : -1;
}

/* --- numbers and text --- */

static int
number_get(struct facts *f, const struct fact *k, const struct dict_entry *e)
{
	struct cursor c = cursor_on(e);
	struct token t;

	if (cursor_next(&c, &t) == -1 || t.kind != TOKEN_UINT)
		return -1;
	*(uint64_t *)((char *)f + k->at) = t.number;
	return 0;
}

static int
number_set(const struct facts *f, const struct fact *k, struct dict *scan)
{
	return dict_set_uint(scan, k->key, *(const uint64_t *)fact_at(f, k));
}

static const struct form number = { number_get, number_set };

/* What is not said is 0. */
static int
flag_set(const struct facts *f, const struct fact *k, struct dict *scan)
{
	return *(const uint64_t *)fact_at(f, k) == 0 ? 0 :
						       number_set(f, k, scan);
}

static const struct form flag = { number_get, flag_set };

static int
name_get(struct facts *f, const struct fact *k, const struct dict_entry *e)
{
	struct cursor c = cursor_on(e);
	char *to = (char *)f + k->at;
	struct token t;

	if (cursor_next(&c, &t) == -1 || t.kind != TOKEN_TEXT ||
	    t.number >= k->size || memchr(t.bytes, '\0', t.number) != NULL)
		return -1;
	memcpy(to, t.bytes, t.number);
	to[t.number] = '\0';
	return 0;
}

static int
name_set(const struct facts *f, const struct fact *k, struct dict *scan)
{
	return dict_set_text(scan, k->key, fact_at(f, k));
}

/* Text in an array of the struct. */
static const struct form name = { name_get, name_set };

static int
args_get(struct facts *f, const struct fact *k, const struct dict_entry *e)
{
	struct cursor c = cursor_on(e);
	struct token t;

	(void)k;
	if (cursor_next(&c, &t) == -1 || t.kind != TOKEN_TEXT)
		return -1;
	f->probe_args = strndup((const char *)t.bytes, t.number);
	return f->probe_args == NULL ? -1 : 0;
}

static int
args_set(const struct facts *f, const struct fact *k, struct dict *scan)
{
	return dict_set_text(scan, k->key, f->probe_args);
}

/* Text of any length. */
static const struct form args = { args_get, args_set };

static int
family_get(struct facts *f, const struct fact *k, const struct dict_entry *e)
{
	if (number_get(f, k, e) == 0 && (f->family == 4 || f->family == 6))
		return 0;
	f->family = 4;
	return -1;
}

static const struct form family = { family_get, number_set };

/* --- ports --- */

#define SPAN_MAX (1 + 3 + 3) /* [first, last] */

/* [80, [8000, 8100], ...] */
static int
ports_get(struct facts *f, const struct fact *k, const struct dict_entry *e)
{
	struct cursor c = cursor_on(e);
	uint32_t first, last;
	struct token list, t;

	(void)k;
	if (cursor_next(&c, &list) == -1 || list.kind != TOKEN_ARRAY)
		return -1;
	for (uint64_t i = 0; list.indefinite || i < list.number; i++) {
		if (cursor_next(&c, &t) == -1)
			return -1;
		if (t.kind == TOKEN_BREAK)
			break;
		if (t.kind == TOKEN_UINT && t.number <= UINT16_MAX)
			first = last = t.number;
		else if (cursor_span(&c, &t, &first, &last) == -1)
			return -1;
		if (ranges_add(&f->ports, first, last) == -1)
			return -1;
	}
	ranges_normalise(&f->ports);
	return 0;
}

static int
ports_set(const struct facts *f, const struct fact *k, struct dict *scan)
{
	const struct ranges *r = &f->ports;
	size_t size = 9 + r->n * SPAN_MAX;
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
	rc = dict_set(scan, k->key, buf, encode_size(&e));
	free(buf);
	return rc;
}

static const struct form ports = { ports_get, ports_set };

static int
source_ports_get(struct facts *f, const struct fact *k,
    const struct dict_entry *e)
{
	struct cursor c = cursor_on(e);
	uint32_t first, last;
	struct token list;

	(void)k;
	if (cursor_next(&c, &list) == -1 ||
	    cursor_span(&c, &list, &first, &last) == -1)
		return -1;
	f->source_ports.first = first;
	f->source_ports.count = last - first + 1;
	return 0;
}

static int
source_ports_set(const struct facts *f, const struct fact *k, struct dict *scan)
{
	unsigned char buf[SPAN_MAX];
	struct encoder e = encoder_on(buf, sizeof buf);

	encode_array(&e, 2);
	encode_uint(&e, f->source_ports.first);
	encode_uint(&e, f->source_ports.first + f->source_ports.count - 1);
	return dict_set(scan, k->key, buf, encode_size(&e));
}

static const struct form source_ports = { source_ports_get, source_ports_set };

/* --- addresses --- */

static int
wide_get(struct facts_wide *w, const struct token *t, size_t size)
{
	if (t->kind != TOKEN_BYTES || t->number % size != 0)
		return -1;
	w->bytes = malloc(t->number + 1);
	if (w->bytes == NULL)
		return -1;
	memcpy(w->bytes, t->bytes, t->number);
	w->n = t->number / size;
	return 0;
}

/* First <= last in each, and each behind the one before. */
static int
area6_get(struct ranges6 *r, const struct token *t)
{
	struct range6 one, before = { 0 };

	if (t->number % (2 * IP6_SIZE) != 0)
		return -1;
	for (size_t i = 0; i < t->number; i += 2 * IP6_SIZE, before = one) {
		one.first = ip6_get(t->bytes + i);
		one.last = ip6_get(t->bytes + i + IP6_SIZE);
		if (ip6_less(one.last, one.first) ||
		    (i > 0 && !ip6_less(before.last, one.first)) ||
		    ranges6_add(r, one.first, one.last) == -1)
			return -1;
	}
	ranges6_normalise(r);
	return 0;
}

static void
area6_put(unsigned char *to, const struct ranges6 *r)
{
	for (size_t i = 0; i < r->n; i++) {
		ip6_put(to + i * 2 * IP6_SIZE, r->v[i].first);
		ip6_put(to + (i * 2 + 1) * IP6_SIZE, r->v[i].last);
	}
}

static int
area6_set(const struct ranges6 *r, const char *key, struct dict *scan)
{
	unsigned char *buf = malloc(r->n * 2 * IP6_SIZE + 1);
	int rc;

	if (buf == NULL)
		return -1;
	area6_put(buf, r);
	rc = dict_set_bytes(scan, key, buf, r->n * 2 * IP6_SIZE);
	free(buf);
	return rc;
}

static int
area4_get(struct ranges *r, const struct token *t)
{
	if (t->number % 8 != 0)
		return -1;
	for (size_t i = 0; i < t->number; i += 8) {
		uint32_t first = get32(t->bytes + i);
		uint32_t last = get32(t->bytes + i + 4);

		if (first > last || (i > 0 && first <= get32(t->bytes + i - 4)))
			return -1;
		if (ranges_add(r, first, last) == -1)
			return -1;
	}
	ranges_normalise(r);
	return 0;
}

static int
area4_set(const struct ranges *r, const char *key, struct dict *scan)
{
	unsigned char *buf = malloc(r->n * 8 + 1);
	int rc;

	if (buf == NULL)
		return -1;
	for (size_t i = 0; i < r->n; i++) {
		put32(buf + i * 8, ranges_first(r->v[i]));
		put32(buf + i * 8 + 4, ranges_last(r->v[i]));
	}
	rc = dict_set_bytes(scan, key, buf, r->n * 8);
	free(buf);
	return rc;
}

/* Bytes: first and last of each range, big endian, ascending and apart. */
static int
area_get(const struct facts *f, struct ranges *four, struct ranges6 *six,
    const struct dict_entry *e)
{
	struct cursor c = cursor_on(e);
	struct token t;

	if (cursor_next(&c, &t) == -1 || t.kind != TOKEN_BYTES || t.number == 0)
		return -1;
	return f->family == 6 ? area6_get(six, &t) : area4_get(four, &t);
}

static int
networks_get(struct facts *f, const struct fact *k, const struct dict_entry *e)
{
	(void)k;
	return area_get(f, &f->networks, &f->networks6, e);
}

static int
networks_set(const struct facts *f, const struct fact *k, struct dict *scan)
{
	return f->family == 6 ? area6_set(&f->networks6, k->key, scan) :
				area4_set(&f->networks, k->key, scan);
}

static const struct form networks = { networks_get, networks_set };

static int
bounds_get(struct facts *f, const struct fact *k, const struct dict_entry *e)
{
	(void)k;
	return area_get(f, &f->bounds, &f->bounds6, e);
}

static int
bounds_set(const struct facts *f, const struct fact *k, struct dict *scan)
{
	if (f->bounds.n == 0 && f->bounds6.n == 0)
		return 0;
	return f->family == 6 ? area6_set(&f->bounds6, k->key, scan) :
				area4_set(&f->bounds, k->key, scan);
}

static const struct form bounds = { bounds_get, bounds_set };

static int
sources_room(struct facts *f, size_t n)
{
	if (n == 0)
		return -1;
	f->sources = calloc(n, sizeof *f->sources);
	if (f->sources == NULL)
		return -1;
	f->nsources = n;
	return 0;
}

/* A typed array of big-endian numbers, or a list of numbers. */
static int
sources_get(struct facts *f, const struct fact *k, const struct dict_entry *e)
{
	struct cursor c = cursor_on(e);
	struct token t;

	(void)k;
	if (cursor_next(&c, &t) == -1)
		return -1;
	if (f->family == 6)
		return t.number == 0 ? -1 : wide_get(&f->sources6, &t, 16);
	if (t.kind == TOKEN_TAG && t.number == TOKEN_TAG_UINT32_BE) {
		if (cursor_next(&c, &t) == -1 || t.kind != TOKEN_BYTES ||
		    t.number % 4 != 0 || sources_room(f, t.number / 4) == -1)
			return -1;
		for (size_t i = 0; i < f->nsources; i++)
			f->sources[i] = get32(t.bytes + 4 * i);
		return 0;
	}
	if (t.kind != TOKEN_ARRAY || t.indefinite || t.number > c.n ||
	    sources_room(f, t.number) == -1)
		return -1;
	for (size_t i = 0; i < f->nsources; i++)
		if (cursor_number(&c, UINT32_MAX, &f->sources[i]) == -1)
			return -1;
	return 0;
}

static int
sources_set(const struct facts *f, const struct fact *k, struct dict *scan)
{
	size_t size = 2 + 9 + f->nsources * 4;
	unsigned char *buf, *p;
	struct encoder e;
	int rc;

	if (f->family == 6)
		return dict_set_bytes(scan, k->key, f->sources6.bytes,
		    f->sources6.n * 16);
	buf = malloc(size);
	if (buf == NULL)
		return -1;
	e = encoder_on(buf, size);
	encode_tag(&e, TOKEN_TAG_UINT32_BE);
	p = encode_bytes_room(&e, f->nsources * 4);
	for (size_t i = 0; p != NULL && i < f->nsources; i++)
		put32(p + 4 * i, f->sources[i]);
	rc = dict_set(scan, k->key, buf, encode_size(&e));
	free(buf);
	return rc;
}

static const struct form sources = { sources_get, sources_set };

/* --- names, several --- */

static int
interfaces_get(struct facts *f, const struct fact *k,
    const struct dict_entry *e)
{
	struct token list, t;
	ssize_t used = token_next(e->bytes, e->size, &list);
	size_t at = used;

	(void)k;
	if (used <= 0 || list.kind != TOKEN_ARRAY || list.indefinite ||
	    list.number > FACTS_INTERFACES)
		return -1;
	for (size_t i = 0; i < list.number; i++) {
		used = token_next(e->bytes + at, e->size - at, &t);
		if (used <= 0 || t.kind != TOKEN_TEXT || t.number == 0 ||
		    t.number >= sizeof f->interfaces[0] ||
		    memchr(t.bytes, '\0', t.number) != NULL)
			return -1;
		memcpy(f->interfaces[i], t.bytes, t.number);
		f->interfaces[i][t.number] = '\0';
		at += used;
	}
	f->ninterfaces = list.number;
	return 0;
}

static int
interfaces_set(const struct facts *f, const struct fact *k, struct dict *scan)
{
	unsigned char buf[16 + sizeof f->interfaces];
	struct encoder e = encoder_on(buf, sizeof buf);

	encode_array(&e, f->ninterfaces);
	for (size_t i = 0; i < f->ninterfaces; i++)
		encode_text(&e, f->interfaces[i]);
	return dict_set(scan, k->key, buf, encode_size(&e));
}

static const struct form interfaces = { interfaces_get, interfaces_set };

/* --- windows --- */

/* [length, identifiers, prefixes] */
static int
window_get(struct facts_windows *w, struct cursor *c, unsigned above)
{
	struct token t;
	uint32_t length, identifiers;

	if (cursor_next(c, &t) == -1 || t.kind != TOKEN_ARRAY || t.indefinite ||
	    t.number != 3 || cursor_number(c, IP6_BITS, &length) == -1 ||
	    cursor_number(c, UINT16_MAX, &identifiers) == -1 ||
	    cursor_next(c, &t) == -1 || t.kind != TOKEN_BYTES ||
	    length <= above || identifiers == 0 || t.number == 0)
		return -1;
	w->length = length;
	w->identifiers = identifiers;
	return area6_get(&w->prefixes, &t);
}

static int
windows_get(struct facts *f, const struct fact *k, const struct dict_entry *e)
{
	struct cursor c = cursor_on(e);
	unsigned above = 0;
	struct token list;

	(void)k;
	if (cursor_next(&c, &list) == -1 || list.kind != TOKEN_ARRAY ||
	    list.indefinite || list.number > FACTS_WINDOWS)
		return -1;
	while (f->nwindows < list.number) {
		struct facts_windows *w = &f->windows[f->nwindows++];

		if (window_get(w, &c, above) == -1)
			return -1;
		above = w->length;
	}
	return 0;
}

static int
windows_set(const struct facts *f, const struct fact *k, struct dict *scan)
{
	size_t size = 9;
	struct encoder e;
	unsigned char *buf;
	int rc;

	if (f->nwindows == 0)
		return 0;
	for (size_t i = 0; i < f->nwindows; i++)
		size += 4 * 9 + f->windows[i].prefixes.n * 2 * IP6_SIZE;
	buf = malloc(size);
	if (buf == NULL)
		return -1;
	e = encoder_on(buf, size);
	encode_array(&e, f->nwindows);
	for (size_t i = 0; i < f->nwindows; i++) {
		const struct facts_windows *w = &f->windows[i];
		unsigned char *p;

		encode_array(&e, 3);
		encode_uint(&e, w->length);
		encode_uint(&e, w->identifiers);
		p = encode_bytes_room(&e, w->prefixes.n * 2 * IP6_SIZE);
		if (p != NULL)
			area6_put(p, &w->prefixes);
	}
	rc = dict_set(scan, k->key, buf, encode_size(&e));
	free(buf);
	return rc;
}

static const struct form windows = { windows_get, windows_set };

/* --- all of them --- */

#define MEMBER(m) offsetof(struct facts, m), sizeof((struct facts *)0)->m

/* In the order in which zmap-targets(1) and zmap-send(1) write them. */
static const struct fact facts[] = {
	{ "id", FACT_ID, &name, MEMBER(id) },
	{ "lists", FACT_LISTS, &name, MEMBER(lists) },
	{ "seed", FACT_SEED, &number, MEMBER(seed) },
	{ "shard", FACT_SHARD, &number, MEMBER(shard) },
	{ "shards", FACT_SHARDS, &number, MEMBER(shards) },
	/* before addresses, whose form it decides */
	{ "family", FACT_FAMILY, &family, MEMBER(family) },
	{ "ports", FACT_PORTS, &ports, MEMBER(ports) },
	{ "allowed", FACT_ALLOWED, &number, MEMBER(allowed) },
	{ "targets", FACT_TARGETS, &number, MEMBER(targets) },
	{ "total", FACT_TOTAL, &number, MEMBER(total) },
	{ "count", FACT_COUNT, &number, MEMBER(count) },
	{ "polite", FACT_COUNT, &flag, MEMBER(polite) },
	{ "position", FACT_POSITION, &number, MEMBER(position) },
	{ "copies", FACT_COPIES, &number, MEMBER(copies) },
	{ "distance", FACT_DISTANCE, &number, MEMBER(distance) },
	{ "places", FACT_PLACES, &number, MEMBER(places) },
	{ "networks", FACT_NETWORKS, &networks, MEMBER(networks) },
	{ "bounds", FACT_NETWORKS, &bounds, MEMBER(bounds) },
	{ "windows", FACT_NETWORKS, &windows, MEMBER(windows) },
	{ "start", FACT_START, &number, MEMBER(start_ns) },
	{ "probe", FACT_PROBE, &name, MEMBER(probe) },
	{ "probe_file", FACT_PROBE_FILE, &name, MEMBER(probe_file) },
	{ "probe_args", FACT_PROBE_ARGS, &args, MEMBER(probe_args) },
	{ "attribution", FACT_ATTRIBUTION, &name, MEMBER(attribution) },
	{ "marks", FACT_MARKS, &number, MEMBER(marks) },
	{ "probes", FACT_PROBES, &number, MEMBER(probes) },
	{ "source_ips", FACT_SOURCE_IPS, &sources, MEMBER(sources) },
	{ "source_prefix", FACT_SOURCE_PREFIX, &number, MEMBER(source_prefix) },
	{ "source_ports", FACT_SOURCE_PORTS, &source_ports,
	    MEMBER(source_ports) },
	{ "interface", FACT_INTERFACE, &name, MEMBER(interface) },
	{ "interfaces", FACT_INTERFACES, &interfaces, MEMBER(interfaces) },
	{ "gateway_mac", FACT_GATEWAY_MAC, &name, MEMBER(gateway_mac) },
	{ "source_mac", FACT_SOURCE_MAC, &name, MEMBER(source_mac) },
	{ "gateway_ip", FACT_GATEWAY_IP, &name, MEMBER(gateway_ip) },
	{ .key = NULL },
};

int
facts_decode(struct facts *f, const struct dict *scan, uint64_t want, char *why,
    size_t size)
{
	const struct dict_entry *e;

	*f = (struct facts){ .family = 4,
		.shards = 1,
		.probes = 1,
		.source_prefix = IP6_BITS };
	if (want & (FACT_NETWORKS | FACT_SOURCE_IPS))
		want |= FACT_FAMILY;
	for (const struct fact *k = facts; k->key != NULL; k++) {
		if (!(want & k->bit) || (e = dict_get(scan, k->key)) == NULL)
			continue;
		errno = 0;
		if (k->form->get(f, k, e) == -1) {
			if (errno == 0)
				snprintf(why, size, "header: bad %s", k->key);
			else
				snprintf(why, size, "%s", strerror(errno));
			return -1;
		}
		f->has |= k->bit;
	}
	return 0;
}

void
facts_free(struct facts *f)
{
	ranges_free(&f->ports);
	ranges_free(&f->networks);
	ranges6_free(&f->networks6);
	ranges_free(&f->bounds);
	ranges6_free(&f->bounds6);
	for (size_t i = 0; i < f->nwindows; i++)
		ranges6_free(&f->windows[i].prefixes);
	free(f->probe_args);
	free(f->sources);
	free(f->sources6.bytes);
	*f = (struct facts){ .family = 4 };
}

int
facts_encode(const struct facts *f, struct dict *scan)
{
	for (const struct fact *k = facts; k->key != NULL; k++)
		if (f->has & k->bit && k->form->set(f, k, scan) == -1)
			return -1;
	return 0;
}

/*
 * The networks, in a header, are rounded up where they are more than this: then
 * they may hold what is in the blacklist.
 */
#define NETWORKS_EXACT 16384

bool
facts_allow_sibling(const struct facts *f, uint32_t address)
{
	if (!(f->has & FACT_NETWORKS) || f->family == 6)
		return false;
	if (f->bounds.n > 0)
		return ranges_contain(&f->bounds, address) != 0;
	return f->networks.n < NETWORKS_EXACT &&
	    ranges_contain(&f->networks, address) != 0;
}

bool
facts_allow_sibling6(const struct facts *f, struct ip6 address)
{
	if (!(f->has & FACT_NETWORKS) || f->family != 6)
		return false;
	if (f->bounds6.n > 0)
		return ranges6_contain(&f->bounds6, address);
	return f->networks6.n < NETWORKS_EXACT &&
	    ranges6_contain(&f->networks6, address);
}

int
facts_ports(const struct facts *f, uint16_t **list, size_t *n)
{
	const struct ranges *r = &f->ports;
	uint64_t count = r->n == 0 ? 0 : ranges_count(r);

	*n = 0;
	*list = malloc((count + 1) * sizeof **list);
	if (*list == NULL)
		return -1;
	for (size_t i = 0; i < r->n; i++)
		for (uint32_t port = ranges_first(r->v[i]);
		     port <= ranges_last(r->v[i]); port++)
			(*list)[(*n)++] = port;
	return 0;
}

void
facts_identify(struct status *s, const struct dict *scan)
{
	struct facts f;
	char why[64];

	/* a stage that uses the scan says what is wrong with it */
	facts_decode(&f, scan, FACT_ID | FACT_SHARD | FACT_SHARDS, why,
	    sizeof why);
	status_scan(s, f.id, f.shard, f.shards);
	facts_free(&f);
}
