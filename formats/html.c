/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html: a report of a scan in one file, for people: what was scanned, by whom,
 * complete or not, what was found, when and where.  Records are only counted;
 * the page is written at the end.
 */
#include "formats/html.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/escape.h"
#include "formats/format.h"

#define WIDTH_MIN SECOND /* of a bin of time */

enum column_index {
	SADDR,
	SUCCESS,
	REPEAT,
	CLASSIFICATION,
	SPORT,
	TTL,
	RTT,
	RTT_US,
	DENSE,
	TIME,
	COLUMNS
};

/* --- the scan --- */

/* The smallest prefix of at most 24 bits that holds all of it. */
static void
html_cover(struct html *h, const struct facts *facts)
{
	const struct ranges *r = &facts->networks;
	uint32_t first, last;

	h->mapped = facts->family != 6;
	if (!h->mapped)
		return;
	if (r->n > 0) {
		first = ranges_first(r->v[0]);
		last = ranges_last(r->v[r->n - 1]);
		h->bits = 24;
		while (h->bits > 0 && (first ^ last) >> (32 - h->bits) != 0)
			h->bits--;
		h->base = h->bits == 0 ? 0 :
					 first & (UINT32_MAX << (32 - h->bits));
	}
	h->known = r->n > 0;
	h->cell = h->bits + 12 > 32 ? 32 : h->bits + 12;
	h->prefix = h->bits + 16 > 24 ? 24 : h->bits + 16;
}

/* Sets the bits of the cells that were scanned at all. */
static void
html_mark(struct html *h, const struct ranges *r)
{
	uint64_t end = h->base + ((uint64_t)1 << (32 - h->bits)) - 1, a, b;
	unsigned shift = 32 - h->cell;
	size_t i;

	for (i = 0; i < r->n; i++) {
		a = ranges_first(r->v[i]);
		b = ranges_last(r->v[i]);
		if (b < h->base || a > end)
			continue;
		a = a < h->base ? 0 : (a - h->base) >> shift;
		b = ((b > end ? end : b) - h->base) >> shift;
		for (; a <= b; a++)
			h->scanned[a / 8] |= (unsigned char)(1 << a % 8);
	}
}

static int
segment(struct format_state *f)
{
	struct html *h = f->state;
	struct facts facts;
	int rc;

	rc = facts_decode(&facts, &f->header->scan, FACT_ALL, f->why,
	    sizeof f->why);
	if (rc == 0) {
		if (h->segments == 0)
			html_cover(h, &facts);
		h->known &= facts.networks.n > 0;
		if (h->mapped)
			html_mark(h, &facts.networks);
		if (h->segments++ == 0)
			h->zero = facts.start_ns;
		h->targets += facts.targets;
		h->sent = h->told = 0;
		h->open = true;
		rc = html_scan(h, f->header, &facts);
		if (rc == -1)
			format_fail(f, "%s", strerror(ENOMEM));
	}
	facts_free(&facts);
	return rc;
}

static int
prepare(struct format_state *f)
{
	struct html *h = calloc(1, sizeof *h);
	const char *args = f->config->args;

	f->state = h;
	if (h == NULL || output_open(&h->clean, -1) == -1 ||
	    output_open(&h->scans, -1) == -1)
		return format_fail(f, "%s", strerror(ENOMEM));
	h->width = WIDTH_MIN;
	if (args == NULL)
		return 0;
	if (strncmp(args, "title=", 6) != 0)
		return format_misuse(f,
		    "html knows no argument '%s'; title=TEXT", args);
	h->title = args + 6;
	return 0;
}

/* --- time --- */

/* Half as many bins, twice as long. */
static void
double_width(struct html *h)
{
	struct html_bin *b = h->bins;
	size_t i;

	for (i = 0; i < HTML_BINS / 2; i++)
		b[i] = (struct html_bin){
			b[2 * i].answers + b[2 * i + 1].answers,
			b[2 * i].hosts + b[2 * i + 1].hosts,
			b[2 * i].packets + b[2 * i + 1].packets,
		};
	memset(b + i, 0, (HTML_BINS - i) * sizeof *b);
	h->nbins = (h->nbins + 1) / 2;
	h->width *= 2;
}

/* The bin of a time, ns since 1970; what was before the first is in that. */
static struct html_bin *
bin(struct html *h, uint64_t ns)
{
	size_t i;

	if (h->zero == 0)
		h->zero = ns;
	ns = ns < h->zero ? 0 : ns - h->zero;
	while (ns / h->width >= HTML_BINS)
		double_width(h);
	i = ns / h->width;
	if (i >= h->nbins)
		h->nbins = i + 1;
	return &h->bins[i];
}

/* --- records --- */

static void
count_class(struct html *h, const struct value *v)
{
	struct html_class *c;

	h->clean.len = 0;
	escape_text(&h->clean, v->bytes, v->size < 256 ? v->size : 256);
	if (h->clean.len >= HTML_CLASS_MAX)
		h->clean.len = HTML_CLASS_MAX - 1;
	for (c = h->classes; c < h->classes + h->nclasses; c++)
		if (strlen(c->name) == h->clean.len &&
		    memcmp(c->name, h->clean.buf, h->clean.len) == 0) {
			c->n++;
			return;
		}
	if (h->nclasses == HTML_CLASSES) {
		h->other_classes++;
		return;
	}
	memcpy(c->name, h->clean.buf, h->clean.len);
	c->name[h->clean.len] = '\0';
	c->n = 1;
	h->nclasses++;
}

