/* SPDX-License-Identifier: Apache-2.0 */
/* What a receiver looks up for each answer; see scan.h. */
#include "scan/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
by_address(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int
list_ports(struct scan *s)
{
	if (facts_ports(&s->facts, &s->ports, &s->nports) == -1)
		return -1;
	for (size_t i = 0; i < s->nports; i++)
		s->port_set[s->ports[i] / 8] |= 1 << s->ports[i] % 8;
	return 0;
}

/*
 * by_16[h] is the first range that does not end before the /16 number h, so
 * that few ranges are left to look at.
 */
static int
index_networks(struct scan *s)
{
	const struct ranges *r = &s->facts.networks;
	size_t at = 0;

	s->by_16 = calloc(65537, sizeof *s->by_16);
	if (s->by_16 == NULL)
		return -1;
	for (uint32_t h = 0; h < 65536; h++) {
		while (at < r->n && ranges_last(r->v[at]) < h << 16)
			at++;
		s->by_16[h] = at;
	}
	s->by_16[65536] = r->n;
	return 0;
}

bool
scan_allows(const struct scan *s, uint32_t address)
{
	const struct ranges *r = &s->facts.networks;
	uint32_t low, high, mid;

	if (s->by_16 == NULL)
		return true;
	/* the first range that does not end before address */
	low = s->by_16[address >> 16];
	high = s->by_16[(address >> 16) + 1];
	while (low < high) {
		mid = low + (high - low) / 2;
		if (ranges_last(r->v[mid]) < address)
			low = mid + 1;
		else
			high = mid;
	}
	return low < r->n && ranges_first(r->v[low]) <= address;
}

bool
scan_is_ours(const struct scan *s, uint32_t address)
{
	const uint32_t *sources = s->facts.sources;
	size_t low = 0, high = s->facts.nsources, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (sources[mid] < address)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->facts.nsources && sources[low] == address;
}

static int
by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, IP6_SIZE);
}

bool
scan_allows6(const struct scan *s, struct ip6 address)
{
	return !(s->facts.has & FACT_NETWORKS) ||
	    ranges6_contain(&s->facts.networks6, address);
}

bool
scan_is_ours6(const struct scan *s, struct ip6 address)
{
	unsigned char key[IP6_SIZE];

	ip6_put(key, ip6_first(address, (unsigned)s->facts.source_prefix));
	return bsearch(key, s->facts.sources6.bytes, s->facts.sources6.n,
		   IP6_SIZE, by_bytes) != NULL;
}

/* Results come without, see zmap-stream(5). */
static int
read_key(struct scan *s, const struct header *h)
{
	const unsigned char *p;
	size_t n;

	if (strcmp(h->kind, "results") == 0)
		return 0;
	if (dict_bytes(&h->other, "key", &p, &n) == -1 || n != sizeof s->key)
		return -1;
	memcpy(s->key, p, n);
	return 0;
}

int
scan_read(struct scan *s, const struct header *h, char *why, size_t size)
{
	const struct facts *f = &s->facts;
	const char *wrong = NULL;

	*s = (struct scan){ .probes = 1, .marks = 1 };
	if (facts_decode(&s->facts, &h->scan, FACT_FAMILY, why, size) == -1)
		return -1;
	if (facts_decode(&s->facts, &h->scan, FACT_ALL, why, size) == -1)
		return -1;
	if (!(f->has & FACT_PROBE))
		wrong = "header: no probe";
	else if (read_key(s, h) == -1)
		wrong = "header: no validation key";
	else if (!(f->has & FACT_SOURCE_IPS))
		wrong = "header: no source_ips";
	else if (f->source_prefix > IP6_BITS)
		wrong = "header: bad source_prefix";
	else if (list_ports(s) == -1 ||
	    (f->family == 4 && f->has & FACT_NETWORKS &&
		index_networks(s) == -1))
		wrong = "out of memory";
	if (wrong != NULL) {
		snprintf(why, size, "%s", wrong);
		return -1;
	}
	if (f->family == 6)
		qsort(f->sources6.bytes, f->sources6.n, IP6_SIZE, by_bytes);
	else
		qsort(f->sources, f->nsources, sizeof *f->sources, by_address);
	s->probes = f->probes < 1 ? 1 : f->probes > 65536 ? 65536 : f->probes;
	if (f->has & FACT_MARKS && f->marks == 2)
		s->marks = 2;
	return 0;
}

void
scan_free(struct scan *s)
{
	facts_free(&s->facts);
	free(s->ports);
	free(s->by_16);
	*s = (struct scan){ .probes = 0 };
}
