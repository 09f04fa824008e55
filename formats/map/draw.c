/* SPDX-License-Identifier: Apache-2.0 */
/* The picture of a map; see map.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <gd.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "formats/hilbert.h"
#include "formats/map/map.h"

#define SPARSE	 20  /* cells, of which one has a result */
#define SIDE_MIN 256 /* cells in a row that are never made fewer */

#define PROBES 16 /* in a cell by share, at least on average */

#define WHITE	  0xffffff
#define INK	  0x202020
#define UNSCANNED 0xdcdcdc
#define FRAME	  0x606060

static const struct {
	const char *name;
	int colour; /* told apart by the colour-blind, too */
} classes[MAP_CLASSES] = {
	[OPEN] = { "open", 0x0072b2 },
	[CLOSED] = { "closed", 0xe69f00 },
	[UNREACHABLE] = { "unreachable", 0xcc3f97 },
	[OTHER] = { "other", 0x707070 },
};

/* From one result to the most: darker all the way, for black and white. */
static const int ramp[] = { 0xfdb040, 0xee7850, 0xbd3786, 0x7201a8, 0x180670 };

static int
draw_mix(int a, int b, double t)
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

	return draw_mix(ramp[i], ramp[i + 1], t * steps - i);
}

#define MIDDLE 0.6 /* where all cells are alike */

/* How far n is on the way from 1 to max, by orders of magnitude. */
static double
degree(uint64_t n, uint64_t max)
{
	return max <= 1 ? MIDDLE : n >= max ? 1 : log2(n) / log2(max);
}

static int
class_colour(const uint16_t by[MAP_CLASSES], uint64_t max)
{
	uint64_t sum = 0;
	int i, most = 0;

	for (i = 0; i < MAP_CLASSES; i++) {
		sum += by[i];
		if (by[i] > by[most])
			most = i;
	}
	/* paler for fewer, where cells differ */
	return draw_mix(WHITE, classes[most].colour,
	    max <= 1 ? 1 : 0.45 + 0.55 * degree(sum, max));
}

static uint64_t
cell_count(const struct map *s, uint32_t cell)
{
	uint64_t sum = 0;
	int i;

	if (!s->by_class)
		return s->answers[cell];
	for (i = 0; i < MAP_CLASSES; i++)
		sum += s->by[cell][i];
	return sum;
}

/* Probes that went into a cell, if they were spread evenly. */
static double
cell_probes(const struct map *s, uint32_t cell)
{
	return s->space[cell] * s->density * s->ports * s->did / s->may;
}

/* Answers to a probe: 1 at most, where chance had it that there are more. */
static double
cell_share(const struct map *s, uint32_t cell)
{
	double probes = cell_probes(s, cell);

	return s->answers[cell] >= probes ? 1 : s->answers[cell] / probes;
}

static bool
is_scanned(const struct map *s, uint32_t cell)
{
	return s->scanned == NULL || s->scanned[cell / 8] >> cell % 8 & 1;
}

/* Where an address is on the map, in cells. */
static void
draw_locate(const struct map *s, uint32_t cell, uint32_t *x, uint32_t *y)
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
draw_cells(const struct map *s, gdImagePtr im, uint64_t max, double most)
{
	uint32_t cell, x, y, i, k;
	uint64_t n;
	int colour;

	for (cell = 0; cell < s->cells; cell++) {
		n = cell_count(s, cell);
		if (n > 0)
			colour = s->by_class ?
			    class_colour(s->by[cell], max) :
			    s->by_share ?
			    ramp_colour(cell_share(s, cell) / most) :
			    ramp_colour(degree(n, max));
		else if (!is_scanned(s, cell))
			colour = UNSCANNED;
		else
			continue;
		draw_locate(s, cell, &x, &y);
		x = s->left + x * s->scale;
		y = s->top + y * s->scale;
		for (i = 0; i < s->scale; i++)
			for (k = 0; k < s->scale; k++)
				gdImageTrueColorPixel(im, (int)(x + k),
				    (int)(y + i)) = colour;
	}
}

static int
text_width(const struct map *s, double pixels, const char *text)
{
	int box[8];

	/* gd counts in points of 96 to the inch */
	if (gdImageStringFT(NULL, box, 0, s->font, pixels * 0.75, 0, 0, 0,
		(char *)text) != NULL)
		return 0;
	return box[2] - box[0];
}

/* x, y: where the base line begins. */
/* How text is written, and where. */
struct pen {
	double pixels; /* its size */
	int colour, x, y;
};

