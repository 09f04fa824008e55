/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Savefiles: frames lie inside of what was read, are no longer than the wire
 * says, and kept in another savefile they are read back the same.  (But for
 * their times: a file may say that a second has any number of microseconds.)
 */
#include <string.h>

#include <pcap/pcap.h>

#include "recv/capture.h"
#include "fuzz.h"
#include "probe/packet.h"

enum { FRAMES = 1000 }; /* of one file */

struct sum {
	uint64_t frames, bytes, hash;
	int link;
};

static void
on_frame(void *ctx, const struct capture_frame *f)
{
	struct sum *s = ctx;
	struct reply r = { 0 };
	size_t at, i;

	HOLDS(f->caplen <= f->len);
	s->frames++;
	s->bytes += f->len;
	s->link = f->link;
	for (i = 0; i < f->caplen; i++)
		s->hash = (s->hash ^ f->bytes[i]) * 0x100000001b3;
	if (packet_link(f->link, 4, f->bytes, f->caplen, &at) != REFUSED_NOT)
		return;
	HOLDS(at <= f->caplen && at <= PACKET_LINK_MAX);
	packet_parse(4, f->bytes + at, f->caplen - at, f->len - at, 6, true,
	    &r);
}

/* What is in the file; -1 if it is none, or broken behind what there is. */
static int
sum_up(const char *path, const char *copy, struct sum *s)
{
	struct capture *c;
	char why[PCAP_ERRBUF_SIZE + 100] = "";
	int rc, left = FRAMES;

	*s = (struct sum){ 0 };
	c = capture_open_file(path, why, sizeof why);
	HOLDS(c != NULL);
	if (copy != NULL)
		HOLDS(capture_save(c, copy, why, sizeof why) == 0);
	rc = capture_begin(c, why, sizeof why);
	if (copy != NULL && rc == 0)
		capture_save_begin(c);
	if (rc == 0) {
		while (left > 0 &&
		    (rc = capture_read(c, left < 64 ? left : 64, on_frame, s,
			 why, sizeof why)) > 0)
			left -= rc;
		if (copy != NULL)
			HOLDS(capture_save_end(c, why, sizeof why) == 0);
	}
	HOLDS(rc != -1 || why[0] != '\0');
	capture_close(c);
	return rc;
}

static int
fuzz_one(const uint8_t *p, size_t n)
{
	struct sum first, second;
	char path[32], copy[32];
	int fd = fuzz_file(p, n, path), kept = fuzz_file(NULL, 0, copy);

	if (sum_up(path, copy, &first) >= 0) {
		HOLDS(sum_up(copy, NULL, &second) >= 0);
		HOLDS(first.frames == second.frames &&
		    first.hash == second.hash && first.link == second.link);
		HOLDS(first.bytes == second.bytes);
	}
	close(fd);
	close(kept);
	return 0;
}

FUZZ_TARGET(fuzz_one)
