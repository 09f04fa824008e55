/* SPDX-License-Identifier: Apache-2.0 */
/* The pictures of a report; see html.h. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "formats/hilbert.h"
#include "formats/html.h"
#include "formats/words.h"

/* Where the curves are in a picture of this size, in its own units. */
#define WIDTH  720
#define HEIGHT 200
#define LEFT   56
#define RIGHT  12
#define TOP    12
#define BOTTOM 28
#define SPAN   (WIDTH - LEFT - RIGHT)
#define TALL   (HEIGHT - TOP - BOTTOM)

#define LEVELS 5   /* of colour in the map */
#define SIDE   512 /* of the map */

struct chart {
	const char *id, *title;
	const char *unit; /* of the numbers at the left */
	const char *kind; /* class of the columns */
	const char *at;	  /* "at a TTL of " */
	/* where a column is, in words */
	void (*place)(struct output *, const struct chart *, size_t);
	const struct html *h;
	size_t from; /* what the first column is */
	size_t n;
	double y[HTML_BINS + 16];
};

_Static_assert(HTML_BINS >= 256 - 16 && HTML_BINS >= HTML_RTTS,
    "a chart has room for all columns");

static void
begin_svg(struct output *o, const char *id, const char *title, int width,
    int height)
{
	output_format(o,
	    "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"%s-t %s-d\">"
	    "<title id=\"%s-t\">%s</title><desc id=\"%s-d\">",
	    width, height, id, id, id, title, id);
}

static double
highest(const struct chart *c)
{
	double max = 0;
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->y[i] > max)
			max = c->y[i];
	return max;
}

/* Steps of 1, 2 or 5 at the left, four of them or so. */
static double
nice_step(double max)
{
	double step = pow(10, floor(log10(max / 4))), m = max / 4 / step;

	return step * (m > 5 ? 10 : m > 2 ? 5 : m > 1 ? 2 : 1);
}

/* 1500000 as 1.5M */
static void
short_number(struct output *o, double v)
{
	const char *unit = "";

	if (v >= 1e9)
		unit = "G", v /= 1e9;
	else if (v >= 1e6)
		unit = "M", v /= 1e6;
	else if (v >= 1e4)
		unit = "k", v /= 1e3;
	output_format(o, "%.4g%s", v, unit);
}

static void
put_grid(struct output *o, const struct chart *c, double top)
{
	double step = nice_step(top), v, y;

	for (v = 0; v <= top * 1.0001; v += step) {
		y = TOP + TALL - v / top * TALL;
		output_format(o,
		    "<path class=\"grid\" d=\"M%d %.1fh%d\"/><text class=\"n\" x=\"%d\" y=\"%.1f\">",
		    LEFT, y, SPAN, LEFT - 6, y + 4);
		short_number(o, v);
		output_format(o, "%s</text>", c->unit);
	}
}

/* A label below the columns, at a share of the width. */
static void
begin_label(struct output *o, double at)
{
	double x = LEFT + at * SPAN;

	output_format(o,
	    "<path class=\"tick\" d=\"M%.1f %dv4\"/><text class=\"%s\" x=\"%.1f\" y=\"%d\">",
	    x, TOP + TALL, at > 0.97 ? "n" : "m", at > 0.97 ? x + RIGHT : x,
	    HEIGHT - 8);
}

/* What the chart is in words, the columns, and what counts them at the left. */
static void
put_columns(struct output *o, const struct chart *c)
{
	double max = highest(c), top, h;
	size_t i, most = 0;

	for (i = 0; i < c->n; i++)
		if (c->y[i] > c->y[most])
			most = i;
	begin_svg(o, c->id, c->title, WIDTH, HEIGHT);
	output_text(o, "The highest column is ");
	short_number(o, max);
	output_format(o, "%s, %s", c->unit, c->at);
	c->place(o, c, most);
	output_text(o, ".</desc>");
	top = max > 0 ? ceil(max / nice_step(max) - 1e-9) * nice_step(max) : 1;
	put_grid(o, c, top);
	output_format(o, "<path class=\"%s\" d=\"", c->kind);
	for (i = 0; i < c->n; i++) {
		h = c->y[i] / top * TALL;
		if (c->y[i] <= 0)
			continue;
		if (h < 0.7)
			h = 0.7; /* to be seen */
		output_format(o, "M%.2f %.1fv%.1fh%.2fv%.1fz",
		    LEFT + (double)i * SPAN / (double)c->n, TOP + TALL - h, h,
		    SPAN / (double)c->n * (c->n > 100 ? 1 : 0.85), -h);
	}
	output_text(o, "\"/>");
}

