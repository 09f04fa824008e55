/* SPDX-License-Identifier: Apache-2.0 */
/* Networks of both families; see networks.h. */
#include "addr/networks.h"

#include "addr/list.h"

int
networks_add(struct networks *n, const struct list_entry *e)
{
	return e->family == 6 ? ranges6_add(&n->six, e->first6, e->last6) :
				ranges_add(&n->four, e->first, e->last);
}

int
networks_copy(struct networks *to, const struct networks *from)
{
	return ranges_copy(&to->four, &from->four) == -1 ?
	    -1 :
	    ranges6_copy(&to->six, &from->six);
}

int
networks_intersect(struct networks *n, const struct networks *with)
{
	return ranges_intersect(&n->four, &with->four) == -1 ?
	    -1 :
	    ranges6_intersect(&n->six, &with->six);
}

void
networks_normalise(struct networks *n)
{
	ranges_normalise(&n->four);
	ranges6_normalise(&n->six);
}

bool
networks_empty(const struct networks *n)
{
	return networks_ranges(n) == 0;
}

size_t
networks_ranges(const struct networks *n)
{
	return n->four.n + n->six.n;
}

void
networks_free(struct networks *n)
{
	ranges_free(&n->four);
	ranges6_free(&n->six);
}
