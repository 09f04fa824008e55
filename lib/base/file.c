/* SPDX-License-Identifier: Apache-2.0 */
/* Opening files to write to; see file.h. */
#include "base/file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
	LINKS_MAX = 40,	      /* as the kernel's */
	OVERFLOW_UID = 65534, /* who has no number in this user namespace */
};

/* In a user namespace that does not know all users, root is an ordinary one. */
static bool
knows_all_users(void)
{
	unsigned inner, outer, n;
	FILE *f = fopen("/proc/self/uid_map", "re");
	bool all;

	if (f == NULL)
		return true;
	all = fscanf(f, "%u %u %u", &inner, &outer, &n) == 3 && n == UINT32_MAX;
	fclose(f);
	return all;
}

bool
file_trusts(uid_t owner)
{
	const char *sudo = getenv("SUDO_UID");

	if (owner == 0 || owner == getuid() || owner == geteuid())
		return true;
	if (getuid() == 0 && sudo != NULL && isdigit((unsigned char)*sudo) &&
	    owner == strtoul(sudo, NULL, 10))
		return true;
	return owner == OVERFLOW_UID && !knows_all_users();
}

/*
 * Where a link leads to, in place of its path: 1, or 0 if it is one of
 * /proc's, which have no text to follow, or -1 with errno. The link that is
 * read is the one whose owner was looked at, whatever becomes of its name.
 */
static int
file_follow(char path[PATH_MAX])
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char text[PATH_MAX], *slash;
	struct statfs system;
	struct stat st;
	ssize_t n = -1;
	size_t before;

	if (fd == -1)
		return -1;
	if (fstatfs(fd, &system) == 0 && system.f_type == PROC_SUPER_MAGIC)
		n = 0;
	else if (fstat(fd, &st) == 0 && !file_trusts(st.st_uid))
		errno = ELOOP;
	else
		n = readlinkat(fd, "", text, sizeof text - 1);
	close(fd);
	if (n <= 0)
		return n;
	text[n] = '\0';
	slash = strrchr(path, '/');
	before = text[0] != '/' && slash != NULL ? slash + 1 - path : 0;
	if (before + n >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(path + before, text, n + 1);
	return 1;
}

int
file_create(const char *path, mode_t mode)
{
	const int flags = O_WRONLY | O_CREAT | O_CLOEXEC;
	char at[PATH_MAX];
	int i, fd, more;

	if ((size_t)snprintf(at, sizeof at, "%s", path) >= sizeof at) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (i = 0; i < LINKS_MAX; i++) {
		fd = open(at, flags | O_NOFOLLOW, mode);
		if (fd != -1 || errno != ELOOP)
			return fd;
		more = file_follow(at);
		if (more <= 0)
			return more == 0 ? open(at, flags, mode) : -1;
	}
	errno = ELOOP;
	return -1;
}

int
file_private(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	return S_ISREG(st.st_mode) ? fchmod(fd, 0600) : 0;
}
