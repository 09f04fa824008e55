/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outfile: a file that takes the place of an older one, but not before the
 * scan has been accepted.
 *
 *	outfile_open(&f, "results.csv", 0666);	what is there stays
 *	outfile_write(&f, head, n);		held in memory
 *	outfile_take(&f);			empty now, then the head
 *	outfile_write(&f, ...);			written at once
 *
 * A mistyped command is refused by one of the stages after the others have
 * opened their files.  So opening a file shows only that it can be written;
 * what an earlier scan has left in it goes when nothing more can be refused.
 * Every program opens the files that it writes by this.
 */
#ifndef OUTFILE_H
#define OUTFILE_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct outfile {
	int fd;
	bool taken;
	off_t keep;	     /* bytes that stay when it is taken */
	unsigned char *held; /* until then */
	size_t len, room;
};

/*
 * Opens a file for writing, whose contents will go, or makes it.  Of a named
 * pipe, this waits for a reader.  -1 with errno.
 */
int outfile_open(struct outfile *, const char *path, mode_t mode);

/* Cuts it to `keep`, and writes what is held.  Once; -1 with errno. */
int outfile_take(struct outfile *);

/* All n bytes, held or written.  -1 with errno. */
int outfile_write(struct outfile *, const void *, size_t n);

/* Forgets what is held.  -1 with errno. */
int outfile_close(struct outfile *);

/* Empties an open file; what is no regular file has nothing to empty. */
int outfile_empty(int fd);

/* Does it hold anything, from before? */
bool outfile_used(int fd);

/* Are both the same regular file?  Then writing one destroys the other. */
bool outfile_same(int fd, int other);

#endif
