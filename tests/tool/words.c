/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The validation words of many targets, which are computed side by side, are
 * those of each alone, however many there are, in both families.  Exits 1 if
 * not.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "probe/probe.h"
#include "probe/validate.h"

enum { MOST = 300 };

static uint64_t
word(void)
{
	return (uint64_t)random() << 33 ^ (uint64_t)random();
}

static void
choose(struct probe_target *t)
{
	*t = (struct probe_target){ .source = (uint32_t)word(),
		.address = (uint32_t)word(),
		.port = (uint16_t)word(),
		.source6 = { word(), word() },
		.address6 = { word(), word() } };
}

static void
compare(const struct validate *k, struct probe_target *t, size_t n)
{
	struct validate_words w;
	size_t i;

	validate_many(k, t, n);
	for (i = 0; i < n; i++) {
		validate_one(k, t[i].source, t[i].address, t[i].port, &w);
		if (memcmp(w.v, t[i].v, sizeof w.v) != 0)
			errx(1, "IPv4: target %zu of %zu", i, n);
	}
	validate_many6(k, t, n);
	for (i = 0; i < n; i++) {
		validate_one6(k, t[i].source6, t[i].address6, t[i].port, &w);
		if (memcmp(w.v, t[i].v, sizeof w.v) != 0)
			errx(1, "IPv6: target %zu of %zu", i, n);
	}
}

int
main(void)
{
	static const unsigned char key[VALIDATE_KEY_SIZE] = "sixteen bytes...";
	static struct probe_target t[MOST];
	struct validate k;
	size_t i, n;

	validate_init(&k, key);
	for (n = 0; n <= MOST; n++) {
		for (i = 0; i < n; i++)
			choose(&t[i]);
		compare(&k, t, n);
	}
	return 0;
}
