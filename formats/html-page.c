/* SPDX-License-Identifier: Apache-2.0 */
/* Text and tables of a report; see html.h. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/version.h"
#include "formats/html.h"
#include "formats/words.h"
#include "stream/header.h"
#include "stream/print.h"
#include "stream/token.h"

#define SCANS	    16	      /* told one by one */
#define ARGUMENT    512	      /* bytes shown of one */
#define COMMANDS    (8 << 10) /* and of all of a scan */
#define RANGES	    12	      /* of networks or ports */
#define PERCENTILES 5

/*
 * Colours that the colour-blind tell apart, for light and for dark.  Nothing
 * is loaded, and scripts would not run.
 */
static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<style>\n"
    ":root { color-scheme: light dark; --bg: #fff; --ink: #1c1c1c; --soft: #595959; --line: #d4d4d4; --box: #f5f5f5; --hosts: #0072b2; --sent: #767676; --good: #00664b; --bad: #a8321f;\n"
    " --l0: #fff; --l1: #fdb040; --l2: #ee7850; --l3: #bd3786; --l4: #7201a8; --l5: #180670; --un: #dcdcdc }\n"
    "@media (prefers-color-scheme: dark) { :root { --bg: #161616; --ink: #e8e8e8; --soft: #a8a8a8; --line: #444; --box: #222; --hosts: #56b4e9; --sent: #999; --good: #4fc9a2; --bad: #ff9a85;\n"
    " --l0: #101010; --l1: #4b2991; --l2: #a3319f; --l3: #ea4f88; --l4: #fa7876; --l5: #ffd9a0; --un: #3a3a3a } }\n"
    "body { margin: 0 auto; max-width: 62rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--bg) }\n"
    "h1 { font-size: 1.6rem; line-height: 1.25; margin: .5rem 0 }\nh2 { font-size: 1.2rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line) }\nh3 { font-size: 1rem; margin: 1rem 0 .25rem }\n"
    "p.state { font-weight: 600 }\n.good { color: var(--good) }\n.bad { color: var(--bad) }\n.soft { color: var(--soft) }\n"
    "dl.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .5rem; margin: 1rem 0 }\n"
    ".tiles div { background: var(--box); padding: .5rem .75rem; border-radius: .25rem }\n.tiles dt { color: var(--soft); font-size: .85rem }\n.tiles dd { margin: 0; font-size: 1.35rem; font-variant-numeric: tabular-nums }\n"
    "dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .5rem 0 }\n.facts dt { color: var(--soft) }\n.facts dd { margin: 0; overflow-wrap: anywhere }\n"
    "code, bdi { unicode-bidi: isolate }\ncode { font: .9em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap }\n"
    "table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .5rem 0; width: 100% }\ncaption { text-align: left; color: var(--soft); font-size: .9rem }\n"
    "th, td { padding: .15rem .6rem .15rem 0; text-align: right; border-bottom: 1px solid var(--line); vertical-align: top }\nth:first-child { text-align: left; font-weight: 400 }\nthead th { color: var(--soft); font-weight: 400; font-size: .85rem }\ntd.bar { width: 35%; padding-right: 0 }\ntd.bar svg { display: block; width: 100%; height: .8rem; margin-top: .35rem }\n"
    ".pair { display: grid; grid-template-columns: 1fr 1fr; gap: 0 2rem }\n.wide { display: grid; grid-template-columns: 2fr 1fr; gap: 0 2rem }\n@media (max-width: 46rem) { .pair, .wide { grid-template-columns: 1fr } }\n"
    "figure { margin: .5rem 0; break-inside: avoid }\nfigcaption { color: var(--soft); font-size: .9rem }\nfigure > svg { display: block; width: 100%; height: auto }\n"
    "svg text { font: 11px system-ui, sans-serif; fill: var(--soft) }\nsvg .n { text-anchor: end }\nsvg .m { text-anchor: middle }\n.grid { stroke: var(--line); fill: none }\n.tick { stroke: var(--soft); fill: none }\n.hosts { fill: var(--hosts) }\n.sent { fill: var(--sent) }\n"
    ".map > svg { border: 1px solid var(--line) }\n.l0 { fill: var(--l0) }\n.l1 { fill: var(--l1) }\n.l2 { fill: var(--l2) }\n.l3 { fill: var(--l3) }\n.l4 { fill: var(--l4) }\n.l5 { fill: var(--l5) }\n.un0 { fill: var(--un) }\n.edge { fill: none; stroke: var(--soft); stroke-width: .5 }\nsvg .name { font-size: 10px; fill: var(--ink); paint-order: stroke; stroke: var(--bg); stroke-width: 3px }\n"
    "ul.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .1rem 1rem; padding: 0; margin: .5rem 0; font-size: .9rem; color: var(--soft) }\n.legend svg { width: .9rem; height: .9rem; margin-right: .35rem; vertical-align: -.1rem; border: 1px solid var(--line) }\n"
    "@media print { :root { --bg: #fff; --ink: #000; --soft: #444; --box: #fff } body { max-width: none; padding: 0; font-size: 10pt } section { break-inside: avoid } .tiles div { border: 1px solid var(--line) } * { print-color-adjust: exact; -webkit-print-color-adjust: exact } }\n"
    "</style>\n";

