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

#define NEAR	 8  /* bits at least from the prefix that is drawn to an end */
#define ADDRESS4 32 /* bits */

static struct ip6
upper(uint32_t a)
{
	return (struct ip6){ (uint64_t)a << 32, 0 };
}

/* Of IPv6, what is behind the longest prefixes of windows was drawn. */
static unsigned
end_of(const struct facts *facts)
{
	unsigned end = IP6_BITS;

	if (facts->family != 6)
		return ADDRESS4;
	if (facts->nwindows > 0)
		end = facts->windows[facts->nwindows - 1].length;
	return end < 2 * NEAR ? 2 * NEAR : end;
}

/* The smallest prefix that holds all of it, not too near at the end. */
static void
html_cover(struct html *h, const struct facts *facts)
{
	const struct ranges *r = &facts->networks;
	const struct ranges6 *six = &facts->networks6;
	const unsigned end = end_of(facts);
	struct ip6 first = { 0 }, last = { 0 };

	h->family = facts->family == 6 ? 6 : 4;
	h->known = h->family == 6 ? six->n > 0 : r->n > 0;
	h->mapped = h->family == 4 || h->known;
	if (h->known && h->family == 4) {
		first = upper(ranges_first(r->v[0]));
		last = upper(ranges_last(r->v[r->n - 1]));
	} else if (h->known) {
		first = six->v[0].first;
		last = six->v[six->n - 1].last;
	}
	if (h->known)
		h->bits = ip6_common(first, last);
	if (h->bits > end - NEAR)
		h->bits = end - NEAR;
	h->base = ip6_first(first, h->bits);
	h->cell = h->bits + 12 > end ? end : h->bits + 12;
	h->prefix = h->bits + 16 > end - NEAR ? end - NEAR : h->bits + 16;
}

/* At which place of the map an address is, in prefixes of these many bits. */
static uint64_t
place_of(const struct html *h, struct ip6 a, unsigned bits)
{
	return (uint64_t)((ip6_number(a) - ip6_number(h->base)) >>
	    (IP6_BITS - bits));
}

static bool
is_drawn(const struct html *h, struct ip6 a)
{
	return ip6_equal(ip6_first(a, h->bits), h->base);
}

/* Sets the bits of the cells that were scanned at all. */
static void
html_mark(struct html *h, struct ip6 first, struct ip6 last)
{
	struct ip6 end = ip6_last(h->base, h->bits);
	uint64_t a, b;

	if (ip6_less(last, h->base) || ip6_less(end, first))
		return;
	a = is_drawn(h, first) ? place_of(h, first, h->cell) : 0;
	b = place_of(h, is_drawn(h, last) ? last : end, h->cell);
	for (; a <= b; a++)
		h->scanned[a / 8] |= (unsigned char)(1 << a % 8);
}

static void
html_mark_all(struct html *h, const struct facts *facts)
{
	const struct ranges *r = &facts->networks;
	const struct ranges6 *six = &facts->networks6;
	size_t i;

	for (i = 0; h->family == 4 && i < r->n; i++)
		html_mark(h, upper(ranges_first(r->v[i])),
		    upper(ranges_last(r->v[i])));
	for (i = 0; h->family == 6 && i < six->n; i++)
		html_mark(h, six->v[i].first, six->v[i].last);
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
		h->known &= (h->family == 6 ? facts.networks6.n :
					      facts.networks.n) > 0;
		if (h->mapped)
			html_mark_all(h, &facts);
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
	struct ip6 a;

	if (!h->mapped || v->type != VALUE_BYTES ||
	    v->size != (h->family == 6 ? IP6_SIZE : 4))
		return;
	a = h->family == 6 ? ip6_get(v->bytes) : upper(get32(v->bytes));
	h->placed++;
	if (!is_drawn(h, a)) {
		h->outside++;
		return;
	}
	h->cells[place_of(h, a, h->cell)]++;
	h->prefixes[place_of(h, a, h->prefix)]++;
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
