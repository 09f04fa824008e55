/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file: opening files to write to, in directories that may be another user's.
 *
 * The owner of a directory can put a link where a program is going to write,
 * and the program, if it is root's, would write over any file. So a link is
 * followed only if its owner could have written there as well.
 */
#ifndef FILE_H
#define FILE_H
#include <stdbool.h>
#include <sys/types.h>

/*
 * Opens a file for writing, or makes it; nothing is emptied. A descriptor, or
 * -1 with errno: ELOOP for another user's link.
 */
int file_create(const char *path, mode_t mode);

/*
 * Makes an open file one for its owner alone, whatever it was before; what is
 * no regular file stays. 0, or -1 with errno.
 */
int file_private(int fd);

/*
 * May files of this owner be trusted?  Those of root, of the user, and of the
 * user who became root by sudo(8) do nothing that the user could not do.
 */
bool file_trusts(uid_t owner);

#endif
