/* SPDX-License-Identifier: Apache-2.0 */
/* Names, asked for in another process; see resolver.h. */
#include "addr/resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/rights.h"

struct answer {
	int32_t error;	/* of getaddrinfo(3) */
	int32_t number; /* errno, if that says so */
	uint32_t n, n6;
	/* n of them, and then n6 */
	unsigned char addr[RESOLVER_MAX * (4 + IP6_SIZE)];
};

#define HEAD offsetof(struct answer, addr)

/* --- the other process --- */

static size_t
add_addresses(const struct addrinfo *list, int family, struct answer *a,
    size_t size)
{
	uint32_t *n = family == AF_INET ? &a->n : &a->n6;

	for (; list != NULL && *n < RESOLVER_MAX; list = list->ai_next) {
		struct sockaddr_in6 sin6;
		struct sockaddr_in sin;

		if (list->ai_family != family)
			continue;
		if (family == AF_INET) {
			memcpy(&sin, list->ai_addr, sizeof sin);
			memcpy(a->addr + size, &sin.sin_addr, 4);
			size += 4;
		} else {
			memcpy(&sin6, list->ai_addr, sizeof sin6);
			memcpy(a->addr + size, &sin6.sin6_addr, IP6_SIZE);
			size += IP6_SIZE;
		}
		++*n;
	}
	return size;
}

/* The size of the answer. */
static size_t
look_up(const char *name, struct answer *a)
{
	static const struct addrinfo ask = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *list = NULL;
	size_t size = 0;

	a->n = a->n6 = 0;
	a->error = getaddrinfo(name, NULL, &ask, &list);
	a->number = errno;
	if (a->error != 0)
		return HEAD;
	size = add_addresses(list, AF_INET, a, size);
	size = add_addresses(list, AF_INET6, a, size);
	freeaddrinfo(list);
	return HEAD + size;
}

/* Descriptors 0 to 2 lead nowhere, and no other is open but ours. */
static int
close_others(int ours)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), i, rc = 0, number;

	for (i = 0; i < 3; i++)
		if (null == -1 || dup2(null, i) == -1)
			rc = -1;
	number = errno;
	for (i = 0; i < 3 && rc == -1; i++)
		close(i);
	if (ours > 3)
		syscall(SYS_close_range, 3u, ours - 1u, 0u);
	syscall(SYS_close_range, ours + 1u, ~0u, 0u);
	errno = number;
	return rc;
}

/*
 * Signals of the terminal are for the program that asks.  What it has open
 * stays open in it alone, so that its readers see it end.
 */
static int
resolver_settle(int fd, pid_t parent)
{
	const struct rights rights = { .may = RIGHTS_UNCONFINED };
	const char *step;

	prctl(PR_SET_NAME, "zmap-resolver");
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
		_exit(1);
	return close_others(fd) == -1 || rights_drop(&rights, &step) == -1 ?
	    -1 :
	    0;
}

/* number: why we cannot resolve anything, or 0 */
static void __attribute__((noreturn)) serve(int fd, int number)
{
	static struct answer a;
	char name[RESOLVER_NAME + 1];
	ssize_t n;

	a.error = EAI_SYSTEM;
	a.number = number;
	while ((n = read(fd, name, RESOLVER_NAME)) > 0) {
		name[n] = '\0';
		n = number != 0 ? HEAD : look_up(name, &a);
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
	signal(SIGCHLD, SIG_IGN); /* we do not wait for it */
	child = fork();
	if (child == 0)
		serve(fd[1], resolver_settle(fd[1], parent) == -1 ? errno : 0);
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

int
resolver_ask(struct resolver *r, const char *name, const char **why)
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
	*why = gone;
	return n == (ssize_t)len ? 0 : -1;
}

int
resolver_answer(struct resolver *r, const char **why)
{
	struct answer a;
	ssize_t n;

	*why = gone;
	r->n = r->n6 = 0;
	do
		n = read(r->fd, &a, sizeof a);
	while (n == -1 && errno == EINTR);
	if (n < (ssize_t)HEAD || a.n > RESOLVER_MAX || a.n6 > RESOLVER_MAX ||
	    n != (ssize_t)(HEAD + a.n * 4 + a.n6 * IP6_SIZE))
		return -1;
	if (a.error != 0) {
		*why = a.error == EAI_SYSTEM ? strerror(a.number) :
					       gai_strerror(a.error);
		return -1;
	}
	for (; r->n < a.n; r->n++)
		r->addr[r->n] = get32(a.addr + 4 * r->n);
	for (; r->n6 < a.n6; r->n6++)
		r->addr6[r->n6] = ip6_get(a.addr + 4 * a.n + IP6_SIZE * r->n6);
	return 0;
}