static void
draw_text(const struct map *s, gdImagePtr im, const struct pen *p,
    const char *text)
{
	int box[8];

	gdImageStringFT(im, box, p->colour, s->font, p->pixels * 0.75, 0, p->x,
	    p->y, (char *)text);
}

/* In the legend, or beside the map. */
static void
draw_note(const struct map *s, gdImagePtr im, int x, int y, const char *text)
{
	draw_text(s, im, &(struct pen){ s->em, INK, x, y }, text);
}

/* At the top left of a square, on top of data: on something light. */
static void
draw_label(const struct map *s, gdImagePtr im, struct pen p, const char *text)
{
	int pad = p.pixels / 4;

	gdImageFilledRectangle(im, p.x + 1, p.y + 1,
	    p.x + 2 * pad + text_width(s, p.pixels, text), p.y + p.pixels + pad,
	    gdTrueColorAlpha(255, 255, 255, 28));
	p.x += pad;
	p.y += p.pixels;
	draw_text(s, im, &p, text);
}

/* 2001:db8:300::/40, or what of it is not the same in the whole map: :300 */
static void
name_square6(const struct map *s, struct ip6 a, bool in_full, char *buf,
    size_t size)
{
	unsigned i, from = s->bits / 16, to = (s->grid + 15) / 16;
	char text[IP6_TEXT];
	size_t n = 0;

	if (in_full) {
		ip6_print(a, text);
		snprintf(buf, size, "%s/%u", text, s->grid);
		return;
	}
	buf[0] = '\0';
	for (i = from; i < to && n < size; i++)
		n += snprintf(buf + n, size - n, "%s%x", i > 0 ? ":" : "",
		    (unsigned)(ip6_number(a) >> (112 - 16 * i)) & 0xffff);
}

/* 10.3.0.0/16, or the same: .3 */
static void
name_square(const struct map *s, struct ip6 a, bool in_full, char *buf,
    size_t size)
{
	const uint32_t address = a.hi >> 32;
	unsigned i, from = in_full ? 0 : s->bits / 8;
	unsigned to = in_full ? 4 : (s->grid + 7) / 8;
	size_t n = 0;

	if (s->family == 6) {
		name_square6(s, a, in_full, buf, size);
		return;
	}
	buf[0] = '\0';
	for (i = from; i < to && n < size; i++)
		n += snprintf(buf + n, size - n, "%s%u", i > 0 ? "." : "",
		    address >> (24 - 8 * i) & 255);
	if (in_full && n < size)
		snprintf(buf + n, size - n, "/%u", s->grid);
}

/* The first address of a cell. */
static struct ip6
address_of(const struct map *s, uint32_t cell)
{
	return ip6_from_number(ip6_number(s->first) +
	    ((unsigned __int128)cell << s->shift << (IP6_BITS - s->end)));
}

/* An address whose name is as wide as any in the map. */
static struct ip6
widest(const struct map *s)
{
	struct ip6 all = { UINT64_C(0xdfdfdfdfdfdfdfdf),
		UINT64_C(0xdfdfdfdfdfdfdfdf) };
	struct ip6 inner = ip6_last(s->first, s->bits);

	if (s->family == 6)
		all = (struct ip6){ s->first.hi |
			    (all.hi & ~s->first.hi & inner.hi),
			s->first.lo | (all.lo & ~s->first.lo & inner.lo) };
	return ip6_first(all, s->grid);
}

static void
draw_grid(const struct map *s, gdImagePtr im)
{
	uint32_t squares = (uint32_t)1 << (s->grid - s->bits), i, x, y, cell;
	uint32_t per_square = s->cells / squares;
	int side = s->width >> ((s->grid - s->bits + 1) / 2), at;
	int thin = gdTrueColorAlpha(0, 0, 0, 96);
	int thick = gdTrueColorAlpha(0, 0, 0, 64);
	double pixels = side / 6.0 < 9 ? 9 : side / 6.0;
	char name[IP6_TEXT + 8];
	bool in_full;

	for (at = 0, i = 0; at <= s->width; at += side, i++)
		gdImageFilledRectangle(im,
		    s->left + at - (i % 4 == 0 && s->size >= 1024), s->top,
		    s->left + at, s->top + s->height - 1,
		    i % 4 == 0 ? thick : thin);
	for (at = 0, i = 0; at <= s->height; at += side, i++)
		gdImageFilledRectangle(im, s->left,
		    s->top + at - (i % 4 == 0 && s->size >= 1024),
		    s->left + s->width - 1, s->top + at,
		    i % 4 == 0 ? thick : thin);
	name_square(s, widest(s), true, name, sizeof name);
	in_full = text_width(s, side / 8.0, name) < side * 9 / 10 &&
	    side / 8.0 >= 11;
	if (in_full)
		pixels = side / 8.0;
	for (i = 0; i < squares; i++) {
		cell = i * per_square;
		draw_locate(s, cell, &x, &y);
		/* the corner of the square, not of its first cell */
		x = s->left + x * s->scale / side * side;
		y = s->top + y * s->scale / side * side;
		name_square(s, address_of(s, cell), in_full, name, sizeof name);
		draw_label(s, im, (struct pen){ pixels, INK, x, y }, name);
	}
	gdImageRectangle(im, s->left - 1, s->top - 1, s->left + s->width,
	    s->top + s->height, FRAME);
}

