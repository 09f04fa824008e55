/* SPDX-License-Identifier: Apache-2.0 */
/* Scans that go on; see resume.h. */
#include "targets/resume.h"

#include <string.h>

static int
resume_is(const char *text, const uint8_t id[SCANID_SIZE])
{
	char print[SCANID_TEXT];

	scanid_print(id, print);
	return strcmp(text, print) == 0;
}

/* With the lists as they are now. */
static int
try_unchanged(struct plan *p, const struct selection *scope,
    const struct ports *ports, const struct plan_wish *wish)
{
	struct ports same = { 0 };
	struct selection now = { 0 };
	int rc = -1;

	if (selection_copy(&now, scope) == 0 &&
	    selection_take_out(&now, &scope->block) == 0 &&
	    ports_copy(&same, ports) == 0)
		rc = plan_make(p, &now, &same, wish);
	selection_free(&now);
	ports_free(&same);
	return rc;
}

/* Whether all that the scan never had is still in the blacklist. */
static int
only_grew(const struct selection *scope, const struct checkpoint *c)
{
	struct selection never = { 0 };
	int rc = -1;

	if (selection_copy(&never, scope) == 0 &&
	    selection_take_out(&never, &c->networks) == 0)
		rc = selection_is_in(&never, &scope->block);
	selection_free(&never);
	return rc;
}

int
resume_plan(struct plan *p, struct selection *scope, struct ports *ports,
    const struct plan_wish *wish, const struct checkpoint *c)
{
	struct networks skip = { 0 };
	int grew;

	*p = (struct plan){ 0 };
	if (!resume_is(c->lists, scope->lists))
		return plan_refuse(p,
		    "the targets are not those of the checkpoint; give the lists and ports that the scan began with");
	if (try_unchanged(p, scope, ports, wish) == 0) {
		if (resume_is(c->scan, p->id))
			return 0;
		plan_free(p);
	} else if (p->why[0] == '\0') {
		return -1;
	}
	p->why[0] = '\0';
	grew = only_grew(scope, c);
	if (grew == 0)
		plan_refuse(p,
		    "the blacklist no longer holds all that it held when the scan began");
	if (grew != 1 || networks_copy(&skip, &c->networks) == -1 ||
	    networks_intersect(&skip, &scope->block) == -1 ||
	    selection_limit_to(scope, &c->networks) == -1 ||
	    plan_make(p, scope, ports, wish) == -1) {
		networks_free(&skip);
		return -1;
	}
	p->skip = skip;
	if (resume_is(c->scan, p->id))
		return 0;
	plan_free(p);
	return plan_refuse(p,
	    "the options are not those of the checkpoint, or there are too many networks to follow a change of the blacklist");
}
