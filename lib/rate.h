/*
 * rate: when the next packets may go.
 *
 * One schedule, shared by all sending threads: packet n is due at
 * start + n / rate. A thread claims the next few packets, sleeps until they
 * are due, and sends them (times are clock_ns()'s):
 *
 *	n = rate_claim(&rate, want, clock_ns(), &when);
 *	rate_wait(when, &stop);
 *
 * A claim is never for more than 0.7 ms worth of packets, so above 1400 a
 * second they leave in small groups, and below one by one at even distances.
 * Who was held up (by the scheduler, not by the device or for want of input)
 * makes up for 0.3 ms at once, so that no more than 1 ms worth leaves in a row,
 * and for the rest at 4/3 of the rate; debts over a quarter of a second are
 * forgiven. Nobody ever busy-waits.
 */
#ifndef RATE_H
#define RATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct rate {
	pthread_mutex_t lock;
	double per_second; /* 0: as fast as the way out allows */
	double interval;   /* ns */
	uint64_t base;	   /* when packet 0 was due */
	uint64_t count;	   /* claimed since */
	uint64_t gate;	   /* no claim starts before this */
	double burst;	   /* packets in one claim */
};

/* per_second may be a fraction; 0 is no limit. */
void rate_init(struct rate *r, double per_second, uint64_t now);
void rate_destroy(struct rate *r);

/* From now on; any thread. The factor of rate_scale does nothing to 0. */
void rate_set(struct rate *r, double per_second, uint64_t now);
void rate_scale(struct rate *r, double factor, uint64_t now);
double rate_get(struct rate *r);

/*
 * How many packets (1 to want) the caller may send at *when; they are then
 * the caller's to send. want is at least 1.
 */
unsigned rate_claim(struct rate *r, unsigned want, uint64_t now,
    uint64_t *when);

/* Gives back n packets of the last claim, which were not sent. */
void rate_return(struct rate *r, unsigned n);

/*
 * The schedule starts afresh at now: after a wait for input or for the
 * device, the packets that did not go meanwhile are not made up for.
 */
void rate_restart(struct rate *r, uint64_t now);

/*
 * Sleeps until the absolute time when. false if *stop became true meanwhile
 * (looked at every 20 ms).
 */
bool rate_wait(uint64_t when, const atomic_bool *stop);

/*
 * "0.2", "10k", "1.5M": a number of at least 0 with an optional decimal
 * suffix K, M, G or T in either case. NULL, or what is wrong with it.
 */
const char *rate_parse(const char *s, double *per_second);

/* The same in bits per second; "bps", "bit" or "bit/s" may follow. */
const char *rate_parse_bits(const char *s, double *bits_per_second);

/*
 * Bits on the wire of an Ethernet frame of len bytes (without its check
 * sequence): preamble and delimiter 8, padding to 60, check sequence 4, gap
 * between frames 12. IEEE 802.3 clauses 3 and 4.
 */
double rate_frame_bits(unsigned len);

#endif