void
html_text(struct output *o, struct output *clean, const void *text, size_t n)
{
	clean->len = 0;
	escape_text(clean, text, n);
	escape_xml(o, clean->buf, clean->len);
}

static void
html_page_put_text(struct output *o, struct html *h, const char *text)
{
	output_text(o, "<bdi>");
	html_text(o, &h->clean, text, strlen(text));
	output_text(o, "</bdi>");
}

static void
put_percent(struct output *o, uint64_t part, uint64_t whole)
{
	double p = whole == 0 ? 0 : (double)part * 100 / (double)whole;

	output_format(o,
	    p >= 10 || p == 0 ? "%.1f%%" :
		p >= 1	      ? "%.2f%%" :
				"%.2g%%",
	    p);
}

/* --- the scans --- */

static void
fact(struct output *o, const char *name)
{
	output_format(o, "<dt>%s</dt><dd>", name);
}

static void
end_fact(struct output *o)
{
	output_text(o, "</dd>\n");
}

static void
html_page_put_ports(struct output *o, const struct ranges *r)
{
	uint32_t a, b;
	size_t i;

	for (i = 0; i < r->n && i < RANGES; i++) {
		a = ranges_first(r->v[i]);
		b = ranges_last(r->v[i]);
		output_format(o, "%s%" PRIu32, i > 0 ? ", " : "", a);
		if (b > a)
			output_format(o, "\342\200\223%" PRIu32, b);
	}
	if (r->n > RANGES)
		output_format(o, " and %zu more", r->n - RANGES);
}

static void
html_page_put_address(struct output *o, uint32_t a)
{
	unsigned char be[4] = { a >> 24, a >> 16, a >> 8, a };

	print_address(o, be, sizeof be);
}

struct ip6
html_place(const struct html *h, uint64_t i, unsigned bits)
{
	return ip6_from_number(
	    ip6_number(h->base) + ((unsigned __int128)i << (IP6_BITS - bits)));
}

void
html_put_prefix(struct output *o, const struct html *h, struct ip6 a,
    unsigned bits)
{
	unsigned char be[IP6_SIZE];

	ip6_put(be, a);
	print_address(o, be, h->family == 6 ? sizeof be : 4);
	output_format(o, "/%u", bits);
}

/* A range, as a prefix if it is one. */
static void
put_range(struct output *o, uint32_t a, uint32_t b)
{
	uint32_t span = a ^ b;

	html_page_put_address(o, a);
	if (a == b)
		return;
	if ((span & (span + 1)) == 0 && (a & span) == 0) {
		output_format(o, "/%d", __builtin_clz(span));
		return;
	}
	output_text(o, "\342\200\223");
	html_page_put_address(o, b);
}

static void
put_networks(struct output *o, const struct facts *f)
{
	const struct ranges6 *six = &f->networks6;
	size_t i, n = f->networks.n + six->n;
	unsigned char be[16];

	if (n == 0)
		return;
	fact(o, "networks");
	for (i = 0; i < f->networks.n && i < RANGES; i++) {
		output_text(o, i > 0 ? ", " : "");
		put_range(o, ranges_first(f->networks.v[i]),
		    ranges_last(f->networks.v[i]));
	}
	for (i = 0; i < six->n && i < RANGES; i++) {
		output_text(o, i > 0 ? ", " : "");
		ip6_put(be, six->v[i].first);
		print_address(o, be, sizeof be);
		output_text(o, "\342\200\223");
		ip6_put(be, six->v[i].last);
		print_address(o, be, sizeof be);
	}
	if (n > RANGES)
		output_format(o, " and %zu more", n - RANGES);
	end_fact(o);
}

