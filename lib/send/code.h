/* SPDX-License-Identifier: Apache-2.0 */
/*
 * code: a BPF program (RFC 9669), put together one instruction after the other:
 *
 *	code_load(c, BPF_W, R1, R6, 8)		r1 = *(u32 *)(r6 + 8)
 *	zero = code_jump_value(c, BPF_JEQ, R1, 0)
 *	code_compute(c, BPF_SUB, R1, 1)		r1 -= 1
 *	code_land(c, zero)			zero jumps to here
 *	code_leave(c, 0)			return 0
 */
#ifndef CODE_H
#define CODE_H
#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

struct code {
	struct bpf_insn v[512];
	unsigned n;
};

/* Registers: r1 to r5 are lost in a call, r0 is what it returns. */
enum { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9 };

/* Any instruction. */
void code_put(struct code *, unsigned op, unsigned to, unsigned from,
    int offset, int32_t value);

/* to = value */
void code_set(struct code *, unsigned to, int32_t value);

/* to = from */
void code_copy(struct code *, unsigned to, unsigned from);

/* to = to OP value, such as BPF_ADD */
void code_compute(struct code *, unsigned op, unsigned to, int32_t value);

/* to = to OP from */
void code_combine(struct code *, unsigned op, unsigned to, unsigned from);

/* to = what lies at from + offset; size: BPF_B, BPF_H, BPF_W, BPF_DW */
void code_load(struct code *, unsigned size, unsigned to, unsigned from,
    int offset);

void code_store(struct code *, unsigned size, unsigned to, int offset,
    unsigned from);

/* to = a pointer into the value of a map of one element; map: its descriptor */
void code_point(struct code *, unsigned to, int map, size_t offset);

/* r0 = one of the kernel's functions, BPF_FUNC_*, of r1 to r5 */
void code_call(struct code *, int function);

/* Jumps if `left OP right` holds; where to, code_land() says. */
unsigned code_jump(struct code *, unsigned op, unsigned left, unsigned right);

unsigned code_jump_value(struct code *, unsigned op, unsigned left,
    int32_t value);

/* A jump, by what it returned, goes to what comes next. */
void code_land(struct code *, unsigned from);

/* return value */
void code_leave(struct code *, int32_t value);

#endif
