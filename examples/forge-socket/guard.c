/* SPDX-License-Identifier: Apache-2.0 */
/* The process with the privilege; see guard.h. */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOBODY 65534

enum ask {
	ASK_RULE,  /* install it, and make sockets from its ports */
	ASK_PORTS, /* the same without installing it */
	ASK_SOCKET,
	ASK_END,
};

struct question {
	enum ask ask;
	struct rule rule;
	struct forge forge;
};

struct answer {
	int error;     /* errno, 0: all went well */
	char why[160]; /* "": what errno says */
};

/* --- the guard's side --- */

/*
 * What it guards. The other process reads what strangers send, and may be
 * theirs one day: the first rule, which comes before that, bounds all others.
 */
struct post {
	struct rule_table table;
	struct rule bounds, rule; /* first is 0: none yet */
};

static bool
guard_within(const struct rule *r, const struct forge *f)
{
	return f->own_port >= r->first && f->own_port <= r->last &&
	    r->first != 0;
}

/* Takes a rule, if it may be: 0 or an errno, and why. */
static int
guard_take_rule(struct post *p, const struct rule *r, bool install,
    char why[160])
{
	if (!rule_valid(r))
		return EINVAL;
	if (p->bounds.first != 0 && !rule_within(r, &p->bounds)) {
		snprintf(why, 160,
		    "the scan's source ports %u-%u are not within %u-%u: give them by -s",
		    r->first, r->last, p->bounds.first, p->bounds.last);
		return EPERM;
	}
	if (install && rule_install(&p->table, r) == -1) {
		memcpy(why, p->table.why, 160);
		return EPERM;
	}
	if (p->bounds.first == 0)
		p->bounds = *r;
	p->rule = *r;
	return 0;
}

static int
guard_answer(int fd, const struct answer *a, int pass)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = "" };
	struct iovec io = { (void *)a, sizeof *a };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1 };
	struct cmsghdr *c;
	ssize_t n;

	if (pass != -1) {
		m.msg_control = control.bytes;
		m.msg_controllen = sizeof control.bytes;
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &pass, sizeof pass);
	}
	do
		n = sendmsg(fd, &m, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == -1 ? -1 : 0;
}

/* One question; false if that was the last. */
static bool
serve(int fd, struct post *p)
{
	struct answer a = { .error = 0 };
	struct question q;
	ssize_t n;
	int made = -1, rc;

	do
		n = recv(fd, &q, sizeof q, 0);
	while (n == -1 && errno == EINTR);
	if (n != sizeof q)
		return false;
	switch (q.ask) {
	case ASK_RULE:
	case ASK_PORTS:
		a.error = guard_take_rule(p, &q.rule, q.ask == ASK_RULE, a.why);
		break;
	case ASK_SOCKET:
		errno = ERANGE;
		made = guard_within(&p->rule, &q.forge) ?
		    forge_socket(&q.forge) :
		    -1;
		a.error = made == -1 ? errno : 0;
		break;
	case ASK_END:
		if (rule_remove(&p->table) == -1) {
			a.error = EPERM;
			memcpy(a.why, p->table.why, sizeof a.why);
		}
		break;
	default:
		a.error = EINVAL;
	}
	rc = guard_answer(fd, &a, made);
	if (made != -1)
		close(made);
	return rc == 0 && q.ask != ASK_END;
}

/*
 * Keeps just what it takes to make sockets and rules.  Becomes the user
 * "nobody", if the user namespace has one.
 */