static void
put_sources(struct output *o, const struct facts *f)
{
	size_t i;

	if (f->nsources == 0 && f->sources6.n == 0)
		return;
	fact(o, "from");
	for (i = 0; i < f->nsources && i < RANGES; i++) {
		output_text(o, i > 0 ? ", " : "");
		html_page_put_address(o, f->sources[i]);
	}
	for (i = 0; i < f->sources6.n && i < RANGES; i++) {
		output_text(o, i > 0 ? ", " : "");
		print_address(o, f->sources6.bytes + 16 * i, 16);
	}
	if (f->nsources + f->sources6.n > RANGES)
		output_format(o, " and %zu more",
		    f->nsources + f->sources6.n - RANGES);
	end_fact(o);
}

/* The commands of the history, as a pipeline. */
static void
put_commands(struct output *o, struct output *clean, const struct header *h)
{
	const unsigned char *p = h->history;
	size_t left = h->history_size;
	size_t begin = o->len;
	bool first = true;
	struct token t;
	ssize_t used;

	if (h->history_count == 0)
		return;
	fact(o, "commands");
	output_text(o, "<code>");
	while (left > 0 && (used = token_next(p, left, &t)) > 0 &&
	    o->len - begin < COMMANDS) {
		if (t.kind == TOKEN_ARRAY) {
			output_text(o, first ? "" : "| ");
			first = false;
		}
		if (t.kind == TOKEN_TEXT) {
			html_text(o, clean, t.bytes,
			    t.number < ARGUMENT ? t.number : ARGUMENT);
			output_text(o,
			    t.number > ARGUMENT ? "\342\200\246 " : " ");
		}
		p += used;
		left -= (size_t)used;
	}
	output_text(o, left > 0 ? "\342\200\246</code>" : "</code>");
	end_fact(o);
}

static void
put_what(struct output *o, struct html *h, const struct facts *f)
{
	fact(o, "probe");
	html_page_put_text(o, h, f->probe[0] != '\0' ? f->probe : "not known");
	if (f->probe_args != NULL) {
		output_text(o, " <code>");
		html_text(o, &h->clean, f->probe_args,
		    strnlen(f->probe_args, ARGUMENT));
		output_text(o, "</code>");
	}
	end_fact(o);
	if (f->ports.n > 0) {
		fact(o, "ports");
		html_page_put_ports(o, &f->ports);
		end_fact(o);
	}
	put_networks(o, f);
	if (f->targets != 0) {
		fact(o, "targets");
		words_count(o, f->targets);
		if (f->shards > 1)
			output_format(o,
			    ": shard %" PRIu64 " (from 0) of %" PRIu64,
			    f->shard, f->shards);
		end_fact(o);
	}
}

static void
put_whom(struct output *o, struct html *h, const struct facts *f)
{
	put_sources(o, f);
	if (f->interface[0] != '\0') {
		fact(o, "interface");
		html_page_put_text(o, h, f->interface);
		end_fact(o);
	}
	if (f->attribution[0] != '\0') {
		fact(o, "attribution");
		html_page_put_text(o, h, f->attribution);
		end_fact(o);
	}
	if (f->start_ns != 0) {
		fact(o, "started");
		words_time(o, f->start_ns);
		end_fact(o);
	}
	if (f->id[0] != '\0') {
		fact(o, "scan");
		output_text(o, "<code>");
		html_text(o, &h->clean, f->id, strlen(f->id));
		output_text(o, "</code>");
		end_fact(o);
	}
}

int
html_scan(struct html *h, const struct header *header, const struct facts *f)
{
	struct output *o = &h->scans;

	if (h->segments > SCANS)
		return 0;
	if (h->segments > 1)
		output_format(o, "<h3>Part %" PRIu64 "</h3>\n", h->segments);
	output_text(o, "<dl class=\"facts\">\n");
	put_what(o, h, f);
	put_whom(o, h, f);
	put_commands(o, &h->clean, header);
	output_text(o, "</dl>\n");
	return o->error == 0 ? 0 : -1;
}

/* --- the summary --- */

static void
put_title(struct output *o, struct html *h)
{
	if (h->title != NULL)
		html_text(o, &h->clean, h->title, strlen(h->title));
	else
		output_text(o, "Report of a scan");
}