static void
draw_box(const struct map *s, gdImagePtr im, int x, int y, int colour)
{
	gdImageFilledRectangle(im, x, y - s->em, x + s->em, y, colour);
	gdImageRectangle(im, x, y - s->em, x + s->em, y, FRAME);
}

/* A box in the pen's colour and what it means; returns where the next goes. */
static int
draw_key(const struct map *s, gdImagePtr im, const struct pen *p,
    const char *meaning)
{
	draw_box(s, im, p->x, p->y, p->colour);
	draw_note(s, im, p->x + s->em * 3 / 2, p->y, meaning);
	return p->x + s->em * 4 + text_width(s, s->em, meaning);
}

static void
draw_mark(const struct map *s, gdImagePtr im, int x, int y, uint64_t n)
{
	char number[24];

	snprintf(number, sizeof number, "%" PRIu64, n);
	gdImageLine(im, x, y + 1, x, y + s->em / 3, FRAME);
	draw_note(s, im, x - text_width(s, s->em, number) / 2,
	    y + s->em * 3 / 2, number);
}

static int
draw_ramp(const struct map *s, gdImagePtr im, int x, int y, uint64_t max)
{
	int length = s->em * 18, i;
	char meaning[40] = "results per address";
	uint64_t n, step = 2;

	if (max <= 1)
		return draw_key(s, im,
		    &(struct pen){ 0, ramp_colour(MIDDLE), x, y }, "1 result");
	for (i = 0; i < length; i++)
		gdImageLine(im, x + i, y - s->em, x + i, y,
		    ramp_colour((double)i / (length - 1)));
	gdImageRectangle(im, x - 1, y - s->em - 1, x + length, y + 1, FRAME);
	/* up to six marks, at powers, and where it ends */
	while (log2(max) / log2(step) > 5)
		step *= 2;
	draw_mark(s, im, x, y, 1);
	for (n = step; n < max && degree(n, max) < 0.88; n *= step)
		draw_mark(s, im, x + lround(degree(n, max) * (length - 1)), y,
		    n);
	draw_mark(s, im, x + length - 1, y, max);
	if (s->end - s->shift != (s->family == 6 ? IP6_BITS : 32))
		snprintf(meaning, sizeof meaning, "results per /%u",
		    s->end - s->shift);
	draw_note(s, im, x + length + s->em, y, meaning);
	return x + length + s->em * 3 + text_width(s, s->em, meaning);
}

/* From none to the largest share, in percent. */
static int
draw_share(const struct map *s, gdImagePtr im, int x, int y, double most)
{
	int length = s->em * 18, i, at;
	char text[40];

	for (i = 0; i < length; i++)
		gdImageLine(im, x + i, y - s->em, x + i, y,
		    ramp_colour((double)i / (length - 1)));
	gdImageRectangle(im, x - 1, y - s->em - 1, x + length, y + 1, FRAME);
	for (i = 0; i <= 2; i++) {
		at = x + (length - 1) * i / 2;
		snprintf(text, sizeof text, "%.3g%%", most * 50 * i);
		gdImageLine(im, at, y + 1, at, y + s->em / 3, FRAME);
		draw_note(s, im, at - text_width(s, s->em, text) / 2,
		    y + s->em * 3 / 2, text);
	}
	snprintf(text, sizeof text, "of the probes to a /%u",
	    s->end - s->shift);
	draw_note(s, im, x + length + s->em, y, text);
	return x + length + s->em * 3 + text_width(s, s->em, text);
}

/* --- labels --- */

/*
 * The rectangle of n cells that follow each other, a power of two of them, in
 * pixels: a square, or two of them.
 */
