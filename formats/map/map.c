/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map: a picture of the address space as PNG, by libgd.
 *
 * Addresses follow a Hilbert curve, so that every prefix is a square, or half
 * of one.  The space is cut into cells of equal size, at most one for a pixel;
 * records are counted per cell, and all is drawn at the end:
 *
 *	+--------------------+
 *	| title              |
 *	| +----------------+ |
 *	| | map, with a    | |
 *	| | grid and names | |
 *	| +----------------+ |
 *	| legend             |
 *	+--------------------+
 */
#include <arpa/inet.h>
#include <errno.h>
#include <gd.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/number.h"
#include "formats/format.h"
#include "formats/map/map.h"
#include "scan/facts.h"

#define SIZE_DEFAULT 4096
#define SIZE_MIN     256
#define SIZE_MAX_MAP 8192
#define CELL_MAX     64 /* pixels of an address, if size is free */
#define GRID_MIN     56 /* pixels of a labelled square, at least */

enum column_index { SADDR, SUCCESS, CLASSIFICATION, ICMP_TYPE };

/* --- arguments --- */

static int
take_prefix(struct format_state *f, struct map *s, const char *arg)
{
	char address[INET_ADDRSTRLEN];
	const char *slash = strchr(arg, '/');
	struct in_addr in;
	uint64_t bits;

	if (slash == NULL || (size_t)(slash - arg) >= sizeof address)
		return format_misuse(f,
		    "prefix=%s: an address, a slash and a length are wanted",
		    arg);
	memcpy(address, arg, slash - arg);
	address[slash - arg] = '\0';
	if (inet_pton(AF_INET, address, &in) != 1 ||
	    number_whole(slash + 1, 0, 24, &bits) == -1)
		return format_misuse(f,
		    "prefix=%s: not a prefix of at most 24 bits", arg);
	s->bits = bits;
	s->first = ntohl(in.s_addr);
	if (bits < 32)
		s->first &= bits == 0 ? 0 : UINT32_MAX << (32 - bits);
	s->prefix_given = true;
	return 0;
}

static int
take_arg(struct format_state *f, struct map *s, char *arg)
{
	char *value = strchr(arg, '=');
	uint64_t n;

	if (value == NULL)
		return format_misuse(f, "map: '%s' has no value", arg);
	*value++ = '\0';
	if (strcmp(arg, "prefix") == 0)
		return take_prefix(f, s, value);
	if (strcmp(arg, "by") == 0) {
		s->by_class = strcmp(value, "class") == 0;
		if (!s->by_class && strcmp(value, "answers") != 0)
			return format_misuse(f, "by=%s: answers or class",
			    value);
		return 0;
	}
	if (strcmp(arg, "cell") == 0) {
		if (number_whole(value, 1, 32, &n) == -1)
			return format_misuse(f,
			    "cell=%s: must be a whole number from 1 to 32",
			    value);
		s->cell = n;
		return 0;
	}
	if (strcmp(arg, "size") == 0) {
		if (number_whole(value, SIZE_MIN, SIZE_MAX_MAP, &n) == -1 ||
		    (n & (n - 1)) != 0)
			return format_misuse(f,
			    "size=%s: must be a power of two from %d to %d",
			    value, SIZE_MIN, SIZE_MAX_MAP);
		s->size = n;
		return 0;
	}
	if (strcmp(arg, "font") == 0) {
		if (strlen(value) >= sizeof s->font)
			return format_misuse(f, "font: path too long");
		strcpy(s->font, value);
		return 0;
	}
	return format_misuse(f, "map knows no argument '%s'", arg);
}

static int
take_args(struct format_state *f, struct map *s)
{
	char *arg, *comma;

	if (f->config->args == NULL)
		return 0;
	s->text = arg = strdup(f->config->args);
	if (arg == NULL)
		return format_fail(f, "%s", strerror(ENOMEM));
	for (; arg != NULL; arg = comma) {
		/* a title has commas */
		if (strncmp(arg, "title=", 6) == 0) {
			s->title = arg + 6;
			return 0;
		}
		comma = strchr(arg, ',');
		if (comma != NULL)
			*comma++ = '\0';
		if (take_arg(f, s, arg) == -1)
			return -1;
	}
	return 0;
}

