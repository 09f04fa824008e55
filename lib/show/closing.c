/* SPDX-License-Identifier: Apache-2.0 */
/* The closing report; see closing.h. */
#include "show/closing.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "show/progress.h"
#include "show/reports.h"

#define GROUPED 32 /* bytes that a grouped number takes */

/* "4,194,304" */
static const char *
grouped(uint64_t n, char buf[GROUPED])
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%" PRIu64, n), i;
	char *at = buf;

	for (i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			*at++ = ',';
		*at++ = digits[i];
	}
	*at = '\0';
	return buf;
}

static void
lost_text(const struct progress *p, char *buf, size_t size)
{
	char drops[GROUPED], failures[GROUPED];

	if (p->drops.total == 0 && p->failures.total == 0)
		snprintf(buf, size, "nothing lost");
	else if (p->failures.total == 0)
		snprintf(buf, size, "%s answers lost",
		    grouped(p->drops.total, drops));
	else
		snprintf(buf, size, "%s answers lost, %s probes not sent",
		    grouped(p->drops.total, drops),
		    grouped(p->failures.total, failures));
}

void
closing(const struct reports *f, const struct progress *p, char *buf,
    size_t size)
{
	char targets[GROUPED], hits[GROUPED], results[GROUPED];
	char took[32], lost[128], how[48] = "done";
	const char *file = reports_text(f, "output-file");
	uint64_t written = reports_sum(f, COUNT_LOOP_OUT);

	if (!p->complete)
		snprintf(how, sizeof how, "ended at %.0f%%", p->percent);
	progress_clock(p->elapsed, took, sizeof took);
	lost_text(p, lost, sizeof lost);
	snprintf(buf, size,
	    "%s: %s target%s in %s, %s answered (%.2f%%), %s; %s result%s%s%s",
	    how, grouped(p->targets, targets), p->targets == 1 ? "" : "s", took,
	    grouped(p->hits.total, hits), p->hitrate, lost,
	    grouped(written, results), written == 1 ? "" : "s",
	    file != NULL && strcmp(file, "-") != 0 ? " in " : "",
	    file != NULL && strcmp(file, "-") != 0 ? file : "");
}
