/* SPDX-License-Identifier: Apache-2.0 */
/* Link addresses of gateways; see neighbour.h. */
#include "send/neighbour.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/clock.h"
#include "send/message.h"

#define AGAIN	(30 * SECOND) /* between two rounds of questions */
#define BETWEEN SECOND	      /* two questions of one */

enum {
	TRIES = 3,
	ARP_SIZE = 60, /* the shortest frame there is */
	NDP_SIZE = 14 + 40 + 32,
	FRAME = 128,
};

/* --- sockets --- */

/* ICMPv6 of type 136 right behind its IPv6 header, and nothing else. */
static int
only_advertisements(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 14 + 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 14 + 40),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_ADVERT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, FRAME),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
	    sizeof program);
}

static int
neighbour_open_socket(uint16_t type)
{
	struct sockaddr_ll from = { .sll_family = AF_PACKET,
		.sll_protocol = htons(type) };
	int fd, saved;

	/* without a protocol it hears nothing before the filter is there */
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if ((type == ETHERTYPE_IPV6 && only_advertisements(fd) == -1) ||
	    bind(fd, (struct sockaddr *)&from, sizeof from) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

int
neighbours_open(struct neighbours *s, struct neighbour *v, size_t n)
{
	size_t i;
	int *fd;

	*s = (struct neighbours){ .v = v, .n = n, .arp = -1, .ndp = -1 };
	for (i = 0; i < n; i++) {
		fd = v[i].address.size == 4 ? &s->arp : &s->ndp;
		if (*fd != -1)
			continue;
		*fd = neighbour_open_socket(
		    v[i].address.size == 4 ? ETHERTYPE_ARP : ETHERTYPE_IPV6);
		if (*fd == -1)
			return -1;
	}
	return 0;
}

void
neighbours_close(struct neighbours *s)
{
	if (s->arp != -1)
		close(s->arp);
	if (s->ndp != -1)
		close(s->ndp);
	s->arp = s->ndp = -1;
}

int
neighbours_fd(const struct neighbours *s, int family)
{
	return family == AF_INET ? s->arp : s->ndp;
}

/* --- questions --- */

static void
put_ethernet(uint8_t *p, const uint8_t to[6], const uint8_t from[6],
    uint16_t type)
{
	memcpy(p, to, 6);
	memcpy(p + 6, from, 6);
	put16(p + 12, type);
}

/* RFC 826: who has this address? */
static size_t
arp_request(const struct neighbour *n, uint8_t p[FRAME])
{
	static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };
	static const uint8_t head[8] = { 0, 1, 8, 0, 6, 4, 0, 1 };

	put_ethernet(p, all, n->ours, ETHERTYPE_ARP);
	memcpy(p + 14, head, sizeof head);
	memcpy(p + 22, n->ours, 6);
	memcpy(p + 28, n->source.b, 4);
	memcpy(p + 38, n->address.b, 4);
	return ARP_SIZE;
}

/* RFC 4861, section 4.3, with our link address as its one option. */
static size_t
solicitation(const struct neighbour *n, uint8_t p[FRAME])
{
	uint8_t to[6] = { 0x33, 0x33, 0xff, n->address.b[13], n->address.b[14],
		n->address.b[15] };
	uint8_t *ip = p + 14, *icmp = ip + 40;
	bool from_us = n->source.size == 16;
	size_t size = from_us ? 32 : 24;
	uint16_t sum;
	uint64_t words;

	put_ethernet(p, to, n->ours, ETHERTYPE_IPV6);
	ip[0] = 0x60;
	put16(ip + 4, size);
	ip[6] = IPPROTO_ICMPV6;
	ip[7] = 255;
	if (from_us)
		memcpy(ip + 8, n->source.b, 16);
	ip[24] = 0xff;
	ip[25] = 0x02;
	ip[35] = 1;
	ip[36] = 0xff;
	memcpy(ip + 37, n->address.b + 13, 3);
	icmp[0] = ND_NEIGHBOR_SOLICIT;
	memcpy(icmp + 8, n->address.b, 16);
	if (from_us) {
		icmp[24] = ND_OPT_SOURCE_LINKADDR;
		icmp[25] = 1;
		memcpy(icmp + 26, n->ours, 6);
	}
	/* the pseudo header: addresses, length and protocol */
	words = checksum_add(0, ip + 8, 32);
	words += htons(size) + htons(IPPROTO_ICMPV6);
	words = checksum_add(words, icmp, size);
	sum = checksum_fold(words);
	memcpy(icmp + 2, &sum, sizeof sum);
	return 14 + 40 + size;
}

/* What cannot be sent now is sent the next time. */
static void
send_question(struct neighbours *s, struct neighbour *n, uint64_t now)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
		.sll_ifindex = (int)n->ifindex,
		.sll_halen = 6 };
	uint8_t frame[FRAME] = { 0 };
	bool arp = n->address.size == 4;
	size_t size = arp ? arp_request(n, frame) : solicitation(n, frame);

	memcpy(to.sll_addr, frame, 6);
	to.sll_protocol = htons(arp ? ETHERTYPE_ARP : ETHERTYPE_IPV6);
	(void)!sendto(arp ? s->arp : s->ndp, frame, size, MSG_DONTWAIT,
	    (struct sockaddr *)&to, sizeof to);
	n->asked = true;
	n->tries++;
	n->next_ns = now + BETWEEN;
}