static void
put_state(struct output *o, const struct html *h, bool complete)
{
	static const char *const words[] = {
		[OUTCOME_DONE] = "Complete: every target was probed.",
		[OUTCOME_FAILED] =
		    "Not complete: a program of the scan failed.",
		[OUTCOME_MISUSED] =
		    "Not complete: a program of the scan was misused.",
		[OUTCOME_INTERRUPTED] = "Not complete: it was interrupted.",
		[OUTCOME_STOPPED] = "Not complete: a guard stopped it.",
		[OUTCOME_INCOMPLETE] =
		    "Through, but some probes or answers are known to be lost.",
	};
	bool cut = !complete || h->open;
	bool good = !cut && h->outcome == OUTCOME_DONE;

	output_format(o, "<p class=\"state %s\">%s</p>\n",
	    good ? "good" : "bad",
	    cut ?
		"Not complete: the results end early, so more may be missing." :
		words[h->outcome]);
}

static void
tile(struct output *o, const char *name, uint64_t n)
{
	output_format(o, "<div><dt>%s</dt><dd>", name);
	words_count(o, n);
	output_text(o, "</dd></div>\n");
}

static uint64_t
lost(const struct html *h)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < ENDS_LOSSES; i++)
		sum += h->losses[i];
	return sum;
}

static void
put_tiles(struct output *o, const struct html *h)
{
	uint64_t from = h->zero != 0 && h->zero < h->first ? h->zero : h->first;

	output_text(o, "<dl class=\"tiles\">\n");
	tile(o, "hosts found", h->hosts);
	if (h->probed > 0) {
		output_text(o, "<div><dt>hit rate</dt><dd>");
		put_percent(o, h->hosts, h->probed);
		output_text(o, "</dd></div>\n");
		tile(o, "targets probed", h->probed);
		tile(o, "packets sent", h->packets);
	}
	tile(o, "answers", h->records);
	tile(o, "repeats", h->repeats);
	if (h->dense > 0)
		tile(o, "hosts in dense prefixes", h->dense);
	if (h->first != 0) {
		output_text(o, "<div><dt>time</dt><dd>");
		html_duration(o, (double)(h->last - from) / 1000);
		output_text(o, "</dd></div>\n");
	}
	tile(o, "known to be lost", lost(h));
	output_text(o, "</dl>\n");
}

static void
put_losses(struct output *o, const struct html *h)
{
	size_t i;

	if (lost(h) + h->excluded == 0)
		return;
	output_text(o,
	    "<table><caption>What was not probed, or did not arrive</caption><tbody>\n");
	for (i = 0; i < ENDS_LOSSES; i++)
		if (h->losses[i] > 0) {
			output_format(o, "<tr><th scope=\"row\">%s</th><td>",
			    ends_losses[i].words);
			words_count(o, h->losses[i]);
			output_text(o, "</td></tr>\n");
		}
	if (h->excluded > 0) {
		output_text(o,
		    "<tr><th scope=\"row\">targets left out on request</th><td>");
		words_count(o, h->excluded);
		output_text(o, "</td></tr>\n");
	}
	output_text(o, "</tbody></table>\n");
}

/* --- tables --- */

static void
begin_table(struct output *o, const char *caption, const char *what,
    const char *number)
{
	output_format(o,
	    "<table><caption>%s</caption><thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">share</th><td></td></tr></thead><tbody>\n",
	    caption, what, number);
}

/* What comes behind the row's name: a number, its share, and a bar. */
static void
put_row(struct output *o, uint64_t n, uint64_t whole, uint64_t most)
{
	output_text(o, "</th><td>");
	words_count(o, n);
	output_text(o, "</td><td>");
	put_percent(o, n, whole);
	output_format(o,
	    "</td><td class=\"bar\"><svg viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><path class=\"hosts\" d=\"M0 0h%.2fv8H0z\"/></svg></td></tr>\n",
	    most == 0 ? 0 : (double)n * 100 / (double)most);
}

static void
end_table(struct output *o)
{
	output_text(o, "</tbody></table>\n");
}

static int
by_number(const void *a, const void *b)
{
	const struct html_class *x = a, *y = b;

	return x->n < y->n ? 1 : x->n > y->n ? -1 : strcmp(x->name, y->name);
}

