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
#include <dlfcn.h>
#include <errno.h>
#include <gd.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/number.h"
#include "formats/format.h"
#include "formats/hilbert.h"
#include "scan/facts.h"

#define SIZE_DEFAULT 4096
#define SIZE_MIN     256
#define SIZE_MAX_MAP 8192
#define SPARSE	     20	 /* cells, of which one has a result */
#define SIDE_MIN     256 /* cells in a row that are never made fewer */
#define CELL_MAX     64	 /* pixels of an address, if size is free */
#define GRID_MIN     56	 /* pixels of a labelled square, at least */

#define WHITE	  0xffffff
#define INK	  0x202020
#define UNSCANNED 0xdcdcdc
#define FRAME	  0x606060

/*
 * libgd brings some fifty libraries with it, which every zmap-out would load
 * at its start, in every scan: so it is loaded when there is a map to draw.
 */
#define GD_LIBRARY "libgd.so.3"
#define GD_FUNCTIONS(X)                                                        \
	X(FontCacheSetup)                                                      \
	X(FontCacheShutdown)                                                   \
	X(Free)                                                                \
	X(ImageCreateTrueColor)                                                \
	X(ImageDestroy)                                                        \
	X(ImageFilledEllipse)                                                  \
	X(ImageFilledRectangle)                                                \
	X(ImageLine)                                                           \
	X(ImagePngPtrEx)                                                       \
	X(ImageRectangle)                                                      \
	X(ImageSetResolution)                                                  \
	X(ImageSetThickness)                                                   \
	X(ImageStringFT)

struct gd {
	void *library; /* NULL: not loaded */
#define MEMBER(name) __typeof__(gd##name) *name;
	GD_FUNCTIONS(MEMBER)
#undef MEMBER
};

enum class { OPEN, CLOSED, UNREACHABLE, OTHER, CLASSES };

static const struct {
	const char *name;
	int colour; /* told apart by the colour-blind, too */
} classes[CLASSES] = {
	[OPEN] = { "open", 0x0072b2 },
	[CLOSED] = { "closed", 0xe69f00 },
	[UNREACHABLE] = { "unreachable", 0xcc3f97 },
	[OTHER] = { "other", 0x707070 },
};

/* From one result to the most: darker all the way, for black and white. */
static const int ramp[] = { 0xfdb040, 0xee7850, 0xbd3786, 0x7201a8, 0x180670 };

enum column_index { SADDR, SUCCESS, CLASSIFICATION, ICMP_TYPE };

struct state {
	struct gd gd;
	/* arguments */
	bool prefix_given;
	uint32_t first; /* address of the prefix */
	unsigned bits;	/* its length */
	bool by_class;
	unsigned cell; /* its prefix length; 0: free */
	uint32_t size; /* pixels of the longer side; 0: free */
	const char *title;
	char font[256];
	char *text; /* holds title */
	/* geometry */
	unsigned shift; /* a cell is 2^shift addresses */
	unsigned order; /* of the curve */
	bool half;	/* only its first half: lying */
	uint32_t cells;
	uint32_t scale;		      /* pixels of a cell's side */
	unsigned grid;		      /* prefix length of labelled squares */
	int left, top, width, height; /* of the map */
	int em;			      /* font size, pixels */
	/* counts */
	uint32_t *answers;	 /* per cell */
	uint16_t (*by)[CLASSES]; /* or these */
	unsigned char *scanned;	 /* a bit per cell; NULL: everything */
	uint64_t results;
	uint64_t start; /* of the scan, ns since 1970 */
	char what[96];	/* probe and ports */
};

/* --- arguments --- */

static int
take_prefix(struct format_state *f, struct state *s, const char *arg)
{
	char address[INET_ADDRSTRLEN];
	const char *slash = strchr(arg, '/');
	struct in_addr in;
	uint64_t bits;

	if (slash == NULL || (size_t)(slash - arg) >= sizeof address)
		return format_misuse(f,
		    "prefix=%s: an address, a slash and "
		    "a length are wanted",
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
take_arg(struct format_state *f, struct state *s, char *arg)
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
take_args(struct format_state *f, struct state *s)
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
find_font(struct format_state *f, struct state *s)
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
		    "no font found: the map needs "
		    "fonts-dejavu-core, or font=path");
	if (s->gd.FontCacheSetup() != 0)
		return format_fail(f, "%s", strerror(ENOMEM));
	why = s->gd.ImageStringFT(NULL, box, 0, s->font, 12, 0, 0, 0, "0");
	return why == NULL ? 0 : format_fail(f, "%s: %s", s->font, why);
}

