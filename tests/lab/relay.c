/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command, passes signals on to it, and ends as it did.  A shell cannot
 * do that: a trap that interrupts its wait may cost it the end of the child.
 *
 *	relay [-cst] [-k PID]... COMMAND [ARGUMENT...]
 *
 * -s  gives the command a session of its own; SIGINT and SIGQUIT are for all
 *     of it.
 * -t  passes no SIGINT and SIGQUIT on: keys, which have reached it already.
 * -c  means the first child of the command by the command: unshare(1) does
 *     not listen.  Until there is one, a signal ends all.
 * -k  ends that process after the command, and waits for two seconds for it.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OTHERS = 8, WAIT_MS = 2000, STEP_MS = 10 };

struct relay {
	bool child, session, terminal;
	pid_t others[OTHERS];
	size_t others_count;
	pid_t command;
	int status; /* of waitpid(2), once the command is gone */
	bool ended;
};

static const int passed[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1,
	SIGUSR2 };

static void
reap(struct relay *r)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == r->command) {
			r->status = status;
			r->ended = true;
		}
}

/* Whom a signal is for, or 0 if there is nobody yet. */
static pid_t
receiver(const struct relay *r)
{
	char name[64];
	FILE *f;
	int pid;

	if (!r->child)
		return r->command;
	snprintf(name, sizeof name, "/proc/%d/task/%d/children", r->command,
	    r->command);
	f = fopen(name, "re");
	if (f == NULL)
		return 0;
	if (fscanf(f, "%d", &pid) != 1)
		pid = 0;
	fclose(f);
	return pid;
}

static void
pass(const struct relay *r, int sig)
{
	bool key = sig == SIGINT || sig == SIGQUIT;
	pid_t pid;

	if (r->terminal && key)
		return;
	pid = receiver(r);
	if (pid == 0) {
		kill(r->command, SIGKILL);
		exit(128 + sig);
	}
	kill(r->session && key ? -pid : pid, sig);
}

/* They write what they have; whatever else there is ends with us. */
static void
end_others(struct relay *r, const sigset_t *set)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	size_t i, left;
	int n;

	for (i = 0; i < r->others_count; i++)
		kill(r->others[i], SIGTERM);
	for (n = 0; n < WAIT_MS / STEP_MS; n++) {
		reap(r);
		for (i = left = 0; i < r->others_count; i++)
			left += kill(r->others[i], 0) == 0;
		if (left == 0)
			return;
		sigtimedwait(set, NULL, &step);
	}
}

int
main(int argc, char *argv[])
{
	struct relay r = { 0 };
	sigset_t set, before;
	size_t i;
	int c, sig;

	while ((c = getopt(argc, argv, "+cstk:")) != -1)
		switch (c) {
		case 'c':
			r.child = true;
			break;
		case 's':
			r.session = true;
			break;
		case 't':
			r.terminal = true;
			break;
		case 'k':
			if (r.others_count < OTHERS)
				r.others[r.others_count++] = atoi(optarg);
			break;
		default:
			return 2;
		}
	if (argv[optind] == NULL)
		errx(2, "no command");
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (i = 0; i < sizeof passed / sizeof *passed; i++) {
		signal(passed[i], SIG_DFL);
		sigaddset(&set, passed[i]);
	}
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_BLOCK, &set, &before);
	r.command = fork();
	if (r.command == -1)
		err(1, "fork");
	if (r.command == 0) {
		if (r.session)
			setsid();
		sigprocmask(SIG_SETMASK, &before, NULL);
		execvp(argv[optind], argv + optind);
		err(errno == ENOENT ? 127 : 126, "%s", argv[optind]);
	}
	while (!r.ended) {
		sig = sigwaitinfo(&set, NULL);
		if (sig == SIGCHLD)
			reap(&r);
		else if (sig != -1)
			pass(&r, sig);
	}
	end_others(&r, &set);
	if (WIFSIGNALED(r.status))
		return 128 + WTERMSIG(r.status);
	return WEXITSTATUS(r.status);
}