/* --- answers --- */

/* From that address?  Offsets are RFC 826's, behind 14 of Ethernet. */
static bool
is_arp_answer(const uint8_t *p, size_t n, const struct neighbour *of,
    uint8_t mac[6])
{
	static const uint8_t head[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 2 };

	if (n < 42 || memcmp(p + 12, head, sizeof head) != 0 ||
	    memcmp(p + 28, of->address.b, 4) != 0)
		return false;
	memcpy(mac, p + 22, 6);
	return true;
}

/* RFC 4861, section 4.4; without an option, the frame's own address. */
static bool
is_advertisement(const uint8_t *p, size_t n, const struct neighbour *of,
    uint8_t mac[6])
{
	const uint8_t *ip = p + 14, *icmp = ip + 40;

	if (n < 14 + 40 + 24 || ip[6] != IPPROTO_ICMPV6 || ip[7] != 255 ||
	    icmp[0] != ND_NEIGHBOR_ADVERT ||
	    memcmp(icmp + 8, of->address.b, 16) != 0)
		return false;
	memcpy(mac, p + 6, 6);
	if (n >= 14 + 40 + 32 && icmp[24] == ND_OPT_TARGET_LINKADDR &&
	    icmp[25] == 1)
		memcpy(mac, icmp + 26, 6);
	return true;
}

static void
confirm(struct neighbour *n, const uint8_t mac[6], uint64_t now)
{
	if (!n->known || memcmp(n->mac, mac, 6) != 0 || n->silent)
		n->news = true;
	memcpy(n->mac, mac, 6);
	n->known = true;
	n->silent = false;
	n->tries = 0;
	n->next_ns = now + AGAIN;
}

static void
read_answers(struct neighbours *s, int fd, size_t size, uint64_t now)
{
	struct sockaddr_ll from;
	socklen_t length = sizeof from;
	struct neighbour *n;
	uint8_t frame[FRAME], mac[6];
	ssize_t got;
	size_t i;

	while (fd != -1 &&
	    (got = recvfrom(fd, frame, sizeof frame, MSG_DONTWAIT,
		 (struct sockaddr *)&from, &length)) > 0) {
		for (i = 0; i < s->n; i++) {
			n = &s->v[i];
			if (n->address.size != size ||
			    (unsigned)from.sll_ifindex != n->ifindex ||
			    n->fixed)
				continue;
			if (size == 4 ?
				is_arp_answer(frame, (size_t)got, n, mac) :
				is_advertisement(frame, (size_t)got, n, mac))
				confirm(n, mac, now);
		}
		length = sizeof from;
	}
}

/* --- the kernel's table --- */

