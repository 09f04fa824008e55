/* SPDX-License-Identifier: Apache-2.0 */
/* Neighbour advertisements for borrowed addresses; see solicited.h. */
#include "recv/solicited.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/checksum.h"
#include "base/mac.h"

/* RFC 4861 4.3 and 4.4: both messages are as long, and then have options. */
enum {
	HEADER = 40,
	MESSAGE = 24,
	TARGET = HEADER + 8,
	OPTIONS = HEADER + MESSAGE,
	OPTION = 8, /* a link address of 6 bytes */
	ICMPV6 = 58,
	HOPS = 255, /* a host that is not on the link cannot send it */
	SOLICITATION = 135,
	ADVERTISEMENT = 136,
	FROM_LINK = 1, /* kinds of options */
	TO_LINK = 2,
	SOLICITED = 0x40,
	AT_ONCE = 64, /* questions; the rest has a turn later */
};

/* --- questions --- */

static bool
sums_up(const unsigned char *ip, size_t n)
{
	uint64_t sum = checksum_add(0, ip + 8, 32) + htons(ICMPV6) +
	    htons((uint16_t)(n - HEADER));

	return checksum_fold(checksum_add(sum, ip + HEADER, n - HEADER)) == 0;
}

/* Is this a question of a neighbour for an address of the scan? */
static bool
is_for_us(const struct solicited *s, const unsigned char *ip, size_t n)
{
	static const unsigned char no_address[IP6_SIZE];

	if (n < OPTIONS || ip[0] >> 4 != 6 || ip[6] != ICMPV6 ||
	    ip[7] != HOPS || HEADER + (size_t)get16(ip + 4) != n)
		return false;
	if (ip[HEADER] != SOLICITATION || ip[HEADER + 1] != 0 ||
	    memcmp(ip + 8, no_address, IP6_SIZE) == 0)
		return false;
	return scan_is_ours6(s->scan, ip6_get(ip + TARGET)) && sums_up(ip, n);
}

/* The neighbour's link address, which it may tell; else from its frame. */
static void
find_neighbour(struct sockaddr_ll *from, const unsigned char *ip, size_t n)
{
	size_t at, size;

	for (at = OPTIONS; at + OPTION <= n; at += size) {
		size = ip[at + 1] * 8u;
		if (size == 0)
			return;
		if (ip[at] == FROM_LINK && size == OPTION) {
			memcpy(from->sll_addr, ip + at + 2, 6);
			return;
		}
	}
}

/* --- answers --- */

static const struct solicited_link *
link_of(const struct solicited *s, int ifindex)
{
	unsigned i;

	for (i = 0; i < s->nlinks; i++)
		if ((int)s->links[i].ifindex == ifindex)
			return &s->links[i];
	return NULL;
}

static void
make_answer(unsigned char *out, const unsigned char *ip, const uint8_t mac[6])
{
	unsigned char *icmp = out + HEADER;
	uint16_t folded;
	uint64_t sum;

	memset(out, 0, OPTIONS + OPTION);
	out[0] = 0x60;
	put16(out + 4, MESSAGE + OPTION);
	out[6] = ICMPV6;
	out[7] = HOPS;
	memcpy(out + 8, ip + TARGET, IP6_SIZE);
	memcpy(out + 24, ip + 8, IP6_SIZE);
	icmp[0] = ADVERTISEMENT;
	icmp[4] = SOLICITED;
	memcpy(out + TARGET, ip + TARGET, IP6_SIZE);
	out[OPTIONS] = TO_LINK;
	out[OPTIONS + 1] = OPTION / 8;
	memcpy(out + OPTIONS + 2, mac, 6);
	sum = checksum_add(0, out + 8, 32) + htons(ICMPV6) +
	    htons(MESSAGE + OPTION);
	folded = checksum_fold(checksum_add(sum, icmp, MESSAGE + OPTION));
	memcpy(icmp + 2, &folded, 2);
}

