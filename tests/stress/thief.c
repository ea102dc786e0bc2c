/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * thief.c - a thread that takes sub-buffers away, without the library
 */
#define _GNU_SOURCE
#include "tests/stress/thief.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum {
	SUBBUF = 4096
};

struct tools {
	int raw;     /* trace_pipe_raw */
	int pipe[2]; /* for what is spliced */
};

/* Returns false when there is nothing to take. */
static bool steal(const struct thief *thief, const struct tools *tools)
{
	char loot[SUBBUF];
	ssize_t got;

	if (!thief->splices) {
		got = read(tools->raw, loot, sizeof(loot));
	} else {
		got = splice(tools->raw, NULL, tools->pipe[1], NULL, SUBBUF,
			     SPLICE_F_NONBLOCK);
		if (got > 0 && read(tools->pipe[0], loot, sizeof(loot)) < 0)
			err(1, "cannot empty a pipe");
	}
	/* Whole sub-buffers are spliced; some of these may be larger. */
	if (got < 0 && errno == EINVAL && thief->splices &&
	    thief->attack->plan.attackers & ATTACK_SUBBUF)
		return false;
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		err(1, "cannot steal from the ring");
	return got > 0;
}

/* A fit of stealing: short or long, greedy or with rests. */
static void go_stealing(struct thief *thief)
{
	struct dice *dice = &thief->dice;
	uint32_t times = 1 + dice_below(dice, 1000);
	uint32_t pause = dice_one_in(dice, 2) ? 0 : dice_below(dice, 300);
	struct tools tools = {
		.raw = rm_rig_open_raw(&thief->attack->rig, thief->cpu)};

	if (pipe2(tools.pipe, O_CLOEXEC))
		err(1, "cannot make a pipe");
	while (times-- && gate_now(&thief->attack->gate) == GATE_RUN) {
		if (steal(thief, &tools))
			thief->stolen++;
		else
			usleep(50);
		if (pause)
			usleep(pause);
	}
	close(tools.pipe[0]);
	close(tools.pipe[1]);
	close(tools.raw);
}

static void *run(void *argument)
{
	struct thief *thief = argument;
	struct gate *gate = &thief->attack->gate;
	enum gate_phase phase;

	while ((phase = gate_now(gate)) != GATE_END) {
		if (phase == GATE_CALM) {
			gate_arrive(gate, phase);
		} else if (phase == GATE_REST) {
			gate_leave(gate, phase);
		} else {
			go_stealing(thief);
			usleep(dice_below(&thief->dice, 10000));
		}
	}
	return NULL;
}

void thief_start(struct thief *thief, struct attack *attack, uint32_t cpu,
		 bool splices, uint32_t number)
{
	const struct attack_plan *plan = &attack->plan;

	*thief = (struct thief){
		.attack = attack,
		.cpu = cpu,
		.splices = splices,
		.dice = dice_of(plan->seed,
				(uint64_t)plan->number << 8 | number),
	};
	if (pthread_create(&thief->thread, NULL, run, thief))
		errx(1, "cannot start a thread");
}

void thief_join(struct thief *thief)
{
	pthread_join(thief->thread, NULL);
}
