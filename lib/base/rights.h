/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rights: give away what a stage no longer needs.
 *
 * A stage opens its sockets and files, says here what it will still do, and
 * only then reads a byte that a stranger could have written. From then on it
 * has no capability, no way back to root, no new file, socket or program,
 * except what it asked for:
 *
 *	struct rights r = { .may = RIGHTS_PACKETS | RIGHTS_THREADS };
 *	if (rights_drop(&r, &why) < 0)
 *		err(1, "giving up rights: %s", why);
 *
 * It works the same for root, for an ordinary user whose program file has
 * capabilities, and for one who has none.
 */
#ifndef RIGHTS_H
#define RIGHTS_H

enum {
	RIGHTS_THREADS = 1 << 0, /* start more threads */
	RIGHTS_PACKETS = 1 << 1, /* send and receive on sockets already open */
	RIGHTS_CONNECT = 1 << 2, /* make new TCP or Unix client connections */
	/*
	 * Any call, any file that its user may use: what remains is to have no
	 * capability and no way back to one.
	 */
	RIGHTS_UNCONFINED = 1 << 3,
	RIGHTS_PROGRAMS = 1 << 4, /* run BPF programs that are loaded */
};

struct rights {
	unsigned may;
	/*
	 * Files may be made, replaced and removed in this directory and below
	 * it.  NULL: nowhere.  Root becomes the owner of this directory.
	 */
	const char *write_dir;
	/*
	 * Files may be read in this directory and below it.  NULL: nowhere.
	 * Without write_dir, root becomes the owner of this directory if the
	 * user "nobody" cannot read it.  In all other cases root becomes the
	 * user "nobody".
	 */
	const char *read_dir;
	/*
	 * Stay the user one is, for a stage that must reopen files of that
	 * user; capabilities go all the same.
	 */
	int keep_user;
};

/* What this kernel, or the container that this runs in, does not let one do. */
enum {
	RIGHTS_NO_USER = 1 << 0,     /* root stays root, without capabilities */
	RIGHTS_NO_LANDLOCK = 1 << 1, /* files are not closed */
	RIGHTS_NO_SECCOMP = 1 << 2,  /* calls are not refused */
};

/*
 * In this order: bounding set, groups and user (root becomes the user "nobody",
 * where the user namespace has one), capabilities, core dumps, no_new_privs,
 * landlock where the kernel has it, seccomp. The signal asked for at the
 * parent's death survives. Call it before starting threads, once.
 *
 * 0 or bits of RIGHTS_NO_*, for parts that cannot be had; or -1 with errno and
 * in *why (never NULL then) the step that failed, though it could be had.
 */
int rights_drop(const struct rights *r, const char **why);

/* Such bits in words, into buf. */
const char *rights_missing(int missing, char *buf, unsigned long size);

/*
 * The directory a path lies in, for write_dir and read_dir: "." for a bare
 * name. Into buf; -1 with ENAMETOOLONG if it does not fit.
 */
int rights_dir_of(const char *path, char *buf, unsigned long size);

#endif