static void
box_of(const struct map *s, uint32_t cell, uint32_t n, int box[4])
{
	int side = (int)s->scale, other[4];
	uint32_t x, y, k;

	for (k = 1; k * 4 <= n; k *= 4)
		side *= 2;
	draw_locate(s, cell, &x, &y);
	box[0] = (int)(x * s->scale) / side * side;
	box[1] = (int)(y * s->scale) / side * side;
	box[2] = box[0] + side;
	box[3] = box[1] + side;
	if (k == n)
		return;
	box_of(s, cell + n / 2, n / 2, other);
	box[0] = box[0] < other[0] ? box[0] : other[0];
	box[1] = box[1] < other[1] ? box[1] : other[1];
	box[2] = box[2] > other[2] ? box[2] : other[2];
	box[3] = box[3] > other[3] ? box[3] : other[3];
}

/* In the middle of its box, as large as it fits, if that can be read. */
static void
draw_name(const struct map *s, gdImagePtr im, const struct label *l,
    const int box[4], bool frame)
{
	int width = box[2] - box[0], height = box[3] - box[1], x, y, w;
	double pixels = width / 6.0;

	gdImageSetThickness(im, s->em / 5);
	if (frame)
		gdImageRectangle(im, s->left + box[0], s->top + box[1],
		    s->left + box[2] - 1, s->top + box[3] - 1, INK);
	gdImageSetThickness(im, 1);
	if (pixels > s->em * 1.5)
		pixels = s->em * 1.5;
	while (pixels >= 8 &&
	    (text_width(s, pixels, l->name) > width - 4 ||
		pixels * 1.5 > height))
		pixels -= 0.5;
	if (pixels < 8)
		return;
	w = text_width(s, pixels, l->name);
	x = s->left + (box[0] + box[2] - w) / 2;
	y = s->top + (box[1] + box[3]) / 2;
	gdImageFilledRectangle(im, x - 2, y - pixels / 2 - 2, x + w + 2,
	    y + pixels / 2 + 4, gdTrueColorAlpha(255, 255, 255, 28));
	draw_text(s, im,
	    &(struct pen){ pixels, frame ? INK : FRAME, x, y + pixels / 2 },
	    l->name);
}

static void
place_label(const struct map *s, gdImagePtr im, const struct label *l,
    bool frame)
{
	uint32_t cell, n;
	int box[4];

	/* what holds all of the map says nothing of it */
	if (l->family != s->family || l->bits <= s->bits ||
	    !ip6_equal(ip6_first(l->first, s->bits), s->first))
		return;
	cell = (uint32_t)((ip6_number(l->first) - ip6_number(s->first)) >>
	    (IP6_BITS - s->end) >> s->shift);
	n = s->end > l->bits + s->shift ?
	    (uint32_t)1 << (s->end - l->bits - s->shift) :
	    1;
	box_of(s, cell, n, box);
	draw_name(s, im, l, box, frame);
}

static void
draw_labels(const struct map *s, gdImagePtr im)
{
	const struct label *l;
	size_t i;

	for (l = labels_reserved; s->reserved && l->name[0] != '\0'; l++)
		place_label(s, im, l, false);
	for (i = 0; i < s->labels.n; i++)
		place_label(s, im, &s->labels.v[i], true);
}

/* The way of the curve, for those who see one for the first time. */
static void
draw_curve(const struct map *s, gdImagePtr im, int right, int y)
{
	int side = s->em * 7 / 2, step = side / 4, i;
	uint32_t cx, cy;
	int x0 = right - side, y0 = y - s->em, px = 0, py = 0;
	const char *hint = "order of addresses";

	gdImageSetThickness(im, s->size >= 2048 ? 3 : 1);
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
			gdImageLine(im, px, py, (int)cx, (int)cy, INK);
		else
			gdImageFilledEllipse(im, (int)cx, (int)cy, step * 2 / 3,
			    step * 2 / 3, INK);
		px = cx;
		py = cy;
	}
	gdImageSetThickness(im, 1);
	draw_note(s, im, x0 - s->em - text_width(s, s->em, hint), y, hint);
}

