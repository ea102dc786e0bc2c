/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * gate.c - the phases of an attack, which threads enter together
 */
#include "tests/stress/gate.h"

void gate_init(struct gate *gate)
{
	pthread_mutex_init(&gate->lock, NULL);
	pthread_cond_init(&gate->changed, NULL);
	atomic_init(&gate->phase, GATE_REST);
	gate->changes = 0;
	gate->arrived = 0;
}

void gate_open(struct gate *gate, enum gate_phase phase)
{
	pthread_mutex_lock(&gate->lock);
	atomic_store(&gate->phase, phase);
	gate->changes++;
	gate->arrived = 0;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
}

void gate_await(struct gate *gate, uint32_t count)
{
	pthread_mutex_lock(&gate->lock);
	while (gate->arrived < count)
		pthread_cond_wait(&gate->changed, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

enum gate_phase gate_now(const struct gate *gate)
{
	return atomic_load(&gate->phase);
}

static void leave(struct gate *gate, enum gate_phase phase, uint32_t arrivals)
{
	uint64_t changes;

	pthread_mutex_lock(&gate->lock);
	changes = gate->changes;
	if (atomic_load(&gate->phase) == phase) {
		gate->arrived += arrivals;
		pthread_cond_broadcast(&gate->changed);
		/* The phase may have come back when this thread wakes up. */
		while (gate->changes == changes)
			pthread_cond_wait(&gate->changed, &gate->lock);
	}
	pthread_mutex_unlock(&gate->lock);
}

void gate_leave(struct gate *gate, enum gate_phase phase)
{
	leave(gate, phase, 0);
}

void gate_arrive(struct gate *gate, enum gate_phase phase)
{
	leave(gate, phase, 1);
}
