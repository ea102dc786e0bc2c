/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * gate.h - the phases of an attack, which threads enter together
 */
#ifndef GATE_H
#define GATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

enum gate_phase {
	GATE_RUN,  /* everybody does what he likes */
	GATE_CALM, /* attackers have stopped; writers are being stopped */
	GATE_REST, /* nothing is written: seats drain their rings */
	GATE_END
};

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	_Atomic(enum gate_phase) phase;
	uint64_t changes; /* of phase; under lock, as all that follows */
	uint32_t arrived; /* in this phase */
};

void gate_init(struct gate *gate);

/* Begins a phase other than the present one. */
void gate_open(struct gate *gate, enum gate_phase phase);

/* Waits until @count threads have arrived in this phase. */
void gate_await(struct gate *gate, uint32_t count);

/* The present phase. */
enum gate_phase gate_now(const struct gate *gate);

/* Waits until @phase is over. */
void gate_leave(struct gate *gate, enum gate_phase phase);

/* As gate_leave(), and is counted by gate_await(). */
void gate_arrive(struct gate *gate, enum gate_phase phase);

#endif