static void
put_classes(struct output *o, struct html *h)
{
	struct html_class *c = h->classes;

	if (h->nclasses == 0)
		return;
	qsort(c, h->nclasses, sizeof *c, by_number);
	begin_table(o, "Answers, by what they were", "class", "answers");
	for (; c < h->classes + h->nclasses; c++) {
		output_text(o, "<tr><th scope=\"row\"><bdi>");
		/* harmless already, but no HTML yet */
		escape_xml(o, c->name, strlen(c->name));
		output_text(o, "</bdi>");
		put_row(o, c->n, h->records, h->classes[0].n);
	}
	if (h->other_classes > 0) {
		output_text(o, "<tr><th scope=\"row\">others");
		put_row(o, h->other_classes, h->records, h->classes[0].n);
	}
	end_table(o);
}

/* The index of the next of n counts, from most to fewest; n: no more. */
static size_t
next_most(const void *counts, size_t width, size_t n, uint64_t *last,
    size_t *at)
{
	const uint32_t *narrow = counts;
	const uint64_t *wide = counts;
	size_t i, best = n;
	uint64_t c, most = 0;

	for (i = 0; i < n; i++) {
		c = width == sizeof *narrow ? narrow[i] : wide[i];
		if (c > most && (c < *last || (c == *last && i > *at))) {
			most = c;
			best = i;
		}
	}
	*last = most;
	*at = best;
	return best;
}

static void
put_top_ports(struct output *o, const struct html *h)
{
	uint64_t last = UINT64_MAX, most = 0;
	size_t at = 0, i, seen = 0;

	for (i = 0; i < 65536; i++)
		seen += h->ports[i] > 0;
	if (seen == 0)
		return;
	begin_table(o, "Hosts, by port", "port", "hosts");
	for (i = 0; i < HTML_TOP &&
	     next_most(h->ports, sizeof *h->ports, 65536, &last, &at) != 65536;
	     i++) {
		most = i == 0 ? last : most;
		output_format(o, "<tr><th scope=\"row\">%zu", at);
		put_row(o, last, h->hosts, most);
	}
	end_table(o);
	if (seen > HTML_TOP)
		output_format(o, "<p class=\"soft\">%zu ports more.</p>\n",
		    seen - HTML_TOP);
}

static void
put_prefixes(struct output *o, const struct html *h)
{
	size_t n = (size_t)1 << (h->prefix - h->bits), at = 0, i;
	uint64_t last = UINT64_MAX, most = 0;
	char caption[64];

	snprintf(caption, sizeof caption, "The densest prefixes of %u bits",
	    h->prefix);
	begin_table(o, caption, "prefix", "hosts");
	for (i = 0; i < HTML_TOP &&
	     next_most(h->prefixes, sizeof *h->prefixes, n, &last, &at) != n;
	     i++) {
		most = i == 0 ? last : most;
		output_text(o, "<tr><th scope=\"row\">");
		html_put_prefix(o, h, html_place(h, at, h->prefix), h->prefix);
		put_row(o, last, h->hosts, most);
	}
	end_table(o);
}

static void
put_ttls(struct output *o, const struct html *h)
{
	static const struct {
		unsigned from, to;
		const char *words;
	} parts[] = {
		{ 0, 32, "0\342\200\22332" },
		{ 33, 64, "33\342\200\22364" },
		{ 65, 128, "65\342\200\223128" },
		{ 129, 255, "129\342\200\223255" },
	};
	uint64_t sum = 0, all = 0, most = 0;
	size_t i;
	unsigned k;

	for (k = 0; k < 256; k++)
		all += h->ttls[k];
	begin_table(o, "Hosts, by TTL; most begin at 64, 128 or 255", "TTL",
	    "hosts");
	for (i = 0; i < sizeof parts / sizeof *parts; i++) {
		for (sum = 0, k = parts[i].from; k <= parts[i].to; k++)
			sum += h->ttls[k];
		most = all;
		output_format(o, "<tr><th scope=\"row\">%s", parts[i].words);
		put_row(o, sum, all, most);
	}
	end_table(o);
}

/* Half of the hosts answered within ... */
static void
put_rtts(struct output *o, const struct html *h)
{
	static const unsigned percent[PERCENTILES] = { 10, 50, 90, 95, 99 };
	uint64_t sum = 0;
	size_t i, k = 0;

	output_text(o,
	    "<table><caption>Round trips</caption><thead><tr><th scope=\"col\">of the hosts</th><th scope=\"col\">within</th></tr></thead><tbody>\n");
	for (i = 0; i < HTML_RTTS && k < PERCENTILES; i++) {
		sum += h->rtts[i];
		for (; k < PERCENTILES &&
		     (double)sum * 100 >= (double)h->nrtts * percent[k];
		     k++) {
			output_format(o, "<tr><th scope=\"row\">%u%%</th><td>",
			    percent[k]);
			html_duration(o, html_rtt(i + 1));
			output_text(o, "</td></tr>\n");
		}
	}
	end_table(o);
}

