/* SPDX-License-Identifier: Apache-2.0 */
/* cores: processors of this machine, as people list them: "0,2". */
#ifndef CORES_H
#define CORES_H

enum { CORES_MAX = 255 };

/* Those of the list, *n of them; or -1 with *why. */
int cores_parse(const char *list, int cores[CORES_MAX], unsigned *n,
    const char **why);

/* How many this process may run on; 1 where that cannot be known. */
unsigned cores_usable(void);

#endif
