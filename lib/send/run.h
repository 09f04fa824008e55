/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run: one run of the sending stage, which the files behind send.h share:
 *
 *	setup.h     what is to be sent, and all that this needs, opened
 *	announce.h  our own header
 *	pace.h      how fast
 *	tempo.h     and what the network loses by that
 *	watch.h     what is looked at while threads send
 *	report.h    what others are told meanwhile
 *	verdict.h   how it came out
 *	rehearse.h  instead of all this: nothing is sent
 *
 * send.c alone says in which order.
 */
#ifndef SEND_RUN_H
#define SEND_RUN_H
#include <stdbool.h>
#include <stdint.h>

#include "base/outfile.h"
#include "probe/validate.h"
#include "scan/facts.h"
#include "send/asked.h"
#include "send/feed.h"
#include "send/form.h"
#include "send/keeper.h"
#include "send/rate.h"
#include "send/report.h"
#include "send/send.h"
#include "send/sender.h"
#include "send/tempo.h"
#include "send/uplink.h"
#include "send/watch.h"
#include "send/work.h"
#include "stream/stream.h"

struct run {
	const struct send *send;
	struct stream_in *in;
	const struct header *header; /* of the input */
	struct facts facts;	     /* what that says */

	struct form form;
	unsigned probes; /* to each target */
	uint16_t *ports; /* of the targets, ascending; form points to them */
	unsigned char key[VALIDATE_KEY_SIZE];
	bool attributed; /* probes carry the URI of --attribution */

	struct uplink uplink;
	struct work work;
	struct rate rate;
	struct keeper *keeper;
	struct sender *sender;
	struct feed *feed;
	struct asked asked;	   /* the way back */
	struct answered *answered; /* targets that have; NULL: not needed */
	struct tempo tempo;
	struct outfile savefile;

	struct report report;
	struct watch watch;
	bool begun;    /* all stages have accepted the scan */
	uint64_t boot; /* that our clock counts from */
	uint64_t end;  /* of sending; 0: no limit */
};

#endif
