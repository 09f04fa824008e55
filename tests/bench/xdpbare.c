/*
 * xdpbare: how fast AF_XDP can be on a device, with nothing else to do: one
 * constant frame, batches of 64, one system call each.  What zmap-send does
 * is measured against this.
 *
 *	xdpbare INTERFACE PACKETS [ADDRESS]
 *
 * prints packets per second.  ADDRESS is where they go, 10.0.0.1 if it is not
 * given: what the far side does with them costs time on the same processors.  Only for interfaces of a private namespace.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <xdp/xsk.h>

enum { SLOTS = 2048, SLOT = 2048, BATCH = 64, LENGTH = 66 };

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* A SYN; checksums do not matter. */
static void
fill(unsigned char *p, const struct in_addr *to)
{
	static const unsigned char head[] = {
		2,
		0,
		0,
		0,
		0,
		2,
		2,
		0,
		0,
		0,
		0,
		1,
		8,
		0,
		0x45,
		0,
		0,
		52,
		0,
		0,
		0,
		0,
		64,
		6,
		0,
		0,
		10,
		99,
		0,
		1,
		0,
		0,
		0,
		0,
		0x80,
		0,
		0,
		80,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0x80,
		2,
		255,
		255,
	};

	memset(p, 0, LENGTH);
	memcpy(p, head, sizeof head);
	memcpy(p + 30, to, 4);
}

int
main(int argc, char **argv)
{
	const struct xsk_umem_config memory = {
		.fill_size = 64,
		.comp_size = SLOTS,
		.frame_size = SLOT,
	};
	const struct xsk_socket_config config = {
		.tx_size = SLOTS,
		.libxdp_flags = 1 /* no program */,
		.bind_flags = XDP_USE_NEED_WAKEUP,
	};
	struct xsk_ring_prod fill_ring, tx;
	struct xsk_ring_cons done;
	struct xsk_umem *umem;
	struct xsk_socket *xsk;
	unsigned char *slots;
	uint64_t want, sent = 0, given = 0;
	uint32_t at, n, i;
	struct in_addr to;
	double begin;
	int fd;

	if (argc < 3 || argc > 4 || (want = strtoull(argv[2], NULL, 10)) == 0)
		errx(2, "usage: xdpbare interface packets [address]");
	if (inet_pton(AF_INET, argc > 3 ? argv[3] : "10.0.0.1", &to) != 1)
		errx(2, "%s: not an address", argv[3]);
	slots = mmap(NULL, (size_t)SLOTS * SLOT, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (slots == MAP_FAILED)
		err(1, "memory");
	for (i = 0; i < SLOTS; i++)
		fill(slots + (size_t)i * SLOT, &to);
	errno = -xsk_umem__create(&umem, slots, (size_t)SLOTS * SLOT,
	    &fill_ring, &done, &memory);
	if (errno != 0)
		err(1, "umem");
	errno = -xsk_socket__create(&xsk, argv[1], 0, umem, NULL, &tx, &config);
	if (errno != 0)
		err(1, "%s", argv[1]);
	fd = xsk_socket__fd(xsk);
	begin = now();
	while (sent < want) {
		if (given - sent <= SLOTS - BATCH && given < want &&
		    xsk_ring_prod__reserve(&tx, BATCH, &at) == BATCH) {
			for (i = 0; i < BATCH; i++)
				*xsk_ring_prod__tx_desc(&tx,
				    at + i) = (struct xdp_desc){
					.addr = (given + i) % SLOTS * SLOT,
					.len = LENGTH,
				};
			xsk_ring_prod__submit(&tx, BATCH);
			given += BATCH;
		}
		if (sendto(fd, NULL, 0, MSG_DONTWAIT, NULL, 0) == -1 &&
		    errno != EAGAIN && errno != EBUSY && errno != ENOBUFS)
			err(1, "sendto");
		n = xsk_ring_cons__peek(&done, SLOTS, &at);
		xsk_ring_cons__release(&done, n);
		sent += n;
	}
	printf("%.0f\n", sent / (now() - begin));
	return 0;
}
