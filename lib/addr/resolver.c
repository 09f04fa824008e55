/* SPDX-License-Identifier: Apache-2.0 */
/* Names, asked for in another process; see resolver.h. */
#include "addr/resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/rights.h"

/* A message holds this and the addresses. */
struct head {
	int32_t error;	/* of getaddrinfo(3) */
	int32_t number; /* errno, if that says so */
};

struct answer {
	struct head head;
	uint32_t addr[RESOLVER_MAX];
};

/* --- the other process --- */

static size_t
look_up(const char *name, struct answer *a)
{
	static const struct addrinfo ask = {
		.ai_family = AF_INET,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *list = NULL, *i;
	struct sockaddr_in sin;
	size_t n = 0;

	a->head.error = getaddrinfo(name, NULL, &ask, &list);
	a->head.number = errno;
	if (a->head.error != 0)
		return 0;
	for (i = list; i != NULL && n < RESOLVER_MAX; i = i->ai_next) {
		memcpy(&sin, i->ai_addr, sizeof sin);
		a->addr[n++] = ntohl(sin.sin_addr.s_addr);
	}
	freeaddrinfo(list);
	return n;
}

/*
 * Signals of the terminal are for whoever asks us; all that it has open stays
 * open only there, so that its readers see it end.
 */
static void
settle(int fd, pid_t parent)
{
	const struct rights rights = { .may = RIGHTS_UNCONFINED };
	const char *why;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), i;

	prctl(PR_SET_NAME, "zmap-resolver");
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	for (i = 0; i < 3; i++)
		if (null == -1 || dup2(null, i) == -1)
			_exit(1);
	if (dup2(fd, 3) == -1)
		_exit(1);
	syscall(SYS_close_range, 4u, ~0u, 0u);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent ||
	    rights_drop(&rights, &why) == -1)
		_exit(1);
}

static void __attribute__((noreturn)) serve(int fd)
{
	static struct answer a;
	char name[RESOLVER_NAME + 1];
	ssize_t n;

	while ((n = read(fd, name, RESOLVER_NAME)) > 0) {
		name[n] = '\0';
		n = look_up(name, &a) * sizeof *a.addr + sizeof a.head;
		if (write(fd, &a, n) != n)
			break;
	}
	_exit(0);
}

/* --- ours --- */

int
resolver_start(struct resolver *r)
{
	pid_t parent = getpid(), child;
	int fd[2];

	r->fd = -1;
	/* each message is a question or an answer */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) == -1)
		return -1;
	signal(SIGCHLD, SIG_IGN); /* nobody waits for it */
	child = fork();
	if (child == 0) {
		settle(fd[1], parent);
		serve(3);
	}
	close(fd[1]);
	if (child == -1)
		close(fd[0]);
	else
		r->fd = fd[0];
	return child == -1 ? -1 : 0;
}

void
resolver_stop(struct resolver *r)
{
	if (r->fd != -1)
		close(r->fd);
	r->fd = -1;
}

static const char *const gone = "the process that resolves names is gone";

const char *
resolver_ask(struct resolver *r, const char *name)
{
	struct sigaction before, ignore = { .sa_handler = SIG_IGN };
	size_t len = strlen(name);
	ssize_t n;

	/* it may be gone, which is no reason to die of it in silence */
	sigaction(SIGPIPE, &ignore, &before);
	do
		n = write(r->fd, name, len);
	while (n == -1 && errno == EINTR);
	sigaction(SIGPIPE, &before, NULL);
	return n == (ssize_t)len ? NULL : gone;
}

const char *
resolver_answer(struct resolver *r, size_t *count)
{
	struct answer a;
	ssize_t n;

	*count = 0;
	do
		n = read(r->fd, &a, sizeof a);
	while (n == -1 && errno == EINTR);
	if (n < (ssize_t)sizeof a.head)
		return gone;
	if (a.head.error != 0)
		return a.head.error == EAI_SYSTEM ? strerror(a.head.number) :
						    gai_strerror(a.head.error);
	*count = (n - sizeof a.head) / sizeof *a.addr;
	memcpy(r->addr, a.addr, *count * sizeof *a.addr);
	return NULL;
}