/*
 * Opens the font while files may still be opened: gd keeps it, under this
 * name.
 */
static int
find_font(struct format_state *f, struct map *s)
{
	static const char *const paths[] = {
		"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
		"/usr/share/fonts/dejavu/DejaVuSans.ttf",
		"/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
		"/usr/share/fonts/TTF/DejaVuSans.ttf",
		NULL,
	};
	int box[8];
	const char *why;
	size_t i;

	for (i = 0; s->font[0] == '\0' && paths[i] != NULL; i++)
		if (access(paths[i], R_OK) == 0)
			strcpy(s->font, paths[i]);
	if (s->font[0] == '\0')
		return format_fail(f,
		    "no font found: the map needs fonts-dejavu-core, or font=path");
	if (gdFontCacheSetup() != 0)
		return format_fail(f, "%s", strerror(ENOMEM));
	why = gdImageStringFT(NULL, box, 0, s->font, 12, 0, 0, 0, "0");
	return why == NULL ? 0 : format_fail(f, "%s: %s", s->font, why);
}

static int
prepare(struct format_state *f)
{
	struct map *s = calloc(1, sizeof *s);

	f->state = s;
	if (s == NULL)
		return format_fail(f, "%s", strerror(ENOMEM));
	if (take_args(f, s) == -1)
		return -1;
	return find_font(f, s);
}

/* --- counting --- */

/* The smallest prefix of at most 24 bits that holds all ranges. */
static void
cover(struct map *s, const struct ranges *r)
{
	uint32_t first = ranges_first(r->v[0]);
	uint32_t last = ranges_last(r->v[r->n - 1]);

	s->bits = 24;
	while (s->bits > 0 && (first ^ last) >> (32 - s->bits) != 0)
		s->bits--;
	s->first = s->bits == 0 ? 0 : first & (UINT32_MAX << (32 - s->bits));
}

static void
measure(struct map *s)
{
	unsigned space = 32 - s->bits, k;

	/* of a small prefix, a smaller picture will do */
	if (s->size == 0)
		for (s->size = SIZE_DEFAULT;
		     s->size > (uint32_t)CELL_MAX << (space + 1) / 2;
		     s->size /= 2)
			;
	/* by twos, so that cells are squares like the whole, or its half */
	while ((uint64_t)1 << ((space - s->shift + 1) / 2) > s->size)
		s->shift += 2;
	s->cells = (uint64_t)1 << (space - s->shift);
	s->half = (space - s->shift) % 2 != 0;
	s->order = (space - s->shift + 1) / 2;
	s->scale = s->size >> s->order;
	s->width = s->size;
	s->height = s->half ? s->size / 2 : s->size;
	/* squares, too */
	for (k = 8 - s->half;
	     k > 2 && (s->size >> ((k + 1) / 2) < GRID_MIN || s->bits + k > 32);
	     k -= 2)
		;
	s->grid = s->bits + k;
	s->em = s->size / 64 < 9 ? 9 : s->size / 64;
}

/* Sets the bits of the cells that were scanned at all. */
static void
mark(struct map *s, const struct ranges *r)
{
	uint64_t last = s->first + ((uint64_t)1 << (32 - s->bits)) - 1;
	uint64_t a, b;
	size_t i;

	for (i = 0; i < r->n; i++) {
		a = ranges_first(r->v[i]);
		b = ranges_last(r->v[i]);
		if (b < s->first || a > last)
			continue;
		a = a < s->first ? 0 : (a - s->first) >> s->shift;
		b = ((b > last ? last : b) - s->first) >> s->shift;
		for (; a <= b; a++)
			s->scanned[a / 8] |= 1 << a % 8;
	}
}

/* "tcp_synscan, port 80" */
static void
describe(struct map *s, const struct facts *facts)
{
	const struct ranges *ports = &facts->ports;
	const char *probe = facts->probe;
	uint64_t n = ports->n == 0 ? 0 : ranges_count(ports);

	s->start = facts->start_ns;
	if (n == 1)
		snprintf(s->what, sizeof s->what, "%s, port %u", probe,
		    ranges_first(ports->v[0]));
	else if (n > 1)
		snprintf(s->what, sizeof s->what, "%s, %" PRIu64 " ports",
		    probe, n);
	else
		snprintf(s->what, sizeof s->what, "%s", probe);
}

