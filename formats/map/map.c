/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map: a picture of the address space as PNG, by libgd.
 *
 * Addresses follow a Hilbert curve, so that every prefix is a square, or half
 * of one.  The space is cut into cells of equal size, at most one for a pixel;
 * records are counted per cell, and all is drawn at the end.  Of IPv6 it is a
 * window: up to 32 bits behind a prefix, whatever the rest of an address is.
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
#include "formats/ends.h"
#include "formats/format.h"
#include "formats/map/map.h"
#include "scan/facts.h"

#define SIZE_DEFAULT 4096
#define SIZE_MIN     256
#define SIZE_MAX_MAP 8192
#define CELL_MAX     64 /* pixels of an address, if size is free */
#define SPACE_MIN    8	/* bits that a picture has */
#define SPACE_MAX    32
#define GRID_MIN     56 /* pixels of a labelled square, at least */

enum column_index { SADDR, SUCCESS, CLASSIFICATION, ICMP_TYPE, REPEAT };

/* --- arguments --- */

/*
 * Where what is behind a prefix of IPv6 ends, if it is not said: networks are
 * told apart up to their /64, and hosts inside of one.
 */
static unsigned
natural_end(unsigned bits)
{
	unsigned end = bits <= 64 - SPACE_MIN ? 64 : IP6_BITS;

	return end - bits > SPACE_MAX ? bits + SPACE_MAX : end;
}

/* length, or length-end of a window */
static int
take_lengths(struct map *s, char *text)
{
	const unsigned whole = s->family == 4 ? 32 : IP6_BITS;
	char *dash = strchr(text, '-');
	uint64_t bits, end = 32;

	if (dash != NULL)
		*dash++ = '\0';
	if (number_whole(text, 0, whole - SPACE_MIN, &bits) == -1)
		return -1;
	if (s->family == 6)
		end = natural_end(bits);
	if (dash != NULL && number_whole(dash, 0, whole, &end) == -1)
		return -1;
	if (end < bits + SPACE_MIN || end > bits + SPACE_MAX)
		return -1;
	s->bits = bits;
	s->end = end;
	s->first = ip6_first(s->first, bits);
	return 0;
}

static int
map_take_prefix(struct format_state *f, struct map *s, const char *arg)
{
	char text[INET6_ADDRSTRLEN + 16], *slash;
	unsigned char four[4], six[IP6_SIZE];

	if (snprintf(text, sizeof text, "%s", arg) >= (int)sizeof text)
		return format_misuse(f, "prefix=%s: too long", arg);
	slash = strchr(text, '/');
	if (slash == NULL)
		return format_misuse(f,
		    "prefix=%s: an address, a slash and a length are wanted",
		    arg);
	*slash++ = '\0';
	s->family = strchr(text, ':') != NULL ? 6 : 4;
	if (inet_pton(s->family == 6 ? AF_INET6 : AF_INET, text,
		s->family == 6 ? six : four) != 1)
		return format_misuse(f, "prefix=%s: '%s' is no address", arg,
		    text);
	s->first = s->family == 6 ?
	    ip6_get(six) :
	    (struct ip6){ (uint64_t)get32(four) << 32, 0 };
	if (take_lengths(s, slash) == -1)
		return format_misuse(f, "prefix=%s: not a prefix of %s", arg,
		    s->family == 4 ?
			"at most 24 bits" :
			"IPv6, or a window, with 8 to 32 bits behind it");
	s->prefix_given = true;
	return 0;
}

