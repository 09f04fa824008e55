/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rights: gives up its rights as a stage does, and then tries something.
 *
 *	rights open|socket|exec|ptrace|fork
 *	rights signal PID: to that process, and to itself
 *	rights write FILE [ALLOWED]
 *	rights bpf|programs NUMBER: that call of bpf(2), also where the stage
 *		runs programs
 *
 * Writing is allowed in the directory that the file ALLOWED would be in.
 * Prints what came of it.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/rights.h"

static void *
nothing(void *arg)
{
	return arg;
}

static void
report(const char *what, long rc)
{
	printf("%s: %s\n", what, rc == -1 ? strerror(errno) : "allowed");
	fflush(stdout);
}

static void
attempt(const char *what, const char *path)
{
	if (strcmp(what, "open") == 0)
		report(what, open("/etc/passwd", O_RDONLY));
	else if (strcmp(what, "write") == 0)
		report(what, open(path, O_WRONLY | O_CREAT, 0644));
	else if (strcmp(what, "socket") == 0)
		report(what, socket(AF_INET, SOCK_DGRAM, 0));
	else if (strcmp(what, "exec") == 0)
		report(what, execl("/bin/true", "true", (char *)NULL));
	else if (strcmp(what, "ptrace") == 0)
		report(what, ptrace(PTRACE_TRACEME, 0, 0, 0));
	else if (strcmp(what, "fork") == 0)
		report(what, fork());
	else if (strcmp(what, "signal") == 0) {
		report("another",
		    syscall(SYS_tgkill, atoi(path), atoi(path), 0));
		report("kill", kill(atoi(path), 0));
		report("itself", syscall(SYS_tgkill, getpid(), gettid(), 0));
	} else if (strcmp(what, "bpf") == 0 || strcmp(what, "programs") == 0)
		report(what, syscall(SYS_bpf, atoi(path), NULL, 0));
	else
		errx(2, "%s: unknown", what);
}

int
main(int argc, char **argv)
{
	struct rights r = { .may = RIGHTS_PACKETS | RIGHTS_THREADS };
	const char *why;
	pthread_t t;
	char dir[4096];

	if (argc < 2)
		errx(2, "usage: rights what [file]");
	if (strcmp(argv[1], "programs") == 0)
		r.may |= RIGHTS_PROGRAMS;
	if (argc > 3 && rights_dir_of(argv[3], dir, sizeof dir) == 0)
		r.write_dir = dir;
	if (rights_drop(&r, &why) == -1)
		err(1, "%s", why);
	if (pthread_create(&t, NULL, nothing, NULL) != 0 ||
	    pthread_join(t, NULL) != 0)
		errx(1, "no threads");
	attempt(argv[1], argc > 2 ? argv[2] : NULL);
	return 0;
}
