/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files: settings name an option, and an error has a reason. */
#include "cli/config.h"
#include "fuzz.h"

static int
fuzz_one(const uint8_t *p, size_t n)
{
	struct config config = { 0 };
	char path[32];
	size_t i;
	int fd;

	fd = fuzz_file(p, n, path);
	if (config_file(&config, path, true) == -1)
		HOLDS(config.why != NULL);
	for (i = 0; i < config.count; i++)
		HOLDS(config.settings[i].def != NULL &&
		    config.settings[i].where != NULL);
	config_free(&config);
	close(fd);
	return 0;
}

FUZZ_TARGET(fuzz_one)
