/* SPDX-License-Identifier: Apache-2.0 */
/* verdict: how a run came out, once no thread is left. */
#ifndef VERDICT_H
#define VERDICT_H
#include <stddef.h>

#include "base/outcome.h"
#include "send/keeper.h"
#include "stream/stream.h"

struct run;

/* Of this stage alone.  why: an error not yet reported, or as it was. */
enum outcome verdict(struct run *, char *why, size_t size);

/* What the last checkpoint says; end: of the stage before, or NULL. */
enum keeper_end verdict_checkpoint(struct run *, const struct stream_item *end);

#endif