/* The time in eight parts or fewer. */
static void
html_page_put_times(struct output *o, const struct html *h)
{
	size_t step = (h->nbins + 7) / 8, i, k;
	struct html_bin sum;

	output_text(o,
	    "<table><caption>The same in numbers</caption><thead><tr><th scope=\"col\">after</th><th scope=\"col\">packets</th><th scope=\"col\">answers</th><th scope=\"col\">hosts</th><th scope=\"col\">hit rate</th></tr></thead><tbody>\n");
	for (i = 0; i < h->nbins; i += step) {
		sum = (struct html_bin){ 0 };
		for (k = i; k < i + step && k < h->nbins; k++) {
			sum.packets += h->bins[k].packets;
			sum.answers += h->bins[k].answers;
			sum.hosts += h->bins[k].hosts;
		}
		output_text(o, "<tr><th scope=\"row\">");
		html_duration(o, (double)i * (double)h->width / 1000);
		output_text(o, "</th><td>");
		words_count(o, sum.packets);
		output_text(o, "</td><td>");
		words_count(o, sum.answers);
		output_text(o, "</td><td>");
		words_count(o, sum.hosts);
		output_text(o, "</td><td>");
		if (sum.packets > 0)
			put_percent(o, sum.hosts, sum.packets);
		output_text(o, "</td></tr>\n");
	}
	end_table(o);
}

/* --- the page --- */

static void
section(struct output *o, const char *title)
{
	output_format(o, "<section><h2>%s</h2>\n", title);
}

static void
put_hosts(struct output *o, struct html *h)
{
	uint64_t ttls = 0;
	size_t i;

	for (i = 0; i < 256; i++)
		ttls += h->ttls[i];
	section(o, "What answered");
	output_text(o, "<div class=\"pair\"><div>\n");
	put_classes(o, h);
	output_text(o, "</div><div>\n");
	put_top_ports(o, h);
	output_text(o, "</div></div>\n");
	if (ttls > 0) {
		output_text(o, "<div class=\"wide\"><div>\n");
		html_chart_ttl(o, h);
		output_text(o, "</div><div>\n");
		put_ttls(o, h);
		output_text(o, "</div></div>\n");
	}
	if (h->nrtts > 0) {
		output_text(o, "<div class=\"wide\"><div>\n");
		html_chart_rtt(o, h);
		output_text(o, "</div><div>\n");
		put_rtts(o, h);
		output_text(o, "</div></div>\n");
	}
	output_text(o, "</section>\n");
}

static void
put_space(struct output *o, const struct html *h)
{
	if (h->placed == 0)
		return;
	section(o, "Where");
	output_text(o, "<div class=\"pair\"><div>\n");
	html_chart_map(o, h);
	output_text(o, "</div><div>\n");
	put_prefixes(o, h);
	if (h->outside > 0) {
		output_text(o, "<p class=\"soft\">");
		words_count(o, h->outside);
		output_text(o, " hosts are outside of the map.</p>\n");
	}
	output_text(o, "</div></div></section>\n");
}

void
html_page(struct output *o, struct html *h, bool complete)
{
	output_text(o, head);
	output_text(o, "<title>");
	put_title(o, h);
	output_text(o, "</title>\n</head>\n<body>\n<main>\n<h1>");
	put_title(o, h);
	output_text(o, "</h1>\n");
	put_state(o, h, complete);
	put_tiles(o, h);
	put_losses(o, h);
	section(o, "What was scanned, and by whom");
	output_bytes(o, h->scans.buf, h->scans.len);
	if (h->segments > SCANS)
		output_format(o,
		    "<p class=\"soft\">And %" PRIu64 " parts more.</p>\n",
		    h->segments - SCANS);
	output_text(o, "</section>\n");
	if (h->records > 0)
		put_hosts(o, h);
	if (h->nbins > 0) {
		section(o, "When");
		output_text(o, "<div class=\"wide\"><div>\n");
		html_chart_time(o, h);
		output_text(o, "</div><div>\n");
		html_page_put_times(o, h);
		output_text(o, "</div></div></section>\n");
	}
	put_space(o, h);
	output_format(o,
	    "</main>\n<footer class=\"soft\"><p>Made by zmap-out %s.</p></footer>\n</body>\n</html>\n",
	    ZMAP_VERSION);
}