static void
count_rtt(struct html *h, uint64_t us)
{
	unsigned octave = us < 4 ? 0 : 62 - (unsigned)__builtin_clzll(us);
	/* the two bits behind the first */
	size_t i = us < 4 ? us : 4 * octave + (us >> (octave - 1) & 3);

	h->rtts[i < HTML_RTTS ? i : HTML_RTTS - 1]++;
	h->nrtts++;
}

static void
count_address(struct html *h, const struct value *v)
{
	uint32_t a;

	if (v->type != VALUE_BYTES)
		return;
	h->six += v->size == 16;
	if (v->size != 4 || !h->mapped)
		return;
	a = get32(v->bytes);
	if (h->bits > 0 && (a ^ h->base) >> (32 - h->bits) != 0) {
		h->outside++;
		return;
	}
	a -= h->base;
	h->cells[h->cell == 32 ? a : a >> (32 - h->cell)]++;
	h->prefixes[a >> (32 - h->prefix)]++;
}

static bool
is_true(const struct value *v)
{
	return (v->type == VALUE_BOOL || v->type == VALUE_UINT) &&
	    v->number != 0;
}

/* A host: an answer that counts as success, and not for the second time. */
static void
count_host(struct html *h, const struct value v[])
{
	uint64_t rtt = v[RTT].type == VALUE_UINT ? v[RTT].number :
	    v[RTT_US].type == VALUE_UINT	 ? v[RTT_US].number :
						   UINT64_MAX;

	h->hosts++;
	h->dense += is_true(&v[DENSE]);
	count_address(h, &v[SADDR]);
	if (v[SPORT].type == VALUE_UINT && v[SPORT].number < 65536)
		h->ports[v[SPORT].number]++;
	if (v[TTL].type == VALUE_UINT && v[TTL].number < 256)
		h->ttls[v[TTL].number]++;
	if (rtt != UINT64_MAX)
		count_rtt(h, rtt);
}

static int
record(struct format_state *f, const struct stream_item *item)
{
	struct html *h = f->state;
	struct value v[COLUMNS];
	struct html_bin *b;
	bool host;
	size_t i;

	for (i = 0; i < COLUMNS; i++)
		v[i] = column_value(&f->columns->list[i], item->values,
		    item->nvalues);
	h->records++;
	h->repeats += is_true(&v[REPEAT]);
	host = is_true(&v[SUCCESS]) && !is_true(&v[REPEAT]);
	if (v[CLASSIFICATION].type == VALUE_TEXT)
		count_class(h, &v[CLASSIFICATION]);
	if (host)
		count_host(h, v);
	if (v[TIME].type != VALUE_UINT || v[TIME].number == 0)
		return 1;
	if (h->first == 0 || v[TIME].number < h->first)
		h->first = v[TIME].number;
	if (v[TIME].number > h->last)
		h->last = v[TIME].number;
	b = bin(h, v[TIME].number);
	b->answers++;
	b->hosts += host;
	return 1;
}

/* --- events --- */

static void
progress(struct html *h, const struct stream_item *item)
{
	uint64_t packets, time;

	if (stream_event_uint(item, "packets", &packets) == -1 ||
	    stream_event_uint(item, "time", &time) == -1 || packets < h->sent ||
	    time == 0)
		return;
	if (h->told == 0 || h->told > time)
		h->told = h->zero != 0 && h->zero < time ? h->zero : time;
	/* they left in the time since the last event */
	bin(h, h->told + (time - h->told) / 2)->packets += packets - h->sent;
	h->sent = packets;
	h->told = time;
}

static int
event(struct format_state *f, const struct stream_item *item)
{
	struct html *h = f->state;
	uint64_t packets;
	size_t i;

	if (item->what != STREAM_END) {
		if (stream_event_is(item, "progress"))
			progress(h, item);
		return 0;
	}
	h->open = false;
	h->outcome = outcome_worse(h->outcome, stream_end_outcome(item));
	h->probed += ends_count(item, COUNT_SEND_TARGETS);
	packets = ends_count(item, COUNT_SEND_PACKETS);
	h->packets += packets;
	if (h->told != 0 && packets > h->sent)
		bin(h, h->told)->packets += packets - h->sent;
	h->excluded += ends_count(item, COUNT_SEND_EXCLUDED);
	for (i = 0; i < ENDS_LOSSES; i++)
		h->losses[i] += ends_count(item, ends_losses[i].counter);
	return 0;
}

static int
close_html(struct format_state *f)
{
	struct html *h = f->state;

	if (h == NULL)
		return 0;
	/* what arrived is shown, even if more should have */
	if (h->segments > 0)
		html_page(f->out, h, f->complete);
	output_close(&h->clean);
	output_close(&h->scans);
	free(h);
	return 0;
}

const struct format format_html = {
	.name = "html",
	.help = "a report of a scan in one file, with pictures",
	.fields =
	    "saddr?,success?,repeat?,classification?,sport?,ttl?,rtt?,rtt_us?,dense?,timestamp?",
	.fixed = true,
	.stored = true,
	.prepare = prepare,
	.open = segment,
	.segment = segment,
	.record = record,
	.event = event,
	.close = close_html,
};
