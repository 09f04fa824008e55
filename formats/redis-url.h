/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redis-url: what --output-args say of a Redis server and a list on it:
 *
 *	redis://[[user]:password@]host[:port]/list[?option=value&...]
 *	local:///path/of/socket/list[?...]
 */
#ifndef REDIS_URL_H
#define REDIS_URL_H
#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/un.h>

#include "formats/format.h"

struct redis_url {
	char *text; /* holds all strings below */
	const char *user, *password, *list;
	struct addrinfo *found; /* of a host's name; each is tried in turn */
	struct sockaddr_un socket;
	struct addrinfo local; /* the socket's, in the same form */
	char where[160];       /* for messages */
	uint64_t db;
	uint64_t retry; /* seconds */
	bool packed;
	const struct format *lines; /* csv or json, or NULL */
};

/*
 * Takes the arguments of the format apart and finds the host; the text and
 * what was found are the caller's to free.  0, or -1 with the reason.
 */
int redis_url_parse(struct format_state *, struct redis_url *);

#endif
