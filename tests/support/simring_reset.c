/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * simring_reset.c - emptying the ring
 *
 * ring_buffer_reset_cpu(): no write is under way and none begins; then
 * rb_reset_cpu(), page by page, the ring's first and the reader page last. The
 * file whose truncation it was gets its time when all is over.
 */
#include "simring_inner.h"

enum {
	/* Other clocks leave the numbers above it free. */
	SET_BACK = 500,
};

enum reset_step {
	RESET_WAIT,
	RESET_PAGES,
	RESET_COUNTERS,
	RESET_META,
	RESET_MARK,
};

/* rb_clear_buffer_page() */
static void clear_page(struct simring *sim, uint32_t page)
{
	sim->pages[page].write = 0;
	sim->pages[page].entries = 0;
	sim->pages[page].read = 0;
	sim_put_commit(sim, page, 0, __ATOMIC_RELAXED);
	if (sim->opts.zero_stamps)
		sim_put_stamp(sim, page, 0);
}

static void reset_page(struct simring *sim, struct sim_consumer *c)
{
	uint32_t page = sim->pages_start;

	if (c->i == sim->opts.nr_subbufs - 1) {
		clear_page(sim, sim->reader_page);
		c->at = RESET_COUNTERS;
		return;
	}
	for (uint32_t i = 0; i < c->i; i++)
		page = sim->pages[page].next;
	clear_page(sim, page);
	c->i++;
}

static void reset_counters(struct simring *sim)
{
	sim->head_page = sim->pages_start;
	sim->tail_page = sim->pages_start;
	sim->commit_page = sim->pages_start;
	sim->entries = 0;
	sim->overrun = 0;
	sim->read = 0;
	sim->dropped = 0;
	sim->commit_overrun = 0;
	sim->before_stamp = 0;
	sim->write_stamp = 0;
	sim->lost_events = 0;
	sim->last_overrun = 0;
}

enum simring_progress sim_step_reset(struct simring *sim)
{
	struct sim_consumer *c = &sim->consumer;

	if (c->at != RESET_MARK)
		sim->resetting = true;
	switch (c->at) {
	case RESET_WAIT:
		if (sim->depth)
			return SIMRING_BLOCKED;
		c->at = RESET_PAGES;
		break;
	case RESET_PAGES:
		reset_page(sim, c);
		break;
	case RESET_COUNTERS:
		reset_counters(sim);
		c->at = RESET_META;
		break;
	case RESET_META:
		if (sim->maps)
			sim_refresh_meta(sim);
		sim->resetting = false;
		c->at = RESET_MARK;
		break;
	case RESET_MARK:
		sim->resets++;
		c->busy = false;
		return SIMRING_DONE;
	}
	return SIMRING_MORE;
}

void simring_reset(struct simring *sim)
{
	/* Recording is disabled, and whoever was writing has ended. */
	pthread_mutex_lock(&sim->gate);
	simring_finish(sim);
	sim_run_op(sim, SIMRING_RESET, NULL);
	pthread_mutex_unlock(&sim->gate);
}

/* No stamp is given twice: what is left of the step counts the calls. */
void simring_set_back(struct simring *sim, uint64_t steps)
{
	pthread_mutex_lock(&sim->gate);
	uint64_t now = sim->clock / sim->opts.clock_step;

	now = steps < now ? now - steps : 0;
	sim->clock = now * sim->opts.clock_step + SET_BACK + ++sim->set_back;
	pthread_mutex_unlock(&sim->gate);
}

void simring_set_clock(struct simring *sim, uint64_t now, uint64_t step,
		       uint64_t coarse)
{
	pthread_mutex_lock(&sim->gate);
	sim->clock = now;
	sim->opts.clock_step = step;
	sim->opts.coarse = coarse;
	pthread_mutex_unlock(&sim->gate);
	simring_reset(sim);
}
