/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scan as a sequence of targets: which there are, in what order, and which
 * part of the order is this shard's.
 *
 * Positions count the targets of the whole scan in the order of its seed. A
 * shard is a contiguous part of them; shards differ by one target at most, the
 * first being the longer ones. A limit takes the first targets of each shard,
 * split in the same way:
 *
 *	0         begin    end                          count
 *	+---------+---------+---------+---------+---------+
 *	| shard 0 .  shard 1      .  shard 2  ...         |
 *	+---------+#########.-----+---------+---------+---+
 *	           limited to these
 *
 * So the parts depend on the targets, the seed, the number of shards and the
 * limit, and on nothing else.
 */
#ifndef PLAN_H
#define PLAN_H
#include <stdbool.h>

#include "addr/networks.h"
#include "scan/scanid.h"
#include "targets/numbering.h"
#include "targets/numbering6.h"
#include "targets/order.h"
#include "targets/spread.h"

struct dict;
struct selection;

#define PLAN_BATCH    4096  /* targets handed out at a time, at most */
#define PLAN_NETWORKS 16384 /* told to later stages, at most */
#define PLAN_BOUNDS   4096  /* told as well, the first ones */

struct plan_wish { /* what is asked for */
	uint64_t seed;
	uint64_t shards, shard; /* shard < shards */
	uint64_t limit;		/* targets; UINT64_MAX for all */
	/*
	 * If share is not 0, the limit is share / whole of all targets,
	 * rounded down; share <= whole <= 10^11.
	 */
	uint64_t share, whole;
	bool polite; /* order.h */
};

struct plan {
	unsigned family; /* 4 or 6, of which one of the two is */
	struct numbering space;
	struct numbering6 space6;
	uint64_t count; /* targets of the whole scan */
	struct order order;
	struct plan_wish wish; /* with the limit worked out */
	uint64_t begin, end;   /* positions of this shard's targets */
	uint64_t at;	       /* position of the next target or copy */
	struct spread spread;  /* of copies */
	uint64_t distance;     /* of copies, in targets; 0: not spread */
	union order_walk walk;
	struct networks skip;	/* addresses to leave out, or empty */
	struct networks bounds; /* of siblings (scan/facts.h), or empty */
	uint8_t id[SCANID_SIZE], lists[SCANID_SIZE];
	char why[512]; /* there is no plan; "": see errno */
};

struct plan_batch {
	uint64_t next;		      /* position after it */
	int copy;		      /* its number; -1: all copies in a row */
	size_t n;		      /* may be 0 where all was left out */
	uint32_t addr[PLAN_BATCH];    /* of IPv4, or */
	struct ip6 addr6[PLAN_BATCH]; /* of IPv6 */
	uint16_t port[PLAN_BATCH];    /* set if targets have ports */
	uint64_t number[PLAN_BATCH];  /* in the index space */
};

/*
 * Takes over what is in `scope` and `ports`. 0, or -1 with the reason in
 * p->why.
 */
int plan_make(struct plan *p, struct selection *scope, struct ports *ports,
    const struct plan_wish *wish);
/* -1, and this reason. */
int plan_refuse(struct plan *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The reason stays. */
void plan_free(struct plan *p);

/*
 * Copies of each target, spread; before plan_seek.  Positions are places from
 * then on (spread.h), from begin to plan_last.
 */
void plan_spread(struct plan *p, unsigned copies, uint64_t distance);
uint64_t plan_last(const struct plan *p);

/* The block of the polite order (polite.h), for this number of ports. */
uint64_t plan_block(unsigned family, size_t ports);

/*
 * In the polite order: of how many targets in a row, a network of 256 addresses
 * (IPv6: of 65,536 prefixes, or addresses of a list) has no more than two.
 */
uint64_t plan_gap(const struct plan *p);

/* Goes to a position from begin to plan_last. */
void plan_seek(struct plan *p, uint64_t position);
/* The next targets; 0 when there are no more. */
int plan_next(struct plan *p, struct plan_batch *b);

/* Tells a stream's header all of it that later stages need. -1 and errno. */
int plan_describe(const struct plan *p, struct dict *scan);

/* Whether targets have ports; and the kind of them for batch_put(). */
bool plan_has_ports(const struct plan *p);
int plan_ports_kind(const struct plan *p);

/* Where a target is scanned. */
struct plan_place {
	uint64_t position;
	uint64_t shard;	   /* whose part it is in */
	uint64_t in_shard; /* targets of that shard before it */
	bool within_limit;
	bool left_out; /* by what the blacklist has got since */
};
/* One address of either family. */
struct plan_address {
	unsigned family;
	uint32_t four;
	struct ip6 six;
};

/* Whether the target is in the scan. `port` is ignored without ports. */
bool plan_find(const struct plan *p, const struct plan_address *a,
    uint16_t port, struct plan_place *place);

#endif
