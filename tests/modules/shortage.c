/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shortage: to be preloaded; a machine that is short of something.
 *
 *	RING_MAX=bytes	the kernel has no memory for larger packet rings
 *	MISSED=n	the network card misses n frames a second, or whenever
 *			rtnetlink is asked
 *	NEWS_LOST=n	the first n news of neighbours do not fit into the
 *			socket: ENOBUFS
 *	PAGES_MAX=n	there is memory for n blocks of 16 bytes, which is
 *			what a table of answers begins with; counted once the
 *			program is under seccomp
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t
from_environment(const char *name)
{
	const char *v = getenv(name);

	return v == NULL ? 0 : strtoull(v, NULL, 10);
}

int
setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	const struct tpacket_req *r = value;
	uint64_t max = from_environment("RING_MAX");

	if (level == SOL_PACKET && name == PACKET_RX_RING && max != 0 &&
	    (uint64_t)r->tp_block_size * r->tp_block_nr > max) {
		errno = ENOMEM;
		return -1;
	}
	return syscall(SYS_setsockopt, fd, level, name, value, size);
}

ssize_t
recvmsg(int fd, struct msghdr *m, int flags)
{
	static uint64_t lost;
	ssize_t n = syscall(SYS_recvmsg, fd, m, flags);
	const struct nlmsghdr *h = m->msg_iov->iov_base;

	if (n < (ssize_t)sizeof *h ||
	    m->msg_namelen != sizeof(struct sockaddr_nl) ||
	    h->nlmsg_type != RTM_NEWNEIGH || h->nlmsg_seq != 0 ||
	    lost >= from_environment("NEWS_LOST"))
		return n;
	lost++;
	errno = ENOBUFS;
	return -1;
}

/* The last that a program does before it reads what strangers wrote. */
static bool begun;

int
seccomp_load(void *filter)
{
	int (*load)(void *) = (int (*)(void *))(
	    uintptr_t)dlsym(RTLD_NEXT, "seccomp_load");
	int rc = load(filter); /* which may want such memory itself */

	begun = true;
	return rc;
}

void *
calloc(size_t n, size_t size)
{
	static uint64_t pages;
	size_t all;
	void *p;

	if (begun && n == 1 && size == 16 && getenv("PAGES_MAX") != NULL &&
	    pages++ >= from_environment("PAGES_MAX")) {
		errno = ENOMEM;
		return NULL;
	}
	if (__builtin_mul_overflow(n, size, &all))
		return NULL;
	p = malloc(all);
	return p == NULL ? NULL : memset(p, 0, all);
}

static void
miss(struct nlmsghdr *h, uint64_t n)
{
	struct ifinfomsg *info = NLMSG_DATA(h);
	int left = h->nlmsg_len - NLMSG_LENGTH(sizeof *info);
	struct rtnl_link_stats64 stats;
	struct rtattr *a;

	for (a = IFLA_RTA(info); RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == IFLA_STATS64) {
			memcpy(&stats, RTA_DATA(a), sizeof stats);
			stats.rx_missed_errors += n;
			memcpy(RTA_DATA(a), &stats, sizeof stats);
		}
}

ssize_t
recv(int fd, void *buf, size_t size, int flags)
{
	static uint64_t missed;
	ssize_t n = syscall(SYS_recvfrom, fd, buf, size, flags, NULL, NULL);
	struct nlmsghdr *h = buf;

	if (n >= (ssize_t)sizeof *h && h->nlmsg_type == RTM_NEWLINK)
		miss(h, missed += from_environment("MISSED"));
	return n;
}
