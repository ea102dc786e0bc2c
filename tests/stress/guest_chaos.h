/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * guest_chaos.h - a thread that attacks as only a guest of ours may be attacked
 *
 * GET_READER and trace_pipe beside other consumers, and changes of the size of
 * sub-buffers: kernels without our fixes warn, or hand out memory that is free.
 */
#ifndef GUEST_CHAOS_H
#define GUEST_CHAOS_H

#include "tests/stress/attack.h"
#include "tests/stress/dice.h"

struct guest_chaos {
	struct attack *attack;
	uint32_t attacker; /* one bit of ATTACK_GUEST */
	uint32_t cpu;
	struct dice dice;
	uint64_t stolen;  /* sub-buffers, or pieces of trace_pipe */
	uint64_t resized; /* sizes of sub-buffers that the kernel accepted */
	pthread_t thread;
};

/* @number: the stream of its dice. */
void guest_chaos_start(struct guest_chaos *chaos, struct attack *attack,
		       uint32_t attacker, uint32_t cpu, uint32_t number);

/* After GATE_END. */
void guest_chaos_join(struct guest_chaos *chaos);

#endif