static bool
is_of(const struct neighbour *n, const struct message_neighbour *m)
{
	return m->ifindex == n->ifindex &&
	    address_same(&m->address, &n->address);
}

static int
take_known(const struct nlmsghdr *h, void *ctx)
{
	const unsigned usable = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE;
	struct neighbours *s = ctx;
	struct message_neighbour m;
	struct neighbour *n;
	size_t i;

	if (!message_neighbour(h, &m) || !m.has_mac || !(m.state & usable))
		return 1;
	for (i = 0; i < s->n; i++) {
		n = &s->v[i];
		if (!is_of(n, &m))
			continue;
		memcpy(n->mac, m.mac, 6);
		n->known = true;
		n->fixed = m.state & (NUD_PERMANENT | NUD_NOARP);
	}
	return 1;
}

static void
neighbour_look_up(struct neighbours *s, struct netlink *nl, int family)
{
	char buf[NETLINK_ROOM];
	struct ndmsg *info;
	struct nlmsghdr *h;

	h = netlink_request(buf, RTM_GETNEIGH, sizeof *info, (void **)&info);
	info->ndm_family = family;
	/* who is not told is asked */
	netlink_dump(nl, h, take_known, s);
}

bool
neighbours_take(struct neighbours *s, const struct nlmsghdr *h)
{
	struct message_neighbour m;
	struct neighbour *n;
	bool news = false;
	size_t i;

	if (h->nlmsg_type != RTM_NEWNEIGH || !message_neighbour(h, &m))
		return false;
	for (i = 0; i < s->n; i++) {
		n = &s->v[i];
		if (!is_of(n, &m))
			continue;
		if (m.has_mac &&
		    m.state & (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE)) {
			n->fixed = m.state & (NUD_PERMANENT | NUD_NOARP);
			confirm(n, m.mac, clock_ns());
			news |= n->news;
		} else if (n->tries == 0) {
			/* it is not sure any more, so neither are we */
			n->fixed = false;
			if (!m.has_mac || memcmp(m.mac, n->mac, 6) != 0)
				n->next_ns = 0;
		}
	}
	return news;
}

/* --- time --- */

uint64_t
neighbours_next(const struct neighbours *s)
{
	uint64_t next = UINT64_MAX;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (!s->v[i].fixed && s->v[i].next_ns < next)
			next = s->v[i].next_ns;
	return next;
}

bool
neighbours_turn(struct neighbours *s, uint64_t now)
{
	struct neighbour *n;
	bool news = false;
	size_t i;

	read_answers(s, s->arp, 4, now);
	read_answers(s, s->ndp, 16, now);
	for (i = 0; i < s->n; i++) {
		n = &s->v[i];
		if (!n->fixed && now >= n->next_ns) {
			if (n->tries >= TRIES) {
				n->news |= !n->silent;
				n->silent = true;
				n->tries = 0;
				n->next_ns = now + AGAIN;
			} else
				send_question(s, n, now);
		}
		news |= n->news;
	}
	return news;
}

static bool
all_settled(const struct neighbours *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (!s->v[i].known && !s->v[i].silent)
			return false;
	return true;
}

void
neighbours_resolve(struct neighbours *s, struct netlink *nl)
{
	struct pollfd p[2] = { { .fd = s->arp, .events = POLLIN },
		{ .fd = s->ndp, .events = POLLIN } };
	uint64_t now = clock_ns(), next;
	size_t i;

	if (s->arp != -1)
		neighbour_look_up(s, nl, AF_INET);
	if (s->ndp != -1)
		neighbour_look_up(s, nl, AF_INET6);
	for (i = 0; i < s->n; i++)
		if (s->v[i].known)
			s->v[i].next_ns = now + AGAIN;
	for (;;) {
		now = clock_ns();
		neighbours_turn(s, now);
		if (all_settled(s))
			break;
		next = neighbours_next(s);
		poll(p, 2, next > now ? (int)((next - now) / 1000000) + 1 : 0);
	}
	for (i = 0; i < s->n; i++)
		s->v[i].news = false;
}
