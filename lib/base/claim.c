/* SPDX-License-Identifier: Apache-2.0 */
/* Locks beside files; see claim.h. */
#include "base/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_MS = 20 };

/* The byte of the file that stands for who; n bytes from there on. */
static int
lock_bytes(int fd, int how, int who, int n, struct flock *lock)
{
	*lock = (struct flock){ .l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = who,
		.l_len = n };
	return fcntl(fd, how, lock);
}

/*
 * A file that root makes belongs to the owner of its directory, whom root
 * becomes in the stages that write there.
 */
static void
give_to_owner(int fd, const char *path)
{
	char dir[PATH_MAX];
	struct stat st;

	snprintf(dir, sizeof dir, "%s", path);
	if (geteuid() != 0 || stat(dirname(dir), &st) == -1)
		return;
	/* without the right to it, the lock is root's: others say so */
	if (fchown(fd, st.st_uid, st.st_gid) == -1)
		return;
}

/* In another user's directory: nothing is followed, emptied or written. */
static int
open_lock(const char *path)
{
	const int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC;
	struct stat st;
	int fd = open(path, flags);

	if (fd == -1 && errno == ENOENT) {
		fd = open(path, flags | O_CREAT | O_EXCL, 0666);
		if (fd != -1)
			give_to_owner(fd, path);
		else if (errno == EEXIST)
			fd = open(path, flags);
	}
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

/* Is it still the file of that name, or has its last owner removed it? */
static bool
is_there(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Has another process this lock? */
static bool
claim_is_held(int fd, int who, pid_t *pid)
{
	struct flock lock;

	if (lock_bytes(fd, F_GETLK, who, 1, &lock) == -1 ||
	    lock.l_type == F_UNLCK)
		return false;
	if (lock.l_pid > 0)
		*pid = lock.l_pid;
	return true;
}

/* 0: claimed, or there can be no lock; 1: another has it, *pid; -1: errno. */
static int
claim_try(struct claim *c, enum claim_who who, pid_t *pid)
{
	struct flock lock;

	*pid = 0;

	c->fd = open_lock(c->path);
	/* where none can be made, nor can the file itself */
	if (c->fd == -1)
		return access(c->path, F_OK) == 0 ? -1 : 0;
	if (lock_bytes(c->fd, F_SETLK, who, 1, &lock) == 0) {
		if (is_there(c->fd, c->path) &&
		    (who != CLAIM_SCAN ||
			!claim_is_held(c->fd, CLAIM_SENDER, pid)))
			return 0;
	} else if (errno != EACCES && errno != EAGAIN) {
		close(c->fd);
		c->fd = -1;
		return 0;
	}
	claim_is_held(c->fd, who, pid);
	close(c->fd);
	c->fd = -1;
	return 1;
}

int
claim_take(struct claim *c, const char *file, enum claim_who who, int ms,
    char *why, size_t size)
{
	const struct timespec pause = { 0, PAUSE_MS * 1000000L };
	char by[32] = "";
	pid_t pid;
	int rc;

	c->fd = -1;
	if ((size_t)snprintf(c->path, sizeof c->path, "%s.lock", file) >=
	    sizeof c->path) {
		snprintf(why, size, "%.64s...: %s", file,
		    strerror(ENAMETOOLONG));
		return -1;
	}
	while ((rc = claim_try(c, who, &pid)) == 1 && ms > 0) {
		nanosleep(&pause, NULL);
		ms -= PAUSE_MS;
	}
	if (rc == 0)
		return 0;
	if (rc == -1) {
		snprintf(why, size,
		    "%s: %s; remove it if no scan is at work with %s", c->path,
		    strerror(errno), file);
		return -1;
	}
	if (pid > 0)
		snprintf(by, sizeof by, " (pid %d)", (int)pid);
	snprintf(why, size,
	    "%s: another scan is at work with this checkpoint%s; wait for it, or name another file",
	    file, by);
	return 1;
}

void
claim_release(struct claim *c)
{
	struct flock lock;

	if (c->fd == -1)
		return;
	if (lock_bytes(c->fd, F_SETLK, 0, 2, &lock) == 0 &&
	    is_there(c->fd, c->path))
		unlink(c->path);
	close(c->fd);
	c->fd = -1;
}