static int
load_gd(struct format_state *f, struct gd *gd)
{
	void *library = dlopen(GD_LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		return format_fail(f, "%s", dlerror());
#define LOAD(name)                                                             \
	if ((gd->name = dlsym(library, "gd" #name)) == NULL) {                 \
		format_fail(f, "%s", dlerror());                               \
		dlclose(library);                                              \
		return -1;                                                     \
	}
	GD_FUNCTIONS(LOAD)
#undef LOAD
	gd->library = library;
	return 0;
}

static int
prepare(struct format_state *f)
{
	struct state *s = calloc(1, sizeof *s);

	f->state = s;
	if (s == NULL)
		return format_fail(f, "%s", strerror(ENOMEM));
	if (take_args(f, s) == -1)
		return -1;
	if (load_gd(f, &s->gd) == -1)
		return -1;
	return find_font(f, s);
}

/* --- counting --- */

/* The smallest prefix of at most 24 bits that holds all ranges. */
static void
cover(struct state *s, const struct ranges *r)
{
	uint32_t first = ranges_first(r->v[0]);
	uint32_t last = ranges_last(r->v[r->n - 1]);

	s->bits = 24;
	while (s->bits > 0 && (first ^ last) >> (32 - s->bits) != 0)
		s->bits--;
	s->first = s->bits == 0 ? 0 : first & (UINT32_MAX << (32 - s->bits));
}

static void
measure(struct state *s)
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
mark(struct state *s, const struct ranges *r)
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
describe(struct state *s, const struct facts *facts)
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
	struct state *s = f->state;
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
	struct state *s = f->state;
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

static enum class classify(const struct value v[]) {
	if (v[ICMP_TYPE].type == VALUE_UINT) return v[ICMP_TYPE].number == 0 ?
	    OPEN :
	    UNREACHABLE;
	if ((v[SUCCESS].type == VALUE_BOOL || v[SUCCESS].type == VALUE_UINT) &&
	    v[SUCCESS].number != 0) return OPEN;
	return is_text(&v[CLASSIFICATION], "rst") ? CLOSED : OTHER;
}

static int
record(struct format_state *f, const struct stream_item *item)
{
	struct state *s = f->state;
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

/* --- drawing --- */

static int
mix(int a, int b, double t)
{
	int shift, out = 0, x, y;

	for (shift = 0; shift < 24; shift += 8) {
		x = a >> shift & 255;
		y = b >> shift & 255;
		out |= (int)lround(x + (y - x) * t) << shift;
	}
	return out;
}

/* t from 0 to 1 */
static int
ramp_colour(double t)
{
	const size_t steps = sizeof ramp / sizeof *ramp - 1;
	size_t i = t >= 1 ? steps - 1 : t * steps;

	return mix(ramp[i], ramp[i + 1], t * steps - i);
}

#define MIDDLE 0.6 /* where all cells are alike */

/* How far n is on the way from 1 to max, by orders of magnitude. */
static double
degree(uint64_t n, uint64_t max)
{
	return max <= 1 ? MIDDLE : n >= max ? 1 : log2(n) / log2(max);
}

static int
class_colour(const uint16_t by[CLASSES], uint64_t max)
{
	uint64_t sum = 0;
	int i, most = 0;

	for (i = 0; i < CLASSES; i++) {
		sum += by[i];
		if (by[i] > by[most])
			most = i;
	}
	/* paler for fewer, where cells differ */
	return mix(WHITE, classes[most].colour,
	    max <= 1 ? 1 : 0.45 + 0.55 * degree(sum, max));
}

static uint64_t
cell_count(const struct state *s, uint32_t cell)
{
	uint64_t sum = 0;
	int i;

	if (!s->by_class)
		return s->answers[cell];
	for (i = 0; i < CLASSES; i++)
		sum += s->by[cell][i];
	return sum;
}

static bool
is_scanned(const struct state *s, uint32_t cell)
{
	return s->scanned == NULL || s->scanned[cell / 8] >> cell % 8 & 1;
}

/* Where an address is on the map, in cells. */
static void
locate(const struct state *s, uint32_t cell, uint32_t *x, uint32_t *y)
{
	uint32_t swap;

	hilbert_point(cell, s->order, x, y);
	if (s->half) {
		swap = *x;
		*x = *y;
		*y = swap;
	}
}

static void
draw_cells(const struct state *s, gdImagePtr im, uint64_t max)
{
	uint32_t cell, x, y, i, k;
	uint64_t n;
	int colour;

	for (cell = 0; cell < s->cells; cell++) {
		n = cell_count(s, cell);
		if (n > 0)
			colour = s->by_class ? class_colour(s->by[cell], max) :
					       ramp_colour(degree(n, max));
		else if (!is_scanned(s, cell))
			colour = UNSCANNED;
		else
			continue;
		locate(s, cell, &x, &y);
		x = s->left + x * s->scale;
		y = s->top + y * s->scale;
		for (i = 0; i < s->scale; i++)
			for (k = 0; k < s->scale; k++)
				gdImageTrueColorPixel(im, (int)(x + k),
				    (int)(y + i)) = colour;
	}
}

static int
text_width(const struct state *s, double pixels, const char *text)
{
	int box[8];

	/* gd counts in points of 96 to the inch */
	if (s->gd.ImageStringFT(NULL, box, 0, s->font, pixels * 0.75, 0, 0, 0,
		(char *)text) != NULL)
		return 0;
	return box[2] - box[0];
}

/* x, y: where the base line begins. */
static void
draw_text(const struct state *s, gdImagePtr im, double pixels, int colour,
    int x, int y, const char *text)
{
	int box[8];

	s->gd.ImageStringFT(im, box, colour, s->font, pixels * 0.75, 0, x, y,
	    (char *)text);
}

/* At the top left of a square, on top of data: on something light. */
static void
draw_label(const struct state *s, gdImagePtr im, double pixels, int x, int y,
    const char *text)
{
	int pad = pixels / 4;

	s->gd.ImageFilledRectangle(im, x + 1, y + 1,
	    x + 2 * pad + text_width(s, pixels, text), y + pixels + pad,
	    gdTrueColorAlpha(255, 255, 255, 28));
	draw_text(s, im, pixels, INK, x + pad, y + pixels, text);
}

/* 10.3.0.0/16, or what of it is not the same in the whole map: .3 */
static void
name_square(const struct state *s, uint32_t address, bool in_full, char *buf,
    size_t size)
{
	unsigned i, from = in_full ? 0 : s->bits / 8;
	unsigned to = in_full ? 4 : (s->grid + 7) / 8;
	size_t n = 0;

	buf[0] = '\0';
	for (i = from; i < to && n < size; i++)
		n += snprintf(buf + n, size - n, "%s%u", i > 0 ? "." : "",
		    address >> (24 - 8 * i) & 255);
	if (in_full && n < size)
		snprintf(buf + n, size - n, "/%u", s->grid);
}

static void
draw_grid(const struct state *s, gdImagePtr im)
{
	uint32_t squares = (uint32_t)1 << (s->grid - s->bits), i, x, y, cell;
	uint32_t per_square = s->cells / squares;
	int side = s->width >> ((s->grid - s->bits + 1) / 2), at;
	int thin = gdTrueColorAlpha(0, 0, 0, 96);
	int thick = gdTrueColorAlpha(0, 0, 0, 64);
	double pixels = side / 6.0 < 9 ? 9 : side / 6.0;
	char name[32];
	bool in_full;

	for (at = 0, i = 0; at <= s->width; at += side, i++)
		s->gd.ImageFilledRectangle(im,
		    s->left + at - (i % 4 == 0 && s->size >= 1024), s->top,
		    s->left + at, s->top + s->height - 1,
		    i % 4 == 0 ? thick : thin);
	for (at = 0, i = 0; at <= s->height; at += side, i++)
		s->gd.ImageFilledRectangle(im, s->left,
		    s->top + at - (i % 4 == 0 && s->size >= 1024),
		    s->left + s->width - 1, s->top + at,
		    i % 4 == 0 ? thick : thin);
	name_square(s, UINT32_C(0xdfdfdfdf), true, name, sizeof name);
	in_full = text_width(s, side / 8.0, name) < side * 9 / 10 &&
	    side / 8.0 >= 11;
	if (in_full)
		pixels = side / 8.0;
	for (i = 0; i < squares; i++) {
		cell = i * per_square;
		locate(s, cell, &x, &y);
		/* the corner of the square, not of its first cell */
		x = s->left + x * s->scale / side * side;
		y = s->top + y * s->scale / side * side;
		name_square(s, s->first + (cell << s->shift), in_full, name,
		    sizeof name);
		draw_label(s, im, pixels, x, y, name);
	}
	s->gd.ImageRectangle(im, s->left - 1, s->top - 1, s->left + s->width,
	    s->top + s->height, FRAME);
}

static void
draw_box(const struct state *s, gdImagePtr im, int x, int y, int colour)
{
	s->gd.ImageFilledRectangle(im, x, y - s->em, x + s->em, y, colour);
	s->gd.ImageRectangle(im, x, y - s->em, x + s->em, y, FRAME);
}

/* A coloured box and what it means; returns where the next one goes. */
static int
draw_key(const struct state *s, gdImagePtr im, int x, int y, int colour,
    const char *meaning)
{
	draw_box(s, im, x, y, colour);
	draw_text(s, im, s->em, INK, x + s->em * 3 / 2, y, meaning);
	return x + s->em * 4 + text_width(s, s->em, meaning);
}

static void
draw_mark(const struct state *s, gdImagePtr im, int x, int y, uint64_t n)
{
	char number[24];

	snprintf(number, sizeof number, "%" PRIu64, n);
	s->gd.ImageLine(im, x, y + 1, x, y + s->em / 3, FRAME);
	draw_text(s, im, s->em, INK, x - text_width(s, s->em, number) / 2,
	    y + s->em * 3 / 2, number);
}

static int
draw_ramp(const struct state *s, gdImagePtr im, int x, int y, uint64_t max)
{
	int length = s->em * 18, i;
	char meaning[40] = "results per address";
	uint64_t n, step = 2;

	if (max <= 1)
		return draw_key(s, im, x, y, ramp_colour(MIDDLE), "1 result");
	for (i = 0; i < length; i++)
		s->gd.ImageLine(im, x + i, y - s->em, x + i, y,
		    ramp_colour((double)i / (length - 1)));
	s->gd.ImageRectangle(im, x - 1, y - s->em - 1, x + length, y + 1,
	    FRAME);
	/* up to six marks, at powers, and where it ends */
	while (log2(max) / log2(step) > 5)
		step *= 2;
	draw_mark(s, im, x, y, 1);
	for (n = step; n < max && degree(n, max) < 0.88; n *= step)
		draw_mark(s, im, x + lround(degree(n, max) * (length - 1)), y,
		    n);
	draw_mark(s, im, x + length - 1, y, max);
	if (s->shift != 0)
		snprintf(meaning, sizeof meaning, "results per /%u",
		    32 - s->shift);
	draw_text(s, im, s->em, INK, x + length + s->em, y, meaning);
	return x + length + s->em * 3 + text_width(s, s->em, meaning);
}

/* The way of the curve, for those who see one for the first time. */
static void
draw_curve(const struct state *s, gdImagePtr im, int right, int y)
{
	int side = s->em * 7 / 2, step = side / 4, i;
	uint32_t cx, cy;
	int x0 = right - side, y0 = y - s->em, px = 0, py = 0;
	const char *hint = "order of addresses";

	s->gd.ImageSetThickness(im, s->size >= 2048 ? 3 : 1);
	for (i = 0; i < (s->half ? 8 : 16); i++) {
		hilbert_point(i, 2, &cx, &cy);
		if (s->half) {
			uint32_t swap = cx;

			cx = cy;
			cy = swap;
		}
		cx = x0 + cx * step + step / 2;
		cy = y0 + cy * step + step / 2;
		if (i > 0)
			s->gd.ImageLine(im, px, py, (int)cx, (int)cy, INK);
		else
			s->gd.ImageFilledEllipse(im, (int)cx, (int)cy,
			    step * 2 / 3, step * 2 / 3, INK);
		px = cx;
		py = cy;
	}
	s->gd.ImageSetThickness(im, 1);
	draw_text(s, im, s->em, INK, x0 - s->em - text_width(s, s->em, hint), y,
	    hint);
}

static void
draw_legend(const struct state *s, gdImagePtr im, uint64_t max)
{
	int x = s->left, y = s->top + s->height + s->em * 2, i;

	if (s->by_class)
		for (i = 0; i < CLASSES; i++)
			x = draw_key(s, im, x, y, classes[i].colour,
			    classes[i].name);
	else
		x = draw_ramp(s, im, x, y, max);
	x = draw_key(s, im, x, y, WHITE, "no result");
	if (s->scanned != NULL)
		draw_key(s, im, x, y, UNSCANNED, "not scanned");
	draw_curve(s, im, s->left + s->width, y);
}

/* 1234567 as 1,234,567 */
static void
group_digits(uint64_t n, char *buf, size_t size)
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%" PRIu64, n), i;
	size_t at = 0;

	for (i = 0; i < len && at + 2 < size; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			buf[at++] = ',';
		buf[at++] = digits[i];
	}
	buf[at] = '\0';
}

static void
draw_title(const struct state *s, gdImagePtr im)
{
	char title[256], prefix[24], number[32], when[32] = "";
	struct in_addr first = { .s_addr = htonl(s->first) };
	time_t t = s->start / SECOND;
	double pixels = s->em * 1.6;
	struct tm tm;

	if (s->start != 0 && localtime_r(&t, &tm) != NULL)
		strftime(when, sizeof when, ", %Y-%m-%d", &tm);
	snprintf(prefix, sizeof prefix, "%s/%u", inet_ntoa(first), s->bits);
	group_digits(s->results, number, sizeof number);
	snprintf(title, sizeof title, "%s \342\200\224 %s%s: %s result%s",
	    s->bits == 0 ? "IPv4" : prefix, s->what, when, number,
	    s->results == 1 ? "" : "s");
	if (s->title != NULL)
		snprintf(title, sizeof title, "%s", s->title);
	while (pixels > 8 && text_width(s, pixels, title) > s->width)
		pixels -= 0.5;
	draw_text(s, im, pixels, INK, s->left, s->top - s->em * 3 / 4, title);
}

/* Makes one cell of four: they follow each other on the curve. */
static void
coarsen(struct state *s)
{
	uint32_t cell, sum;
	unsigned i, k;
	bool any;

	s->shift += 2;
	s->order--;
	s->cells /= 4;
	s->scale *= 2;
	for (cell = 0; cell < s->cells; cell++) {
		if (!s->by_class) {
			for (sum = 0, i = 0; i < 4; i++)
				sum += s->answers[cell * 4 + i];
			s->answers[cell] = sum;
		} else
			for (k = 0; k < CLASSES; k++) {
				for (sum = 0, i = 0; i < 4; i++)
					sum += s->by[cell * 4 + i][k];
				s->by[cell][k] = sum < UINT16_MAX ? sum :
								    UINT16_MAX;
			}
		if (s->scanned == NULL)
			continue;
		for (any = false, i = 0; i < 4; i++)
			any |= is_scanned(s, cell * 4 + i);
		s->scanned[cell / 8] &= ~(1 << cell % 8);
		s->scanned[cell / 8] |= any << cell % 8;
	}
}

/* Is so little filled that single pixels would be lost to the eye? */
static bool
is_sparse(const struct state *s)
{
	uint64_t all = 0, full = 0;
	uint32_t cell;

	if (s->shift + 2 > 32 - s->grid)
		return false;
	if (s->cell != 0)
		return s->shift + 2 <= 32 - s->cell;
	if ((uint32_t)1 << s->order <= SIDE_MIN)
		return false;
	for (cell = 0; cell < s->cells; cell++) {
		all += is_scanned(s, cell);
		full += cell_count(s, cell) > 0;
	}
	return full > 0 && full * SPARSE < all;
}

static int
draw(struct format_state *f, struct state *s)
{
	uint64_t max = 1, n;
	uint32_t cell;
	gdImagePtr im;
	void *png;
	int size;

	while (is_sparse(s))
		coarsen(s);
	for (cell = 0; cell < s->cells; cell++) {
		n = cell_count(s, cell);
		if (n > max)
			max = n;
	}
	s->left = s->em;
	s->top = s->em * 3;
	im = s->gd.ImageCreateTrueColor(s->width + 2 * s->em,
	    s->height + s->top + s->em * 5);
	if (im == NULL)
		return format_fail(f, "%s", strerror(ENOMEM));
	s->gd.ImageFilledRectangle(im, 0, 0, gdImageSX(im) - 1,
	    gdImageSY(im) - 1, WHITE);
	draw_cells(s, im, max);
	draw_grid(s, im);
	draw_title(s, im);
	draw_legend(s, im, max);
	s->gd.ImageSetResolution(im, 300, 300);
	png = s->gd.ImagePngPtrEx(im, &size, 6);
	s->gd.ImageDestroy(im);
	if (png == NULL)
		return format_fail(f, "the picture cannot be made");
	output_bytes(f->out, png, size);
	s->gd.Free(png);
	return 0;
}

static int
close_map(struct format_state *f)
{
	struct state *s = f->state;
	int rc = 0;

	if (s == NULL)
		return 0;
	/* what arrived is drawn, even if more should have */
	if (s->by != NULL || s->answers != NULL)
		rc = draw(f, s);
	if (s->gd.library != NULL) {
		s->gd.FontCacheShutdown();
		dlclose(s->gd.library);
	}
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