static int
open_map(struct format_state *f)
{
	struct map *s = f->state;
	struct facts facts;
	bool known;

	if (facts_decode(&facts, &f->header->scan,
		FACT_PROBE | FACT_START | FACT_PORTS | FACT_NETWORKS, f->why,
		sizeof f->why) == -1) {
		facts_free(&facts);
		return -1;
	}
	known = facts.networks.n > 0;
	describe(s, &facts);
	if (!s->prefix_given && known)
		cover(s, &facts.networks);
	measure(s);
	if (s->by_class)
		s->by = calloc(s->cells, sizeof *s->by);
	else
		s->answers = calloc(s->cells, sizeof *s->answers);
	if (known) {
		s->scanned = calloc(1, s->cells / 8 + 1);
		if (s->scanned != NULL)
			mark(s, &facts.networks);
	}
	facts_free(&facts);
	if ((s->by == NULL && s->answers == NULL) ||
	    (known && s->scanned == NULL))
		return format_fail(f, "%s", strerror(ENOMEM));
	return 0;
}

/* More networks, of another scan or shard. */
static int
segment(struct format_state *f)
{
	struct map *s = f->state;
	struct facts facts;
	int rc;

	rc = facts_decode(&facts, &f->header->scan, FACT_NETWORKS, f->why,
	    sizeof f->why);
	if (facts.networks.n == 0) {
		free(s->scanned);
		s->scanned = NULL;
	} else if (s->scanned != NULL)
		mark(s, &facts.networks);
	facts_free(&facts);
	return rc;
}

static bool
is_text(const struct value *v, const char *s)
{
	return v->type == VALUE_TEXT && v->size == strlen(s) &&
	    memcmp(v->bytes, s, v->size) == 0;
}

static enum map_class
classify(const struct value v[])
{
	if (v[ICMP_TYPE].type == VALUE_UINT)
		return v[ICMP_TYPE].number == 0 ? OPEN : UNREACHABLE;
	if ((v[SUCCESS].type == VALUE_BOOL || v[SUCCESS].type == VALUE_UINT) &&
	    v[SUCCESS].number != 0)
		return OPEN;
	return is_text(&v[CLASSIFICATION], "rst") ? CLOSED : OTHER;
}

static int
record(struct format_state *f, const struct stream_item *item)
{
	struct map *s = f->state;
	struct value v[ICMP_TYPE + 1];
	const unsigned char *p;
	uint32_t address, cell;
	uint16_t *count;
	size_t i;

	for (i = 0; i <= ICMP_TYPE; i++)
		v[i] = column_value(&f->columns->list[i], item->values,
		    item->nvalues);
	p = v[SADDR].bytes;
	if (v[SADDR].type != VALUE_BYTES || v[SADDR].size != 4) {
		format_fail(f, "the map is of IPv4 addresses");
		return 0;
	}
	address = get32(p);
	if (s->bits > 0 && (address ^ s->first) >> (32 - s->bits) != 0) {
		format_fail(f, "outside of the map");
		return 0;
	}
	cell = (address - s->first) >> s->shift;
	s->results++;
	if (s->by_class) {
		count = &s->by[cell][classify(v)];
		*count += *count < UINT16_MAX;
	} else
		s->answers[cell] += s->answers[cell] < UINT32_MAX;
	return 1;
}

static int
close_map(struct format_state *f)
{
	struct map *s = f->state;
	int rc = 0;

	if (s == NULL)
		return 0;
	/* what arrived is drawn, even if more should have */
	if (s->by != NULL || s->answers != NULL)
		rc = map_draw(f, s);
	gdFontCacheShutdown();
	free(s->by);
	free(s->answers);
	free(s->scanned);
	free(s->text);
	free(s);
	return rc;
}

const struct format format_map = {
	.name = "map",
	.help = "a picture of the address space along a Hilbert curve, PNG",
	.fields = "saddr,success?,classification?,icmp_type?",
	.fixed = true,
	.binary = true,
	.prepare = prepare,
	.open = open_map,
	.segment = segment,
	.record = record,
	.close = close_map,
};