static int
take_switch(struct format_state *f, const char *arg, const char *value,
    bool *on)
{
	*on = strcmp(value, "yes") == 0;
	if (!*on && strcmp(value, "no") != 0)
		return format_misuse(f, "%s=%s: yes or no", arg, value);
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
		return map_take_prefix(f, s, value);
	if (strcmp(arg, "by") == 0) {
		s->by_class = strcmp(value, "class") == 0;
		s->by_share = strcmp(value, "share") == 0;
		if (!s->by_class && !s->by_share &&
		    strcmp(value, "answers") != 0)
			return format_misuse(f,
			    "by=%s: answers, share or class", value);
		return 0;
	}
	if (strcmp(arg, "repeats") == 0)
		return take_switch(f, arg, value, &s->repeats);
	if (strcmp(arg, "reserved") == 0)
		return take_switch(f, arg, value, &s->reserved);
	if (strcmp(arg, "labels") == 0) {
		labels_free(&s->labels);
		return labels_read(&s->labels, value, f->why, sizeof f->why);
	}
	if (strcmp(arg, "cell") == 0) {
		if (number_whole(value, 1, IP6_BITS, &n) == -1)
			return format_misuse(f,
			    "cell=%s: must be a whole number from 1 to 128",
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
	s->reserved = true;
	if (take_args(f, s) == -1)
		return -1;
	return find_font(f, s);
}

/* --- counting --- */

/* The smallest prefix of at most 24 bits that holds all ranges. */
static void
map_cover(struct map *s, const struct ranges *r)
{
	struct ip6 first = { (uint64_t)ranges_first(r->v[0]) << 32, 0 };
	struct ip6 last = { (uint64_t)ranges_last(r->v[r->n - 1]) << 32, 0 };

	s->bits = ip6_common(first, last);
	if (s->bits > 32 - SPACE_MIN)
		s->bits = 32 - SPACE_MIN;
	s->first = ip6_first(first, s->bits);
}

/* The same, behind which there are enough bits up to the natural end. */
static void
cover6(struct map *s, const struct ranges6 *r)
{
	struct ip6 first = r->v[0].first;

	s->bits = ip6_common(first, r->v[r->n - 1].last);
	if (s->bits > IP6_BITS - SPACE_MIN)
		s->bits = IP6_BITS - SPACE_MIN;
	if (s->bits < 64 && s->bits > 64 - SPACE_MIN)
		s->bits = 64 - SPACE_MIN;
	s->first = ip6_first(first, s->bits);
	s->end = natural_end(s->bits);
}

static void
map_measure(struct map *s)
{
	unsigned space = s->end - s->bits, k;

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
	for (k = 8 - s->half; k > 2 &&
	     (s->size >> ((k + 1) / 2) < GRID_MIN || s->bits + k > s->end);
	     k -= 2)
		;
	s->grid = s->bits + k;
	s->em = s->size / 64 < 9 ? 9 : s->size / 64;
}

static bool
is_inside(const struct map *s, struct ip6 a)
{
	return ip6_equal(ip6_first(a, s->bits), s->first);
}

/* What is told apart: addresses of IPv4, networks of IPv6. */
static uint64_t
unit_of(const struct map *s, struct ip6 a)
{
	return (ip6_number(a) - ip6_number(s->first)) >> (IP6_BITS - s->end);
}

/* The cell of an address that is inside. */
static uint32_t
cell_of(const struct map *s, struct ip6 a)
{
	return unit_of(s, a) >> s->shift;
}

/* Sets the bits of the cells that were scanned at all. */
static void
mark_units(struct map *s, uint64_t a, uint64_t b)
{
	for (a >>= s->shift, b >>= s->shift; a <= b; a++)
		s->scanned[a / 8] |= 1 << a % 8;
}

/* Of each cell, how many of its units may be probed. */
static void
count_units(struct map *s, uint64_t a, uint64_t b)
{
	uint64_t cell, end;

	for (; a <= b; a = end + 1) {
		cell = a >> s->shift;
		end = ((cell + 1) << s->shift) - 1;
		end = end > b ? b : end;
		s->space[cell] += (uint32_t)(end - a + 1);
	}
}

typedef void unit_visitor(struct map *, uint64_t first, uint64_t last);

static void
visit_range(struct map *s, struct ip6 first, struct ip6 last,
    unit_visitor *visit)
{
	struct ip6 end = ip6_last(s->first, s->bits);

	if (ip6_less(last, s->first) || ip6_less(end, first))
		return;
	visit(s, is_inside(s, first) ? unit_of(s, first) : 0,
	    unit_of(s, is_inside(s, last) ? last : end));
}

/* What was scanned, as far as it is on the map. */
static void
visit_networks(struct map *s, const struct facts *facts, unit_visitor *visit)
{
	const struct ranges *r = &facts->networks;
	const struct ranges6 *six = &facts->networks6;
	size_t i;

	for (i = 0; s->family == 4 && i < r->n; i++)
		visit_range(s,
		    (struct ip6){ (uint64_t)ranges_first(r->v[i]) << 32, 0 },
		    (struct ip6){ (uint64_t)ranges_last(r->v[i]) << 32 |
			    UINT32_MAX,
			UINT64_MAX },
		    visit);
	for (i = 0; s->family == 6 && i < six->n; i++)
		visit_range(s, six->v[i].first, six->v[i].last, visit);
}

static bool
knows_networks(const struct map *s, const struct facts *facts)
{
	return s->family == 6 ? facts->networks6.n > 0 : facts->networks.n > 0;
}

/* The family and the part of it that are drawn. */
static int
choose_space(struct format_state *f, struct map *s, const struct facts *facts)
{
	if (s->prefix_given) {
		if (s->family == facts->family)
			return 0;
		return format_misuse(f,
		    "prefix=: this is of IPv%u, and the scan is of IPv%u",
		    s->family, (unsigned)facts->family);
	}
	s->family = facts->family;
	if (s->family == 4) {
		s->end = 32;
		if (facts->networks.n > 0)
			map_cover(s, &facts->networks);
		return 0;
	}
	s->end = natural_end(0);
	if (facts->networks6.n > 0)
		cover6(s, &facts->networks6);
	return 0;
}

/* Targets of each unit, if all have as many: of IPv6, one to each address. */
static double
find_density(const struct map *s, const struct facts *facts)
{
	const struct ranges6 *r = &facts->networks6;
	const unsigned shift = IP6_BITS - s->end;
	double units = 0;
	size_t i;

	if (s->family == 4 || !(facts->has & FACT_ALLOWED))
		return 1;
	for (i = 0; i < r->n; i++)
		units += (double)((ip6_number(r->v[i].last) >> shift) -
			     (ip6_number(r->v[i].first) >> shift)) +
		    1;
	return (double)facts->allowed / units;
}

static void
measure_space(struct map *s, const struct facts *facts)
{
	uint32_t cell;

	if (!knows_networks(s, facts))
		for (cell = 0; cell < s->cells; cell++)
			s->space[cell] = (uint32_t)1 << s->shift;
	visit_networks(s, facts, count_units);
	s->density = find_density(s, facts);
}

/*
 * What share of the targets that there are was probed: those of all shards and
 * parts together, but those that there are only once.
 */
static void
map_count_targets(struct map *s, const struct facts *facts)
{
	double all = (double)(facts->has & FACT_ALLOWED ? facts->allowed :
							  (uint64_t)1 << 32);

	s->ports = facts->ports.n == 0 ? 1 :
					 (double)ranges_count(&facts->ports);
	if (all * s->ports > s->may)
		s->may = all * s->ports;
}

/* "tcp_synscan, port 80" */
static void
map_describe(struct map *s, const struct facts *facts)
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
check_cell(struct format_state *f, const struct map *s)
{
	unsigned most = s->family == 6 ? IP6_BITS : 32;

	return s->cell <= most ?
	    0 :
	    format_misuse(f, "cell=%u: must be a whole number from 1 to %u",
		s->cell, most);
}

/* Room for what is counted, and what is known of the scan in it. */
static int
map_room(struct format_state *f, struct map *s, const struct facts *facts)
{
	const bool known = knows_networks(s, facts);

	if (s->by_share && s->family == 6 &&
	    !(known && facts->has & FACT_ALLOWED))
		return format_fail(f,
		    "by=share: the stream does not say how many addresses of which networks were scanned");
	if (s->by_class)
		s->by = calloc(s->cells, sizeof *s->by);
	else
		s->answers = calloc(s->cells, sizeof *s->answers);
	if (known && (s->scanned = calloc(1, s->cells / 8 + 1)) != NULL)
		visit_networks(s, facts, mark_units);
	if (s->by_share &&
	    (s->space = calloc(s->cells, sizeof *s->space)) != NULL)
		measure_space(s, facts);
	if ((s->by == NULL && s->answers == NULL) ||
	    (known && s->scanned == NULL) || (s->by_share && s->space == NULL))
		return format_fail(f, "%s", strerror(ENOMEM));
	return 0;
}

static int
open_map(struct format_state *f)
{
	struct map *s = f->state;
	struct facts facts;
	int rc;

	if (facts_decode(&facts, &f->header->scan,
		FACT_PROBE | FACT_START | FACT_PORTS | FACT_NETWORKS |
		    FACT_ALLOWED,
		f->why, sizeof f->why) == -1) {
		facts_free(&facts);
		return -1;
	}
	if (choose_space(f, s, &facts) == -1 || check_cell(f, s) == -1) {
		facts_free(&facts);
		return -1;
	}
	map_describe(s, &facts);
	map_measure(s);
	map_count_targets(s, &facts);
	rc = map_room(f, s, &facts);
	facts_free(&facts);
	return rc;
}

/* More networks, of another scan or shard. */
static int
segment(struct format_state *f)
{
	struct map *s = f->state;
	struct facts facts;
	int rc;

	rc = facts_decode(&facts, &f->header->scan,
	    FACT_NETWORKS | FACT_PORTS | FACT_ALLOWED, f->why, sizeof f->why);
	map_count_targets(s, &facts);
	if (!knows_networks(s, &facts)) {
		free(s->scanned);
		s->scanned = NULL;
	} else if (s->scanned != NULL)
		visit_networks(s, &facts, mark_units);
	facts_free(&facts);
	return rc;
}

static bool
map_is_text(const struct value *v, const char *s)
{
	return v->type == VALUE_TEXT && v->size == strlen(s) &&
	    memcmp(v->bytes, s, v->size) == 0;
}

static bool
map_is_true(const struct value *v)
{
	return (v->type == VALUE_BOOL || v->type == VALUE_UINT) &&
	    v->number != 0;
}

static enum map_class
map_classify(const struct value v[])
{
	if (v[ICMP_TYPE].type == VALUE_UINT)
		return v[ICMP_TYPE].number == 0 ? OPEN : UNREACHABLE;
	if (map_is_true(&v[SUCCESS]))
		return OPEN;
	return map_is_text(&v[CLASSIFICATION], "rst") ? CLOSED : OTHER;
}

static int
record(struct format_state *f, const struct stream_item *item)
{
	struct map *s = f->state;
	struct value v[REPEAT + 1];
	struct ip6 address;
	uint32_t cell;
	uint16_t *count;
	size_t i;

	for (i = 0; i <= REPEAT; i++)
		v[i] = column_value(&f->columns->list[i], item->values,
		    item->nvalues);
	if (!s->repeats && map_is_true(&v[REPEAT]))
		return 1;
	if (v[SADDR].type != VALUE_BYTES ||
	    v[SADDR].size != (s->family == 6 ? IP6_SIZE : 4)) {
		format_fail(f, "the map is of IPv%u addresses", s->family);
		return 0;
	}
	address = s->family == 6 ?
	    ip6_get(v[SADDR].bytes) :
	    (struct ip6){ (uint64_t)get32(v[SADDR].bytes) << 32, 0 };
	if (!is_inside(s, address)) {
		format_fail(f, "outside of the map");
		return 0;
	}
	cell = cell_of(s, address);
	s->results++;
	if (s->by_class) {
		count = &s->by[cell][map_classify(v)];
		*count += *count < UINT16_MAX;
	} else
		s->answers[cell] += s->answers[cell] < UINT32_MAX;
	return 1;
}

static int
event(struct format_state *f, const struct stream_item *item)
{
	struct map *s = f->state;

	if (item->what == STREAM_END)
		s->did += (double)ends_count(item, COUNT_SEND_TARGETS);
	return 0;
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
	free(s->space);
	labels_free(&s->labels);
	free(s->text);
	free(s);
	return rc;
}

const struct format format_map = {
	.name = "map",
	.help = "a picture of the address space along a Hilbert curve, PNG",
	.fields = "saddr,success?,classification?,icmp_type?,repeat?",
	.fixed = true,
	.binary = true,
	.prepare = prepare,
	.open = open_map,
	.segment = segment,
	.record = record,
	.event = event,
	.close = close_map,
};
