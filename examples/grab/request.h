/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is sent to each host once it is connected: the bytes of a file, in
 * which %s stands for the host's address, %p for its port and %% for a
 * per cent sign.  Any other % is just that.
 */
#ifndef REQUEST_H
#define REQUEST_H
#include <stddef.h>

#include "host.h"

#define REQUEST_MAX (64 << 10)

struct request {
	char *text;
	size_t size;
	size_t fields; /* how many there are */
	char *made;    /* the last one expanded */
	size_t made_size;
};

/* -1 with the reason, which lasts, in *why. */
int request_load(struct request *, const char *path, const char **why);
void request_free(struct request *);

/* Into r->made and r->made_size, until the next call. */
void request_make(struct request *, const struct host *);

/* The host's address, into at least IP6_TEXT bytes; its length. */
size_t address_text(char *, const struct host *);

/*
 * Takes the backslashes of C out of s: \r \n \t \0 \\ and \xHH.  The length,
 * or -1 if there is another one.
 */
long unescape(char *s);

#endif
