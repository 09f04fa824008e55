/* SPDX-License-Identifier: Apache-2.0 */
/* A probes header taken apart; see scan.h. */
#include "scan/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr/ranges.h"
#include "base/bytes.h"
#include "scan/spans.h"
#include "stream/token.h"

#define TAG_UINT32_BE 66 /* typed arrays, RFC 8746 2.1 */

static int
by_address(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* A list of numbers, or a typed array of them. */
static int
read_sources(struct scan *s, const struct dict_entry *e)
{
	struct token t;
	ssize_t used;
	size_t at, i, n;

	used = token_next(e->bytes, e->size, &t);
	if (used <= 0)
		return -1;
	at = used;
	if (t.kind == TOKEN_TAG && t.number == TAG_UINT32_BE) {
		if (token_next(e->bytes + at, e->size - at, &t) <= 0 ||
		    t.kind != TOKEN_BYTES || t.number % 4 != 0)
			return -1;
		n = t.number / 4;
	} else if (t.kind == TOKEN_ARRAY && !t.indefinite &&
	    t.number <= e->size)
		n = t.number;
	else
		return -1;
	if (n == 0)
		return -1;
	s->sources = calloc(n, sizeof *s->sources);
	if (s->sources == NULL)
		return -1;
	s->nsources = n;
	for (i = 0; i < n && t.kind == TOKEN_BYTES; i++)
		s->sources[i] = get32(t.bytes + 4 * i);
	for (; i < n; i++) {
		used = token_next(e->bytes + at, e->size - at, &t);
		if (used <= 0 || t.kind != TOKEN_UINT || t.number > UINT32_MAX)
			return -1;
		s->sources[i] = t.number;
		at += used;
	}
	qsort(s->sources, n, sizeof *s->sources, by_address);
	return 0;
}

static int
read_ports(struct scan *s, const struct dict *scan)
{
	struct ranges r = { 0 };
	uint32_t port;
	size_t i;
	int rc;

	s->ports = calloc(65536, sizeof *s->ports);
	rc = s->ports == NULL ? -1 : spans_get_ports(scan, &r);
	for (i = 0; rc == 0 && i < r.n; i++)
		for (port = ranges_first(r.v[i]); port <= ranges_last(r.v[i]);
		     port++) {
			s->port_set[port / 8] |= 1 << port % 8;
			s->ports[s->nports++] = port;
		}
	ranges_free(&r);
	return rc;
}

int
scan_ports(const struct header *h, uint16_t **ports, size_t *n)
{
	struct scan *s = calloc(1, sizeof *s);
	int rc = -1;

	*ports = NULL;
	*n = 0;
	if (s != NULL &&
	    (dict_get(&h->scan, "ports") == NULL ||
		read_ports(s, &h->scan) == 0)) {
		*ports = s->ports;
		*n = s->nports;
		s->ports = NULL;
		rc = 0;
	}
	if (s != NULL)
		free(s->ports);
	free(s);
	return rc;
}

static int
read_source_ports(struct scan *s, const struct dict_entry *e)
{
	struct token list, t;
	ssize_t used;
	size_t at, i;
	uint32_t v[2];

	/* [first, last]: a pair by itself, not a list of ranges */
	used = token_next(e->bytes, e->size, &list);
	if (used <= 0 || list.kind != TOKEN_ARRAY || list.indefinite ||
	    list.number != 2)
		return -1;
	at = used;
	for (i = 0; i < 2; i++) {
		used = token_next(e->bytes + at, e->size - at, &t);
		if (used <= 0 || t.kind != TOKEN_UINT || t.number > 65535)
			return -1;
		v[i] = t.number;
		at += used;
	}
	if (v[0] > v[1])
		return -1;
	s->source_port_first = v[0];
	s->source_port_count = v[1] - v[0] + 1;
	return 0;
}

/*
 * Pairs of big-endian first and last, ascending and apart.  by_16[h] is the
 * first range that does not end before the /16 number h, so that few ranges
 * are left to look at.
 */
static int
read_networks(struct scan *s, const unsigned char *p, size_t n)
{
	struct scan_range *r;
	size_t i, at = 0;
	uint32_t h;

	if (n == 0 || n % 8 != 0)
		return -1;
	s->networks = calloc(n / 8, sizeof *s->networks);
	s->by_16 = calloc(65537, sizeof *s->by_16);
	if (s->networks == NULL || s->by_16 == NULL)
		return -1;
	s->nnetworks = n / 8;
	for (i = 0; i < s->nnetworks; i++) {
		r = &s->networks[i];
		r->first = get32(p + 8 * i);
		r->last = get32(p + 8 * i + 4);
		if (r->first > r->last ||
		    (i > 0 && r->first <= s->networks[i - 1].last))
			return -1;
	}
	for (h = 0; h < 65536; h++) {
		while (at < s->nnetworks && s->networks[at].last < h << 16)
			at++;
		s->by_16[h] = at;
	}
	s->by_16[65536] = s->nnetworks;
	return 0;
}

bool
scan_allows(const struct scan *s, uint32_t address)
{
	uint32_t low, high, mid;

	if (s->nnetworks == 0)
		return true;
	/* the first range that does not end before address */
	low = s->by_16[address >> 16];
	high = s->by_16[(address >> 16) + 1];
	while (low < high) {
		mid = low + (high - low) / 2;
		if (s->networks[mid].last < address)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->nnetworks && s->networks[low].first <= address;
}

bool
scan_is_ours(const struct scan *s, uint32_t address)
{
	size_t low = 0, high = s->nsources, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (s->sources[mid] < address)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->nsources && s->sources[low] == address;
}

static int
read_all(struct scan *s, const struct header *h, char *why, size_t size)
{
	const struct dict_entry *e;
	const unsigned char *p;
	uint64_t v = 4;
	size_t n;

	dict_uint(&h->scan, "family", &v);
	if (v != 4) {
		snprintf(why, size, "a scan of IPv6: only IPv4 is supported");
		return -1;
	}
	if (dict_text(&h->scan, "probe", s->probe, sizeof s->probe) == -1) {
		snprintf(why, size, "header: no probe");
		return -1;
	}
	if (dict_get(&h->scan, "probe_file") != NULL &&
	    dict_text(&h->scan, "probe_file", s->probe_file,
		sizeof s->probe_file) == -1) {
		snprintf(why, size, "header: bad probe_file");
		return -1;
	}
	/* results come without, see zmap-stream(5) */
	if (strcmp(h->kind, "results") != 0) {
		if (dict_bytes(&h->other, "key", &p, &n) == -1 ||
		    n != sizeof s->key) {
			snprintf(why, size, "header: no validation key");
			return -1;
		}
		memcpy(s->key, p, n);
	}
	e = dict_get(&h->scan, "source_ips");
	if (e == NULL || read_sources(s, e) == -1) {
		snprintf(why, size, "header: bad source_ips");
		return -1;
	}
	if (dict_get(&h->scan, "ports") != NULL &&
	    read_ports(s, &h->scan) == -1) {
		snprintf(why, size, "header: bad ports");
		return -1;
	}
	e = dict_get(&h->scan, "source_ports");
	if (e != NULL && read_source_ports(s, e) == -1) {
		snprintf(why, size, "header: bad source_ports");
		return -1;
	}
	if (dict_bytes(&h->scan, "networks", &p, &n) == 0 &&
	    read_networks(s, p, n) == -1) {
		snprintf(why, size, "header: bad networks");
		return -1;
	}
	v = 1;
	dict_uint(&h->scan, "probes", &v);
	s->probes = v < 1 ? 1 : v > 65536 ? 65536 : v;
	dict_uint(&h->scan, "seed", &s->seed);
	dict_uint(&h->scan, "start", &s->start_ns);
	dict_text(&h->scan, "interface", s->interface, sizeof s->interface);
	return 0;
}

int
scan_read(struct scan *s, const struct header *h, char *why, size_t size)
{
	const struct dict_entry *e;
	struct token t;

	*s = (struct scan){ .probes = 1 };
	e = dict_get(&h->scan, "probe_args");
	if (e != NULL && token_next(e->bytes, e->size, &t) > 0 &&
	    t.kind == TOKEN_TEXT) {
		s->args = strndup((const char *)t.bytes, t.number);
		if (s->args == NULL) {
			snprintf(why, size, "out of memory");
			return -1;
		}
	}
	return read_all(s, h, why, size);
}

void
scan_free(struct scan *s)
{
	free(s->args);
	free(s->ports);
	free(s->sources);
	free(s->networks);
	free(s->by_16);
	*s = (struct scan){ .probes = 0 };
}
