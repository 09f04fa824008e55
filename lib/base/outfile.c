/* SPDX-License-Identifier: Apache-2.0 */
/* Files that take the place of older ones; see outfile.h. */
#include "base/outfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/whole.h"

int
outfile_open(struct outfile *f, const char *path, mode_t mode)
{
	*f = (struct outfile){ .taken = false };
	f->fd = file_create(path, mode);
	return f->fd == -1 ? -1 : 0;
}

int
outfile_empty(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	return S_ISREG(st.st_mode) ? ftruncate(fd, 0) : 0;
}

bool
outfile_used(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

bool
outfile_same(int fd, int other)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && fstat(other, &b) == 0 &&
	    S_ISREG(a.st_mode) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* What stays is at least what is there. */
static int
outfile_cut(const struct outfile *f)
{
	if (f->keep == 0)
		return outfile_empty(f->fd);
	if (ftruncate(f->fd, f->keep) == -1)
		return -1;
	return lseek(f->fd, f->keep, SEEK_SET) == -1 ? -1 : 0;
}

int
outfile_take(struct outfile *f)
{
	int rc;

	if (f->taken)
		return 0;
	if (outfile_cut(f) == -1)
		return -1;
	f->taken = true;
	rc = whole_write(f->fd, f->held, f->len);
	free(f->held);
	f->held = NULL;
	f->len = f->room = 0;
	return rc;
}

int
outfile_write(struct outfile *f, const void *p, size_t n)
{
	unsigned char *grown;

	if (f->taken)
		return whole_write(f->fd, p, n);
	if (f->room - f->len < n) {
		grown = realloc(f->held, 2 * f->room + n);
		if (grown == NULL)
			return -1;
		f->held = grown;
		f->room = 2 * f->room + n;
	}
	memcpy(f->held + f->len, p, n);
	f->len += n;
	return 0;
}

int
outfile_close(struct outfile *f)
{
	free(f->held);
	f->held = NULL;
	f->len = f->room = 0;
	return close(f->fd);
}