/* --- over time --- */

static void
put_seconds(struct output *o, double s, double whole)
{
	if (whole >= 2 * 86400)
		output_format(o, "%.3g d", s / 86400);
	else if (whole >= 2 * 3600)
		output_format(o, "%.3g h", s / 3600);
	else if (whole >= 2 * 60)
		output_format(o, "%.3g min", s / 60);
	else
		output_format(o, "%.3g s", s);
}

static void
put_times(struct output *o, const struct html *h)
{
	double whole = (double)(h->width / SECOND) * (double)h->nbins;
	double unit = whole >= 2 * 86400 ? 86400 :
	    whole >= 2 * 3600		 ? 3600 :
	    whole >= 2 * 60		 ? 60 :
					   1;
	double step = nice_step(whole / unit * 0.7) * unit, s;

	if (step < 1)
		step = 1;
	for (s = 0; s <= whole; s += step) {
		begin_label(o, s / whole);
		put_seconds(o, s, whole);
		output_text(o, "</text>");
	}
}

static void
place_time(struct output *o, const struct chart *c, size_t i)
{
	html_duration(o, (double)i * (double)c->h->width / 1000);
}

enum series { HITS, PACKETS, SHARE };

static void
put_series(struct output *o, const struct html *h, enum series which)
{
	static const struct chart charts[] = {
		[HITS] = { "hits", "Hosts found per second, over time", "",
		    "hosts", .n = 0 },
		[PACKETS] = { "sent", "Packets sent per second, over time", "",
		    "sent", .n = 0 },
		[SHARE] = { "rate", "Hit rate over time, percent of packets",
		    "%", "hosts", .n = 0 },
	};
	struct chart c = charts[which];
	double seconds = (double)h->width / (double)SECOND;
	const struct html_bin *b;
	size_t i;

	c.n = h->nbins;
	c.h = h;
	c.at = "after ";
	c.place = place_time;
	for (i = 0; i < c.n; i++) {
		b = &h->bins[i];
		c.y[i] = which == HITS ? (double)b->hosts / seconds :
		    which == PACKETS   ? (double)b->packets / seconds :
		    b->packets == 0    ? 0 :
					 (double)b->hosts * 100 /
			(double)b->packets;
		/* answers to what was sent before */
		if (which == SHARE && c.y[i] > 100)
			c.y[i] = 100;
	}
	output_format(o, "<figure><figcaption>%s</figcaption>", c.title);
	put_columns(o, &c);
	put_times(o, h);
	output_text(o, "</svg></figure>\n");
}

void
html_chart_time(struct output *o, const struct html *h)
{
	uint64_t packets = 0;
	size_t i;

	for (i = 0; i < h->nbins; i++)
		packets += h->bins[i].packets;
	put_series(o, h, HITS);
	if (packets == 0)
		return;
	put_series(o, h, SHARE);
	put_series(o, h, PACKETS);
}

/* --- TTL and round trips --- */

static void
place_ttl(struct output *o, const struct chart *c, size_t i)
{
	output_uint(o, c->from + i);
}

static void
place_rtt(struct output *o, const struct chart *c, size_t i)
{
	html_duration(o, html_rtt(c->from + i));
}

