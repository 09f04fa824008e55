/* SPDX-License-Identifier: Apache-2.0 */
/* Missing privilege, in words; see privilege.h. */
#include "base/privilege.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
privilege_missing(const char *to, const char *capabilities, char *why,
    size_t size)
{
	char self[512] = "this program";
	int saved = errno;
	ssize_t n;

	n = readlink("/proc/self/exe", self, sizeof self - 1);
	if (n > 0)
		self[n] = '\0';
	snprintf(why, size,
	    "not permitted to %s (%s): use sudo, or once: sudo setcap %s+ep %s",
	    to, strerror(EPERM), capabilities, self);
	errno = saved;
}
