/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * chaos.c - a thread that resets, toggles, re-clocks, signals and stops
 */
#include "tests/stress/chaos.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* An instance that cannot be written to is no place for an attack. */
static void put(const struct chaos *chaos, const char *file, const char *text)
{
	int error = rm_rig_put(&chaos->attack->rig, file, text);

	if (error)
		errx(1, "cannot write '%s' to %s: %s", text, file,
		     strerror(error));
}

static void reset(struct chaos *chaos)
{
	const struct rm_rig *rig = &chaos->attack->rig;
	char file[64] = "trace";

	if (dice_one_in(&chaos->dice, 2))
		snprintf(file, sizeof(file), "per_cpu/cpu%u/trace",
			 rm_rig_cpu_of(rig, dice_below(&chaos->dice, 2)));
	atomic_fetch_add(&chaos->attack->resets, 1);
	put(chaos, file, "");
}

static void toggle(struct chaos *chaos)
{
	put(chaos, "tracing_on", "0");
	usleep(dice_below(&chaos->dice, 2000));
	put(chaos, "tracing_on", "1");
}

/* Empties the rings, too. */
static void change_clock(struct chaos *chaos)
{
	static const char *const clocks[] = {
		"mono",    "local", "global", "boot",   "counter", "perf",
		"x86-tsc", "tai",   "mono",   "uptime", "mono",    "mono_raw",
	};
	struct attack *attack = chaos->attack;
	const char *clock = clocks[dice_below(
		&chaos->dice, sizeof(clocks) / sizeof(*clocks))];

	atomic_fetch_add(&attack->resets, 1);
	atomic_fetch_add(&attack->clocks_begun, 1);
	/* Not every machine has a TSC. */
	if (rm_rig_put(&attack->rig, "trace_clock", clock))
		put(chaos, "trace_clock", "mono");
	atomic_fetch_add(&attack->clocks_done, 1);
}

static void act(struct chaos *chaos)
{
	struct seat *seat =
		&chaos->seats[dice_below(&chaos->dice, chaos->nr_seats)];
	uint32_t attacker = 1u << dice_below(&chaos->dice, ATTACK_BITS);

	if (!(chaos->attack->plan.attackers & attacker & ATTACK_CHAOS))
		return;
	atomic_fetch_add(&chaos->attack->acts, 1);
	switch (attacker) {
	case ATTACK_RESET:
		reset(chaos);
		break;
	case ATTACK_TOGGLE:
		toggle(chaos);
		break;
	case ATTACK_CLOCK:
		change_clock(chaos);
		break;
	case ATTACK_SIGNAL:
		seat_signal(seat);
		break;
	case ATTACK_STOP:
		seat_stop(seat);
		break;
	}
}

static void *run(void *argument)
{
	struct chaos *chaos = argument;
	struct gate *gate = &chaos->attack->gate;
	enum gate_phase phase;

	while ((phase = gate_now(gate)) != GATE_END) {
		if (phase == GATE_CALM) {
			gate_arrive(gate, phase);
		} else if (phase == GATE_REST) {
			gate_leave(gate, phase);
		} else {
			act(chaos);
			usleep(dice_below(&chaos->dice, 3000));
		}
	}
	return NULL;
}

void chaos_start(struct chaos *chaos, struct attack *attack, struct seat *seats,
		 uint32_t nr_seats, uint32_t number)
{
	const struct attack_plan *plan = &attack->plan;

	*chaos = (struct chaos){
		.attack = attack,
		.seats = seats,
		.nr_seats = nr_seats,
		.dice = dice_of(plan->seed,
				(uint64_t)plan->number << 8 | number),
	};
	if (pthread_create(&chaos->thread, NULL, run, chaos))
		errx(1, "cannot start a thread");
}

void chaos_join(struct chaos *chaos)
{
	pthread_join(chaos->thread, NULL);
}
