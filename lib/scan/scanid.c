/* SPDX-License-Identifier: Apache-2.0 */
/* Digests of scans, and as text; see scanid.h. */
#include "scan/scanid.h"

#include <string.h>

#include "base/hex.h"

void
scanid_start(struct scanid *s)
{
	s->hash = siphash_start((struct siphash_key){ 0, 0 });
}

void
scanid_add(struct scanid *s, uint64_t word)
{
	siphash_add(&s->hash, word);
}

void
scanid_add_all(struct scanid *s, const uint64_t *word, size_t n)
{
	scanid_add(s, n);
	for (size_t i = 0; i < n; i++)
		scanid_add(s, word[i]);
}

static void
put_word(uint8_t *p, uint64_t word)
{
	for (int i = 0; i < 8; i++)
		p[i] = word >> 8 * i;
}

void
scanid_end(struct scanid *s, uint8_t id[SCANID_SIZE])
{
	uint64_t out[2];

	siphash_end(&s->hash, out);
	put_word(id, out[0]);
	put_word(id + 8, out[1]);
}

void
scanid_print(const uint8_t id[SCANID_SIZE], char text[SCANID_TEXT])
{
	*hex_put(text, id, SCANID_SIZE) = '\0';
}

int
scanid_scan(const char *text, uint8_t id[SCANID_SIZE])
{
	if (strlen(text) != SCANID_TEXT - 1 ||
	    text[strspn(text, HEX_DIGITS)] != '\0')
		return -1;
	for (int i = 0; i < SCANID_SIZE; i++)
		id[i] = hex_byte(text + 2 * i);
	return 0;
}
