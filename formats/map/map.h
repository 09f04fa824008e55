/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map: what is counted for the picture, and where it lies.
 */
#ifndef MAP_H
#define MAP_H
#include <stdbool.h>
#include <stdint.h>

#include "addr/ip6.h"
#include "formats/format.h"
#include "formats/map/labels.h"

enum map_class { OPEN, CLOSED, UNREACHABLE, OTHER, MAP_CLASSES };

struct map {
	/* arguments */
	bool prefix_given;
	unsigned family;
	struct ip6 first; /* address of the prefix; IPv4: its upper bits */
	unsigned bits;	  /* its length */
	unsigned end;	  /* length of what is told apart: of IPv4, 32 */
	bool by_class;
	bool by_share; /* of the probes, the answers */
	bool repeats;  /* count them, too */
	bool reserved; /* name blocks that are */
	struct labels labels;
	unsigned cell; /* its prefix length; 0: free */
	uint32_t size; /* pixels of the longer side; 0: free */
	const char *title;
	char font[256];
	char *text; /* holds title */
	/* geometry */
	unsigned shift; /* a cell is 2^shift of these */
	unsigned order; /* of the curve */
	bool half;	/* only its first half: lying */
	uint32_t cells;
	uint32_t scale;		      /* pixels of a cell's side */
	unsigned grid;		      /* prefix length of labelled squares */
	int left, top, width, height; /* of the map */
	int em;			      /* font size, pixels */
	/* counts */
	uint32_t *answers;	     /* per cell */
	uint16_t (*by)[MAP_CLASSES]; /* or these */
	unsigned char *scanned;	     /* a bit per cell; NULL: everything */
	uint32_t *space; /* by share: what is scanned of each cell */
	double density;	 /* targets of each of those */
	double ports;	 /* ports of each target */
	double may, did; /* targets that there are, and that were probed */
	uint64_t results;
	uint64_t start; /* of the scan, ns since 1970 */
	char what[96];	/* probe and ports */
};

/* Draws it as PNG, to the output: 0, or -1 with the reason in format_state. */
int map_draw(struct format_state *, struct map *);

#endif