static int
drop_to_needed(void)
{
	static const cap_value_t needed[] = { CAP_NET_ADMIN,
		CAP_NET_BIND_SERVICE };
	cap_flag_value_t may;
	cap_t now = cap_get_proc(), next = cap_init();
	int i, rc = -1;

	if (now == NULL || next == NULL)
		goto out;
	for (i = 0; i < 2; i++)
		if (cap_get_flag(now, needed[i], CAP_PERMITTED, &may) == 0 &&
		    may == CAP_SET &&
		    (cap_set_flag(next, CAP_PERMITTED, 1, &needed[i],
			 CAP_SET) == -1 ||
			cap_set_flag(next, CAP_EFFECTIVE, 1, &needed[i],
			    CAP_SET) == -1))
			goto out;
	if (geteuid() == 0) {
		prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
		/*
		 * may be forbidden in a user namespace, and then is no matter
		 */
		if (setgroups(0, NULL) == -1 && errno != EPERM)
			goto out;
		if ((setresgid(NOBODY, NOBODY, NOBODY) == -1 ||
			setresuid(NOBODY, NOBODY, NOBODY) == -1) &&
		    errno != EINVAL)
			goto out;
	}
	rc = cap_set_proc(next);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
out:
	cap_free(now);
	cap_free(next);
	return rc;
}

static void
stand_guard(int fd)
{
	struct answer a = { .error = 0 };
	struct post post = { .bounds = { .first = 0 } };
	int i, null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* its end is that of the other process, whatever the signal */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	/* or the pipes of the scan would not end with their owners */
	for (i = 0; i <= 2; i++)
		dup2(null, i);
	if (drop_to_needed() == -1 || forge_check() == -1)
		a.error = errno;
	else if (rule_open(&post.table) == -1)
		a.error = ENOMEM;
	if (guard_answer(fd, &a, -1) == -1 || a.error != 0)
		_exit(EXIT_FAILURE);
	rule_remove_leftovers(&post.table);
	while (serve(fd, &post))
		;
	rule_close(&post.table);
	_exit(EXIT_SUCCESS);
}

/* --- the other side --- */

static int
hear(struct guard *g, int *passed)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct answer a;
	struct iovec io = { &a, sizeof a };
	struct msghdr m = { .msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };
	struct cmsghdr *c;
	ssize_t n;

	*passed = -1;
	do
		n = recvmsg(g->fd, &m, MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n != sizeof a) {
		snprintf(g->why, sizeof g->why, "the guard process is gone");
		errno = EOWNERDEAD;
		return -1;
	}
	c = CMSG_FIRSTHDR(&m);
	if (c != NULL && c->cmsg_level == SOL_SOCKET &&
	    c->cmsg_type == SCM_RIGHTS)
		memcpy(passed, CMSG_DATA(c), sizeof *passed);
	else if (m.msg_flags & MSG_CTRUNC && a.error == 0)
		a.error = EMFILE; /* no descriptor left to take it */
	if (a.error == 0)
		return 0;
	snprintf(g->why, sizeof g->why, "%s",
	    a.why[0] != '\0' ? a.why : strerror(a.error));
	errno = a.error;
	return -1;
}

static int
guard_ask(struct guard *g, const struct question *q, int *passed)
{
	ssize_t n;

	do
		n = send(g->fd, q, sizeof *q, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return hear(g, passed);
}

int
guard_start(struct guard *g)
{
	int pair[2], none;
	pid_t pid;

	g->why[0] = '\0';
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return -1;
	pid = fork();
	if (pid == -1)
		return -1;
	if (pid == 0) {
		close(pair[0]);
		stand_guard(pair[1]);
	}
	close(pair[1]);
	g->fd = pair[0];
	return hear(g, &none);
}

int
guard_rule(struct guard *g, const struct rule *r)
{
	struct question q = { .ask = ASK_RULE, .rule = *r };
	int none;

	return guard_ask(g, &q, &none);
}

int
guard_ports(struct guard *g, const struct rule *r)
{
	struct question q = { .ask = ASK_PORTS, .rule = *r };
	int none;

	return guard_ask(g, &q, &none);
}

int
guard_socket(struct guard *g, const struct forge *f)
{
	struct question q = { .ask = ASK_SOCKET, .forge = *f };
	int fd;

	return guard_ask(g, &q, &fd) == -1 ? -1 : fd;
}

int
guard_end(struct guard *g)
{
	struct question q = { .ask = ASK_END };
	int none, rc = guard_ask(g, &q, &none);

	close(g->fd);
	g->fd = -1;
	return rc;
}
