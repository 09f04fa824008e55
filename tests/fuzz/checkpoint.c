/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints: one that is refused has a reason; one that is taken is whole,
 * cut anywhere it is refused, and written it is read back the same.
 */
#include <stdbool.h>
#include <string.h>

#include "scan/checkpoint.h"
#include "fuzz.h"

static char directory[] = "/dev/shm/fuzz-checkpoint-XXXXXX";

static void
leave(void)
{
	rmdir(directory);
}

static bool
taken(const uint8_t *p, size_t n)
{
	struct checkpoint c;
	char path[32], why[300] = "";
	int fd = fuzz_file(p, n, path);
	bool is = checkpoint_read(&c, path, why, sizeof why) == 0;

	close(fd);
	HOLDS(is || why[0] != '\0');
	if (is)
		checkpoint_free(&c);
	return is;
}

static void
read_back(const struct checkpoint *c)
{
	struct checkpoint again;
	char path[64], why[300];

	snprintf(path, sizeof path, "%s/c", directory);
	HOLDS(checkpoint_write(c, path) == 0);
	HOLDS(checkpoint_read(&again, path, why, sizeof why) == 0);
	unlink(path);
	HOLDS(strcmp(again.scan, c->scan) == 0 &&
	    strcmp(again.lists, c->lists) == 0 && again.seed == c->seed &&
	    again.shards == c->shards && again.shard == c->shard &&
	    again.position == c->position);
	HOLDS(again.networks.four.n == c->networks.four.n);
	HOLDS(again.networks.six.n == c->networks.six.n);
	if (c->networks.four.n > 0)
		HOLDS(
		    memcmp(again.networks.four.v, c->networks.four.v,
			c->networks.four.n * sizeof *c->networks.four.v) == 0);
	if (c->networks.six.n > 0)
		HOLDS(memcmp(again.networks.six.v, c->networks.six.v,
			  c->networks.six.n * sizeof *c->networks.six.v) == 0);
	checkpoint_free(&again);
}

static int
fuzz_one(const uint8_t *p, size_t n)
{
	static bool made;
	struct checkpoint c;
	char path[32], why[300] = "";
	const uint8_t *end;
	int fd;

	if (!made) {
		HOLDS(mkdtemp(directory) != NULL);
		atexit(leave);
		made = true;
	}
	fd = fuzz_file(p, n, path);
	if (checkpoint_read(&c, path, why, sizeof why) == -1) {
		HOLDS(why[0] != '\0');
		close(fd);
		return 0;
	}
	close(fd);
	HOLDS(c.shard < c.shards);
	for (size_t i = 0; i < c.networks.four.n; i++)
		HOLDS(ranges_first(c.networks.four.v[i]) <=
		    ranges_last(c.networks.four.v[i]));
	for (size_t i = 0; i < c.networks.six.n; i++)
		HOLDS(!ip6_less(c.networks.six.v[i].last,
		    c.networks.six.v[i].first));
	/* its last line is the first "end"; without a byte of it, it is none */
	end = memmem(p, n, "\nend", 4);
	HOLDS(end != NULL);
	HOLDS(!taken(p, end - p + 1) && !taken(p, end - p + 4));
	HOLDS(!taken(p, (end - p) / 2));
	read_back(&c);
	checkpoint_free(&c);
	return 0;
}

FUZZ_TARGET(fuzz_one)
