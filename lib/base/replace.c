/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are replaced as a whole; see replace.h. */
#include "base/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { NAMES_MAX = 100 }; /* tried before it gives up */

int
replace_begin(struct replace *r, const char *path, mode_t mode)
{
	uint64_t random;
	int i, fd = -1;

	r->path = path;
	r->f = NULL;
	for (i = 0; fd == -1 && i < NAMES_MAX; i++) {
		if (getrandom(&random, sizeof random, 0) != sizeof random)
			return -1;
		if ((size_t)snprintf(r->temporary, sizeof r->temporary,
			"%s.%016" PRIx64 ".tmp", path,
			random) >= sizeof r->temporary) {
			errno = ENAMETOOLONG;
			return -1;
		}
		fd = open(r->temporary,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
		if (fd == -1 && errno != EEXIST)
			return -1;
	}
	if (fd != -1)
		r->f = fdopen(fd, "w");
	if (r->f != NULL)
		return 0;
	if (fd != -1) {
		close(fd);
		unlink(r->temporary);
	}
	return -1;
}

/* The name itself must be on disk too, or a crash may bring the old one. */
static int
sync_directory(const char *path)
{
	char copy[PATH_MAX];
	int fd, rc;

	snprintf(copy, sizeof copy, "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	rc = fsync(fd);
	close(fd);
	return rc;
}

int
replace_end(struct replace *r, bool durable)
{
	bool failed;
	int saved;

	failed = fflush(r->f) == EOF || ferror(r->f) ||
	    (durable && fsync(fileno(r->f)) == -1);
	saved = errno;
	if (fclose(r->f) == EOF && !failed) {
		failed = true;
		saved = errno;
	}
	r->f = NULL;
	if (!failed && rename(r->temporary, r->path) == 0)
		return durable ? sync_directory(r->path) : 0;
	if (!failed)
		saved = errno;
	unlink(r->temporary);
	errno = saved;
	return -1;
}

void
replace_cancel(struct replace *r)
{
	fclose(r->f);
	unlink(r->temporary);
}
