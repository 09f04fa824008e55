/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard: asks forge-socket's guard for what an intruder would ask for, as the
 * process does that reads what strangers send. Prints what came of it.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>

#include "guard.h"

static void
say(struct guard *g, const char *what, int rc)
{
	printf("%s: %s\n", what, rc == -1 ? g->why : "done");
}

int
main(void)
{
	struct rule rule = { .first = 40000, .last = 40010 }, other;
	struct forge forge = { .own_port = 40011 };
	struct guard g;

	if (guard_start(&g) == -1)
		errx(1, "%s", g.why);
	other = rule;
	other.naddresses = 4000;
	say(&g, "addresses", guard_rule(&g, &other));
	other = rule;
	other.nports = RULE_MAX + 1;
	say(&g, "ports", guard_ports(&g, &other));
	other = (struct rule){ .first = 2, .last = 1 };
	say(&g, "range", guard_rule(&g, &other));
	say(&g, "early socket", guard_socket(&g, &forge));
	say(&g, "rule", guard_rule(&g, &rule));
	other = (struct rule){ .first = 1, .last = 65535 };
	say(&g, "wider", guard_rule(&g, &other));
	say(&g, "wider ports", guard_ports(&g, &other));
	say(&g, "foreign socket", guard_socket(&g, &forge));
	other = (struct rule){ .first = 40001, .last = 40002 };
	say(&g, "narrower", guard_rule(&g, &other));
	forge.own_port = 40000;
	say(&g, "socket outside of that", guard_socket(&g, &forge));
	say(&g, "end", guard_end(&g));
	return 0;
}
