/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html: what is counted for the report, and who draws it.
 *
 *	html.c		counts records, events and ends
 *	html-page.c	writes the page: text and tables
 *	html-chart.c	writes its pictures, as SVG
 *
 * All room is taken at the begin, whatever is in the stream.
 */
#ifndef HTML_H
#define HTML_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr/ip6.h"
#include "base/outcome.h"
#include "base/output.h"
#include "formats/ends.h"
#include "scan/facts.h"

#define HTML_CLASSES   24    /* told apart; the others are counted together */
#define HTML_CLASS_MAX 48    /* bytes of a name */
#define HTML_BINS      240   /* of time */
#define HTML_RTTS      128   /* of round trips, four to an octave of us */
#define HTML_CELLS     4096  /* of the map */
#define HTML_PREFIXES  65536 /* among which the densest are found */
#define HTML_TOP       10    /* rows of a table */

struct html_class {
	char name[HTML_CLASS_MAX];
	uint64_t n;
};

struct html_bin {
	uint64_t answers, hosts, packets;
};

struct html {
	const char *title;   /* or NULL */
	struct output clean; /* room for text that is made harmless */

	/* of the scans */
	struct output scans; /* what each was, as HTML */
	uint64_t segments;
	bool open; /* the last has had no end yet */
	enum outcome outcome;
	uint64_t targets, probed, packets, excluded;
	uint64_t losses[ENDS_LOSSES];
	/* by the last event of this segment: packets, and when it was */
	uint64_t sent, told;

	/* of the records */
	uint64_t records, hosts, repeats, dense;
	uint64_t placed;  /* hosts whose address is of the map's family */
	uint64_t outside; /* of these, those that are not in it */
	struct html_class classes[HTML_CLASSES];
	size_t nclasses;
	uint64_t other_classes;
	uint64_t ports[65536];
	uint64_t ttls[256];
	uint64_t rtts[HTML_RTTS], nrtts;
	uint64_t first, last; /* ns since 1970; 0: no times */

	/* over time: bins double when there are too many */
	struct html_bin bins[HTML_BINS];
	uint64_t zero, width; /* where the first begins, ns, and its length */
	size_t nbins;

	/* in the address space */
	bool mapped;
	unsigned family;
	struct ip6 base; /* of the prefix that is drawn; IPv4: its upper bits */
	unsigned bits;	 /* of that prefix */
	unsigned cell, prefix; /* lengths of those counted */
	bool known;	       /* what was scanned */
	unsigned char scanned[HTML_CELLS / 8];
	uint32_t cells[HTML_CELLS];
	uint32_t prefixes[HTML_PREFIXES];
};

/* --- html-page.c --- */

/* A stranger's text: controls as \xHH, and nothing that is markup. */
void html_text(struct output *, struct output *clean, const void *, size_t);

/* The address or prefix at place i of the map, of these many bits. */
struct ip6 html_place(const struct html *, uint64_t i, unsigned bits);
void html_put_prefix(struct output *, const struct html *, struct ip6,
    unsigned bits);

/* What a segment's header says, into h->scans; -1 with why. */
struct header;
int html_scan(struct html *, const struct header *, const struct facts *);

/* The whole page; `complete`: the input has been read to its end. */
void html_page(struct output *, struct html *, bool complete);

/* --- html-chart.c --- */

/* Both are figures, with a title and a sentence for who cannot see them. */
void html_chart_time(struct output *, const struct html *);
void html_chart_ttl(struct output *, const struct html *);
void html_chart_rtt(struct output *, const struct html *);
void html_chart_map(struct output *, const struct html *);

/* Microseconds of the begin of bin i of round trips. */
double html_rtt(size_t i);

/* Some microseconds as 350 us, 12 ms or 1.2 s. */
void html_duration(struct output *, double us);

#endif
