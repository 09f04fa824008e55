/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scan identities: SipHash as in Aumasson and Bernstein, INDOCRYPT 2012, with
 * the 128-bit output of its reference code, one word at a time.
 */
#include "scan/scanid.h"

#include <string.h>

static uint64_t
rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static void
rounds(uint64_t v[4], unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32) + v[3];
		v[2] += v[1];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

void
scanid_start(struct scanid *s)
{
	/* "somepseudorandomlygeneratedbytes"; 0xee marks 128 bits */
	*s = (struct scanid){ .v = {
				  UINT64_C(0x736f6d6570736575),
				  UINT64_C(0x646f72616e646f6d) ^ 0xee,
				  UINT64_C(0x6c7967656e657261),
				  UINT64_C(0x7465646279746573),
			      } };
}

void
scanid_add(struct scanid *s, uint64_t word)
{
	s->v[3] ^= word;
	rounds(s->v, 2);
	s->v[0] ^= word;
	s->words++;
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
	uint64_t *v = s->v;

	/* the last block holds the length in bytes, modulo 256, on top */
	scanid_add(s, s->words * 8 << 56);
	v[2] ^= 0xee;
	rounds(v, 4);
	put_word(id, v[0] ^ v[1] ^ v[2] ^ v[3]);
	v[1] ^= 0xdd;
	rounds(v, 4);
	put_word(id + 8, v[0] ^ v[1] ^ v[2] ^ v[3]);
}

void
scanid_print(const uint8_t id[SCANID_SIZE], char text[SCANID_TEXT])
{
	static const char hex[] = "0123456789abcdef";

	for (int i = 0; i < SCANID_SIZE; i++) {
		*text++ = hex[id[i] >> 4];
		*text++ = hex[id[i] & 15];
	}
	*text = '\0';
}

int
scanid_scan(const char *text, uint8_t id[SCANID_SIZE])
{
	static const char hex[] = "0123456789abcdef";

	if (strlen(text) != SCANID_TEXT - 1)
		return -1;
	for (int i = 0; i < SCANID_SIZE; i++) {
		const char *high = strchr(hex, text[2 * i]);
		const char *low = strchr(hex, text[2 * i + 1]);

		if (high == NULL || low == NULL)
			return -1;
		id[i] = (high - hex) << 4 | (low - hex);
	}
	return 0;
}