void
html_chart_ttl(struct output *o, const struct html *h)
{
	static const int marks[] = { 0, 32, 64, 96, 128, 160, 192, 224, 255 };
	struct chart c = { "ttl", "Hosts by the TTL of their answers", "",
		"hosts", "at a TTL of ", place_ttl, .n = 256 };
	size_t i;

	for (i = 0; i < 256; i++)
		c.y[i] = (double)h->ttls[i];
	output_format(o, "<figure><figcaption>%s</figcaption>", c.title);
	put_columns(o, &c);
	for (i = 0; i < sizeof marks / sizeof *marks; i++) {
		begin_label(o, (marks[i] + 0.5) / 256);
		output_format(o, "%d</text>", marks[i]);
	}
	output_text(o, "</svg></figure>\n");
}

double
html_rtt(size_t i)
{
	return i < 4 ? (double)i : ldexp(4 + (double)(i % 4), (int)(i / 4) - 1);
}

void
html_duration(struct output *o, double us)
{
	if (us >= 1e6 || us == 0)
		output_format(o, "%.3g s", us / 1e6);
	else if (us >= 1e3)
		output_format(o, "%.3g ms", us / 1e3);
	else
		output_format(o, "%.3g \302\265s", us);
}

void
html_chart_rtt(struct output *o, const struct html *h)
{
	struct chart c = { "rtt", "Hosts by round-trip time", "", "hosts",
		"from ", place_rtt, .n = 0 };
	size_t from = 0, to = HTML_RTTS, i, step;

	while (from < to && h->rtts[from] == 0)
		from++;
	while (to > from && h->rtts[to - 1] == 0)
		to--;
	/* whole octaves, and a few of them */
	from = from / 4 * 4;
	to = (to + 3) / 4 * 4;
	while (to - from < 16 && to < HTML_RTTS)
		to += 4;
	c.n = to - from;
	c.from = from;
	for (i = 0; i < c.n; i++)
		c.y[i] = (double)h->rtts[from + i];
	output_format(o, "<figure><figcaption>%s</figcaption>", c.title);
	put_columns(o, &c);
	step = (c.n / 8 + 3) / 4 * 4;
	for (i = 0; i < c.n; i += step) {
		begin_label(o, (double)i / (double)c.n);
		html_duration(o, html_rtt(from + i));
		output_text(o, "</text>");
	}
	output_text(o, "</svg></figure>\n");
}

/* --- the map --- */

struct map {
	const struct html *h;
	unsigned order;
	bool half;
	uint32_t n; /* cells */
	int side;   /* of one */
	uint32_t max;
};

static void
html_chart_locate(const struct map *m, uint32_t cell, int *x, int *y)
{
	uint32_t px, py;

	hilbert_point(cell, m->order, &px, &py);
	*x = (int)(m->half ? py : px) * m->side;
	*y = (int)(m->half ? px : py) * m->side;
}

/* By orders of magnitude: 0 for none, 1 to LEVELS. */
static int
level(const struct map *m, uint64_t n)
{
	if (n == 0)
		return 0;
	if (m->max == 1)
		return LEVELS;
	return 1 + (int)(log2((double)n) / log2(m->max) * (LEVELS - 1) + 0.5);
}

/* The cells of a level as one path: -1 are those not scanned. */
static void
put_level(struct output *o, const struct map *m, int which)
{
	const struct html *h = m->h;
	bool any = false, scanned;
	uint32_t i;
	int x, y, is;

	for (i = 0; i < m->n; i++) {
		scanned = !h->known || h->scanned[i / 8] >> i % 8 & 1;
		is = level(m, h->cells[i]);
		if (is == 0 && !scanned)
			is = -1;
		if (is != which)
			continue;
		if (!any)
			output_format(o, "<path class=\"%s%d\" d=\"",
			    which == -1 ? "un" : "l", which == -1 ? 0 : which);
		any = true;
		html_chart_locate(m, i, &x, &y);
		output_format(o, "M%d %dh%dv%dh-%dz", x, y, m->side, m->side,
		    m->side);
	}
	if (any)
		output_text(o, "\"/>");
}

