/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The set of ports of a scan: "80,443,8000-8100", or "*" for all of them.
 */
#ifndef PORTS_H
#define PORTS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ports {
	uint16_t *v; /* ascending, each once */
	size_t n;    /* 0: a scan without ports */
};

/*
 * Parses a list of ports and ranges of ports; blanks around them are fine.
 * -1 with the reason in why.
 */
int ports_parse(struct ports *, const char *list, char *why, size_t size);
/* Whether `port` is among them, and which one it is. */
bool ports_find(const struct ports *p, uint16_t port, size_t *index);
int ports_copy(struct ports *to, const struct ports *from); /* -1, errno */
void ports_free(struct ports *p);

#endif