void
solicited_answer(struct solicited *s)
{
	unsigned char question[256], answer[OPTIONS + OPTION];
	const struct solicited_link *l;
	struct sockaddr_ll from;
	socklen_t size;
	ssize_t n;
	int i;

	for (i = 0; i < AT_ONCE; i++) {
		size = sizeof from;
		n = recvfrom(s->fd, question, sizeof question,
		    MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&from, &size);
		if (n == -1)
			return;
		l = link_of(s, from.sll_ifindex);
		if (l == NULL || (size_t)n > sizeof question ||
		    from.sll_halen != 6 || !is_for_us(s, question, (size_t)n))
			continue;
		find_neighbour(&from, question, (size_t)n);
		make_answer(answer, question, l->mac);
		(void)!sendto(s->fd, answer, sizeof answer, MSG_DONTWAIT,
		    (struct sockaddr *)&from, sizeof from);
	}
}

/* --- the socket --- */

static int
solicited_attach(int fd)
{
	static struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMPV6 << 8 | HOPS, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, HEADER),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SOLICITATION, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 2048),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = { sizeof code / sizeof *code, code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
	    sizeof program);
}

/* Questions go to groups that no program here has joined. */
static int
solicited_join(int fd, unsigned ifindex)
{
	struct packet_mreq all = { .mr_ifindex = (int)ifindex,
		.mr_type = PACKET_MR_ALLMULTI };

	return setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all,
	    sizeof all);
}

/* The one in our probes, or the device's own. */
static void
find_mac(const struct solicited *s, const char *name, uint8_t mac[MAC_SIZE])
{
	const struct facts *f = &s->scan->facts;
	struct ifreq r = { 0 };
	const char *why;

	if (f->has & FACT_SOURCE_MAC && s->nlinks == 0 &&
	    mac_parse(f->source_mac, mac, &why) == 0)
		return;
	snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
	if (ioctl(s->fd, SIOCGIFHWADDR, &r) == 0)
		memcpy(mac, r.ifr_hwaddr.sa_data, MAC_SIZE);
}

static int
solicited_open_socket(struct solicited *s, const char *const names[],
    unsigned n)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IPV6) };
	unsigned i, yes = 1;

	/* without a protocol it hears nothing before the filter is there */
	s->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd == -1 || solicited_attach(s->fd) == -1)
		return -1;
	setsockopt(s->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes);
	for (i = 0; i < n && i < SOLICITED_LINKS; i++) {
		s->links[i].ifindex = if_nametoindex(names[i]);
		if (s->links[i].ifindex == 0 ||
		    solicited_join(s->fd, s->links[i].ifindex) == -1)
			return -1;
		find_mac(s, names[i], s->links[i].mac);
		s->nlinks++;
	}
	return bind(s->fd, (struct sockaddr *)&to, sizeof to);
}

/* Does an interface have it?  Then the kernel answers. */
static bool
solicited_has(const struct ifaddrs *a, const unsigned char address[IP6_SIZE])
{
	const struct sockaddr_in6 *own;

	for (; a != NULL; a = a->ifa_next) {
		own = (const struct sockaddr_in6 *)(const void *)a->ifa_addr;
		if (own != NULL && own->sin6_family == AF_INET6 &&
		    memcmp(&own->sin6_addr, address, IP6_SIZE) == 0)
			return true;
	}
	return false;
}

static bool
borrows(const struct facts *f)
{
	struct ifaddrs *all = NULL;
	bool some;
	size_t i;

	some = f->family == 6 && f->source_prefix < IP6_BITS;
	if (f->family != 6 || some || getifaddrs(&all) == -1)
		return some;
	for (i = 0; i < f->sources6.n && !some; i++)
		some = !solicited_has(all, f->sources6.bytes + IP6_SIZE * i);
	freeifaddrs(all);
	return some;
}

int
solicited_open(struct solicited *s, const struct scan *scan,
    const char *const names[], unsigned n)
{
	int saved;

	*s = (struct solicited){ .fd = -1, .scan = scan };
	if (!borrows(&scan->facts) || solicited_open_socket(s, names, n) == 0)
		return 0;
	saved = errno;
	solicited_close(s);
	errno = saved;
	return -1;
}

void
solicited_close(struct solicited *s)
{
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
}