static void
draw_legend(const struct map *s, gdImagePtr im, uint64_t max, double most)
{
	int x = s->left, y = s->top + s->height + s->em * 2, i;

	if (s->by_class)
		for (i = 0; i < MAP_CLASSES; i++)
			x = draw_key(s, im,
			    &(struct pen){ 0, classes[i].colour, x, y },
			    classes[i].name);
	else if (s->by_share)
		x = draw_share(s, im, x, y, most);
	else
		x = draw_ramp(s, im, x, y, max);
	x = draw_key(s, im, &(struct pen){ 0, WHITE, x, y }, "no result");
	if (s->scanned != NULL)
		draw_key(s, im, &(struct pen){ 0, UNSCANNED, x, y },
		    "not scanned");
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

/* The whole map: IPv4, 10.0.0.0/8, 2001:db8::/32-64 */
static void
name_part(const struct map *s, char *buf, size_t size)
{
	struct in_addr four = { .s_addr = htonl(s->first.hi >> 32) };
	char text[IP6_TEXT];
	int n;

	if (s->family == 4) {
		snprintf(buf, size, "%s/%u", inet_ntoa(four), s->bits);
		if (s->bits == 0)
			snprintf(buf, size, "IPv4");
		return;
	}
	ip6_print(s->first, text);
	n = snprintf(buf, size, "%s/%u", text, s->bits);
	if (s->end != IP6_BITS)
		snprintf(buf + n, size - n, "-%u", s->end);
}

static void
draw_title(const struct map *s, gdImagePtr im)
{
	char title[256], prefix[IP6_TEXT + 8], number[32], when[32] = "";
	time_t t = s->start / SECOND;
	double pixels = s->em * 1.6;
	struct tm tm;

	if (s->start != 0 && localtime_r(&t, &tm) != NULL)
		strftime(when, sizeof when, ", %Y-%m-%d", &tm);
	name_part(s, prefix, sizeof prefix);
	group_digits(s->results, number, sizeof number);
	snprintf(title, sizeof title, "%s \342\200\224 %s%s: %s result%s",
	    prefix, s->what, when, number, s->results == 1 ? "" : "s");
	if (s->title != NULL)
		snprintf(title, sizeof title, "%s", s->title);
	while (pixels > 8 && text_width(s, pixels, title) > s->width)
		pixels -= 0.5;
	draw_text(s, im,
	    &(struct pen){ pixels, INK, s->left, s->top - s->em * 3 / 4 },
	    title);
}

/* Makes one cell of four: they follow each other on the curve. */
static void
coarsen(struct map *s)
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
			for (sum = 0, i = 0; s->by_share && i < 4; i++)
				sum += s->space[cell * 4 + i];
			if (s->by_share)
				s->space[cell] = sum;
		} else
			for (k = 0; k < MAP_CLASSES; k++) {
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
is_sparse(const struct map *s)
{
	uint64_t all = 0, full = 0;
	uint32_t cell;

	if (s->shift + 2 + s->grid > s->end)
		return false;
	if (s->cell != 0)
		return s->shift + 2 + s->cell <= s->end;
	if ((uint32_t)1 << s->order <= SIDE_MIN)
		return false;
	for (cell = 0; cell < s->cells; cell++) {
		all += is_scanned(s, cell);
		full += cell_count(s, cell) > 0;
	}
	return full > 0 && full * SPARSE < all;
}

/* Are there so few probes to a cell that its share would be chance? */
static bool
is_thin(const struct map *s)
{
	double probes = 0;
	uint32_t cell, all = 0;

	if (s->shift + 2 + s->grid > s->end)
		return false;
	if (s->cell != 0)
		return s->shift + 2 + s->cell <= s->end;
	for (cell = 0; cell < s->cells; cell++) {
		all += s->space[cell] > 0;
		probes += cell_probes(s, cell);
	}
	return probes < PROBES * (double)all;
}

int
map_draw(struct format_state *f, struct map *s)
{
	uint64_t max = 1, n;
	double most = 0;
	uint32_t cell;
	gdImagePtr im;
	void *png;
	int size;

	if (s->by_share && s->did == 0)
		return format_fail(f,
		    "by=share: the stream does not say how many targets were probed");
	while (s->by_share ? is_thin(s) : is_sparse(s))
		coarsen(s);
	for (cell = 0; cell < s->cells; cell++) {
		n = cell_count(s, cell);
		if (n > max)
			max = n;
		if (s->by_share && n > 0 && cell_share(s, cell) > most)
			most = cell_share(s, cell);
	}
	s->left = s->em;
	s->top = s->em * 3;
	im = gdImageCreateTrueColor(s->width + 2 * s->em,
	    s->height + s->top + s->em * 5);
	if (im == NULL)
		return format_fail(f, "%s", strerror(ENOMEM));
	gdImageFilledRectangle(im, 0, 0, gdImageSX(im) - 1, gdImageSY(im) - 1,
	    WHITE);
	draw_cells(s, im, max, most);
	draw_grid(s, im);
	draw_labels(s, im);
	draw_title(s, im);
	draw_legend(s, im, max, most);
	gdImageSetResolution(im, 300, 300);
	png = gdImagePngPtrEx(im, &size, 6);
	gdImageDestroy(im);
	if (png == NULL)
		return format_fail(f, "the picture cannot be made");
	output_bytes(f->out, png, size);
	gdFree(png);
	return 0;
}
