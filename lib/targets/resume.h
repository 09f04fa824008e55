/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Going on with a scan where its checkpoint says.
 *
 * The targets must be the same, except that the blacklist may have grown:
 * positions then still count in the set that the scan began with, which the
 * checkpoint describes, and what was added to the blacklist is left out.
 */
#ifndef RESUME_H
#define RESUME_H
#include "scan/checkpoint.h"
#include "targets/plan.h"
#include "targets/selection.h"

/*
 * Like plan_make(), for a scope that is settled and still has its blacklist
 * in scope->block. Takes over scope and ports.
 */
int resume_plan(struct plan *p, struct selection *scope, struct ports *ports,
    const struct plan_wish *wish, const struct checkpoint *c);

#endif
