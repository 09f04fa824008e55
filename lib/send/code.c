/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions of BPF; see code.h. */
#include "send/code.h"

void
code_put(struct code *c, unsigned op, unsigned to, unsigned from, int offset,
    int32_t value)
{
	c->v[c->n++] = (struct bpf_insn){ .code = op,
		.dst_reg = to & 15,
		.src_reg = from & 15,
		.off = offset,
		.imm = value };
}

void
code_set(struct code *c, unsigned to, int32_t value)
{
	code_put(c, BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value);
}

void
code_copy(struct code *c, unsigned to, unsigned from)
{
	code_put(c, BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}

void
code_compute(struct code *c, unsigned op, unsigned to, int32_t value)
{
	code_put(c, BPF_ALU64 | op | BPF_K, to, 0, 0, value);
}

void
code_combine(struct code *c, unsigned op, unsigned to, unsigned from)
{
	code_put(c, BPF_ALU64 | op | BPF_X, to, from, 0, 0);
}

void
code_load(struct code *c, unsigned size, unsigned to, unsigned from, int offset)
{
	code_put(c, BPF_LDX | BPF_MEM | size, to, from, offset, 0);
}

void
code_store(struct code *c, unsigned size, unsigned to, int offset,
    unsigned from)
{
	code_put(c, BPF_STX | BPF_MEM | size, to, from, offset, 0);
}

void
code_point(struct code *c, unsigned to, int map, size_t offset)
{
	code_put(c, BPF_LD | BPF_DW | BPF_IMM, to, BPF_PSEUDO_MAP_VALUE, 0,
	    map);
	code_put(c, 0, 0, 0, 0, (int32_t)offset);
}

void
code_call(struct code *c, int function)
{
	code_put(c, BPF_JMP | BPF_CALL, 0, 0, 0, function);
}

unsigned
code_jump(struct code *c, unsigned op, unsigned left, unsigned right)
{
	code_put(c, BPF_JMP | op | BPF_X, left, right, 0, 0);
	return c->n - 1;
}

unsigned
code_jump_value(struct code *c, unsigned op, unsigned left, int32_t value)
{
	code_put(c, BPF_JMP | op | BPF_K, left, 0, 0, value);
	return c->n - 1;
}

void
code_land(struct code *c, unsigned from)
{
	c->v[from].off = (int16_t)(c->n - from - 1);
}

void
code_leave(struct code *c, int32_t value)
{
	code_set(c, R0, value);
	code_put(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}
