/* SPDX-License-Identifier: Apache-2.0 */
/* Scans that go on; see resume.h. */
#include "targets/resume.h"

#include <string.h>

static int
is(const char *text, const uint8_t id[SCANID_SIZE])
{
	char print[SCANID_TEXT];

	scanid_print(id, print);
	return strcmp(text, print) == 0;
}

/* With the lists as they are now. */
static int
try_unchanged(struct plan *p, const struct selection *scope,
    const struct ports *ports, const struct plan_wish *wish, const char **why)
{
	struct ports same = { 0 };
	struct selection now = { 0 };
	int rc = -1;

	*why = NULL;
	if (selection_copy(&now, scope) == 0 &&
	    selection_take_out(&now, &scope->range[SCOPE_BLOCK]) == 0 &&
	    ports_copy(&same, ports) == 0)
		rc = plan_make(p, &now, &same, wish, why);
	selection_free(&now);
	ports_free(&same);
	return rc;
}

/* Whether all that the scan never had is still in the blacklist. */
static int
only_grew(const struct selection *scope, const struct checkpoint *c)
{
	const struct ranges *block = &scope->range[SCOPE_BLOCK];
	struct selection never = { 0 };
	int rc = -1;

	if (selection_copy(&never, scope) == 0 &&
	    selection_take_out(&never, &c->networks) == 0) {
		rc = ranges_cover(block, &never.addrs);
		for (size_t i = 0; i < never.pairs.n; i++)
			rc &= ranges_contain(block, never.pairs.v[i] >> 16);
	}
	selection_free(&never);
	return rc;
}

int
resume_plan(struct plan *p, struct selection *scope, struct ports *ports,
    const struct plan_wish *wish, const struct checkpoint *c, const char **why)
{
	struct ranges skip = { 0 };
	int grew;

	if (!is(c->lists, scope->lists)) {
		*why = "the targets are not those of the checkpoint; give "
		       "the lists and ports that the scan began with";
		return -1;
	}
	if (try_unchanged(p, scope, ports, wish, why) == 0) {
		if (is(c->scan, p->id))
			return 0;
		plan_free(p);
	} else if (*why == NULL) {
		return -1;
	}
	*why = NULL;
	grew = only_grew(scope, c);
	if (grew == 0)
		*why = "the blacklist no longer holds all that it held "
		       "when the scan began";
	if (grew != 1 || ranges_copy(&skip, &c->networks) == -1 ||
	    ranges_intersect(&skip, &scope->range[SCOPE_BLOCK]) == -1 ||
	    selection_limit_to(scope, &c->networks) == -1 ||
	    plan_make(p, scope, ports, wish, why) == -1) {
		ranges_free(&skip);
		return -1;
	}
	p->skip = skip;
	if (is(c->scan, p->id))
		return 0;
	plan_free(p);
	*why = "the options are not those of the checkpoint, or there are "
	       "too many networks to follow a change of the blacklist";
	return -1;
}
