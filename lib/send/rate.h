/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate: when the next packets may go.
 *
 * One schedule, shared by all sending threads: packet n is due at
 * start + n / rate. A thread asks for the next few packets, sleeps until they
 * are due, and sends them:
 *
 *	n = rate_take(&rate, want, &stop);
 *
 * On time these are 0.25 ms worth, so above 4000 a second packets leave in
 * small groups, and below one by one at even distances. Only one thread sleeps
 * at a time, and how many may go is decided when it is awake. A thread that is
 * late takes what has become due meanwhile, in a way that leaves no millisecond
 * with more than twice what the rate would give it: 0.45 ms worth in a row, and
 * beyond that 1.5 times the rate until the debt is paid. Debts over 40 ms are
 * paid faster, down to 10 ms: 1 ms worth in a row, and four times the rate.
 * Debts over half a second, whatever held the sender up, are forgiven. There is
 * no busy waiting. Times are clock_ns()'s.
 *
 * Where something else holds packets back until they are due (launch.h),
 * threads take them some milliseconds ahead, each with the time that it is to
 * leave at.  Then it does no harm to be a little late; debts are paid at the
 * same rates.
 */
#ifndef RATE_H
#define RATE_H
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Up to so many a second, packets leave one by one. */
#define RATE_SINGLE 4000

struct rate {
	pthread_mutex_t turn; /* of the thread that takes next */
	pthread_mutex_t lock; /* of what follows */
	double per_second;    /* 0: as fast as the way out allows */
	double interval;      /* ns */
	uint64_t base;	      /* when packet 0 was due */
	uint64_t count;	      /* taken since */
	uint64_t gate;	      /* nothing goes before this */
	bool hurry;	      /* a long debt is being paid */
};

/* per_second may be a fraction; 0 is no limit. */
void rate_init(struct rate *r, double per_second, uint64_t now);
void rate_destroy(struct rate *r);

/* From now on; any thread. The factor of rate_scale does nothing to 0. */
void rate_set(struct rate *r, double per_second, uint64_t now);
void rate_scale(struct rate *r, double factor, uint64_t now);
double rate_get(struct rate *r);

/*
 * Sleeps until the next packets may go, and says how many, from 1 to want;
 * they are the caller's, to be sent now. 0: *stop became true.
 */
unsigned rate_take(struct rate *r, unsigned want, const atomic_bool *stop);

/*
 * The same, ahead of time, with when[] the times to leave at; 0 is at once,
 * where there is no limit, or one that the room is too small for.  room:
 * packets that may wait for their time.  Those that are due within a tenth of a
 * millisecond leave together, so that what holds them back need not wake up
 * for each.
 */
unsigned rate_launch(struct rate *r, unsigned want, unsigned room,
    const atomic_bool *stop, uint64_t *when);

/* Gives back n packets that were taken last and not sent. */
void rate_return(struct rate *r, unsigned n);

/* When the next packet may go; in the past where there is no limit. */
uint64_t rate_next(struct rate *r);

/* The schedule starts afresh at now: what did not go before is forgiven. */
void rate_restart(struct rate *r, uint64_t now);

/*
 * Sleeps until the absolute time when. false if *stop became true meanwhile
 * (looked at every 20 ms).
 */
bool rate_wait(uint64_t when, const atomic_bool *stop);

/*
 * Bits on the wire of an Ethernet frame of len bytes (without its check
 * sequence): preamble and delimiter 8, padding to 60, check sequence 4, gap
 * between frames 12. IEEE 802.3 clauses 3 and 4.
 */
double rate_frame_bits(unsigned len);

#endif
