/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers inside packets: big endian, at any alignment.
 */
#ifndef BYTES_H
#define BYTES_H
#ifndef __SIZEOF_INT128__
#error "zmap needs a 64-bit machine: its compiler has no 128-bit integers"
#endif
#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t
get16(const unsigned char *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
get32(const unsigned char *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline uint64_t
get64(const unsigned char *p)
{
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

/*
 * By whole words: compilers join stores of single bytes, but not always those
 * that come in pieces.
 */
static inline void
put16(unsigned char *p, uint16_t v)
{
	v = htobe16(v);
	memcpy(p, &v, sizeof v);
}

static inline void
put32(unsigned char *p, uint32_t v)
{
	v = htobe32(v);
	memcpy(p, &v, sizeof v);
}

static inline void
put64(unsigned char *p, uint64_t v)
{
	v = htobe64(v);
	memcpy(p, &v, sizeof v);
}

#endif
