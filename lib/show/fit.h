/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fit: the status line on a terminal that is too narrow for it.  A number that
 * is cut in two is worse than none, so whole parts are left out.
 */
#ifndef FIT_H
#define FIT_H
#include <stdbool.h>
#include <stddef.h>

/*
 * Shortens a line of progress_line() until it is less than width wide, as far
 * as it goes: averages first, then drops if there are none, and then the
 * counts. The time, and last of all the hit rate, stay.
 */
void fit(char *line, size_t width, bool drops);

#endif