/* A prefix, or what of it differs in the map where all of it is too long. */
static void
put_name(struct output *o, const struct map *m, struct ip6 a, unsigned bits)
{
	unsigned i, from = m->h->bits / 16, to = (bits + 15) / 16;

	if (m->h->family == 4 || to <= 3) {
		html_put_prefix(o, m->h, a, bits);
		return;
	}
	for (i = from; i < to; i++)
		output_format(o, ":%x",
		    (unsigned)(ip6_number(a) >> (112 - 16 * i)) & 0xffff);
	output_format(o, "/%u", bits);
}

/* Names of the sixteen, or eight, squares of the second order. */
static void
put_names(struct output *o, const struct map *m)
{
	uint32_t squares = m->half ? 8 : 16, i;
	unsigned bits = m->h->bits + (m->half ? 3 : 4);
	int x, y, lx, ly, side = SIDE / 4;

	for (i = 0; i < squares; i++) {
		html_chart_locate(m, i * (m->n / squares), &x, &y);
		lx = x / side * side;
		ly = y / side * side;
		output_format(o,
		    "<path class=\"edge\" d=\"M%d %dh%dv%dh-%dz\"/><text class=\"name\" x=\"%d\" y=\"%d\">",
		    lx, ly, side, side, side, lx + 4, ly + 13);
		put_name(o, m, html_place(m->h, i, bits), bits);
		output_text(o, "</text>");
	}
}

static void
put_legend(struct output *o, const struct map *m)
{
	uint64_t from = 1, to;
	int i;

	output_text(o, "<ul class=\"legend\">");
	for (i = 1; i <= LEVELS; i++) {
		for (to = from; to <= m->max && level(m, to) <= i; to++)
			/* long ways in steps */
			if (to > 1000 && level(m, to + to / 100) <= i)
				to += to / 100;
		if (to == from)
			continue;
		output_format(o,
		    "<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><path class=\"l%d\" d=\"M0 0h10v10h-10z\"/></svg>",
		    i);
		words_count(o, from);
		if (to - 1 > from) {
			output_text(o, "\342\200\223");
			words_count(o, to - 1 < m->max ? to - 1 : m->max);
		}
		output_text(o, "</li>");
		from = to;
	}
	output_format(o, "<li>hosts per /%u</li>", m->h->cell);
	if (m->h->known)
		output_text(o,
		    "<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><path class=\"un0\" d=\"M0 0h10v10h-10z\"/></svg>not scanned</li>");
	output_text(o, "</ul>");
}

void
html_chart_map(struct output *o, const struct html *h)
{
	unsigned bits = h->cell - h->bits;
	struct map m = { .h = h,
		.order = (bits + 1) / 2,
		.half = bits % 2 != 0,
		.n = (uint32_t)1 << bits,
		.side = SIDE >> (bits + 1) / 2,
		.max = 1 };
	int i;
	uint32_t full = 0, k;

	for (k = 0; k < m.n; k++) {
		full += h->cells[k] > 0;
		if (h->cells[k] > m.max)
			m.max = h->cells[k];
	}
	output_text(o,
	    "<figure class=\"map\"><figcaption>Where the hosts are: addresses along a Hilbert curve, so that a prefix is a square</figcaption>");
	begin_svg(o, "map", "A map of the hosts", SIDE,
	    m.half ? SIDE / 2 : SIDE);
	output_format(o,
	    "%" PRIu32 " of %" PRIu32
	    " squares, a /%u each, have hosts; the fullest has %" PRIu32
	    ".</desc>",
	    full, m.n, h->cell, m.max);
	output_format(o, "<path class=\"l0\" d=\"M0 0h%dv%dh-%dz\"/>", SIDE,
	    m.half ? SIDE / 2 : SIDE, SIDE);
	for (i = -1; i <= LEVELS; i++)
		if (i != 0)
			put_level(o, &m, i);
	put_names(o, &m);
	output_text(o, "</svg>");
	put_legend(o, &m);
	output_text(o, "</figure>\n");
}
