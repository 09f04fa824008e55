/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of targets: an entry is a range, and an error has a reason. */
#include "fuzz.h"
#include "addr/list.h"

static int
fuzz_one(const uint8_t *p, size_t n)
{
	enum list_result rc;
	struct list_entry e;
	struct list l;
	char path[32];
	int fd;

	fd = fuzz_file(p, n, path);
	if (list_open(&l, path) == 0) {
		while ((rc = list_next(&l, &e)) == LIST_ENTRY) {
			HOLDS(e.family == 4 || e.family == 6);
			HOLDS(e.family == 6 ? !ip6_less(e.last6, e.first6) :
					      e.first <= e.last);
			HOLDS(e.family == 4 ||
			    (e.part <= IP6_BITS &&
				(e.part == IP6_BITS ||
				    ip6_equal(e.first6,
					ip6_first(e.first6, e.part)))));
			HOLDS(e.port == LIST_NOPORT ||
			    (e.port >= 0 && e.port <= 65535));
		}
		HOLDS(rc != LIST_ERROR || l.why[0] != '\0');
		list_close(&l);
	}
	close(fd);
	return 0;
}

FUZZ_TARGET(fuzz_one)
