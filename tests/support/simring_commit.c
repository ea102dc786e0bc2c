/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * simring_commit.c - publishing what was written, and whole writes
 *
 * rb_end_commit() and rb_set_commit_to_write(), in steps: only the outermost
 * write publishes, for itself and for those that interrupted it.
 */
#include "simring_inner.h"

static void step_commit(struct simring *sim, struct sim_write *w)
{
	w->commits = sim->commits;
	w->at = sim->committing == 1 ? SIMRING_AT_PAGE : SIMRING_AT_LEAVE;
}

/* Pages that tail left are published whole, without a barrier in between. */
static void step_page(struct simring *sim, struct sim_write *w)
{
	uint32_t page = sim->commit_page;

	if (page == sim->tail_page) {
		w->at = SIMRING_AT_LAST;
		return;
	}
	sim_put_commit(sim, page, sim->pages[page].write, __ATOMIC_RELAXED);
	sim->commit_page = sim->pages[page].next;
}

static void step_last(struct simring *sim, struct sim_write *w)
{
	uint32_t page = sim->commit_page;
	uint32_t write = sim->pages[page].write;

	/* The release is the smp_wmb() before it. */
	if (sim_commit_of(sim, page) != write)
		sim_put_commit(sim, page, write, __ATOMIC_RELEASE);
	else
		w->at = page == sim->tail_page ? SIMRING_AT_LEAVE
					       : SIMRING_AT_PAGE;
}

/* True: the write is over. */
static bool step_leave(struct simring *sim, struct sim_write *w)
{
	sim->committing--;
	if (sim->commits != w->commits && !sim->committing) {
		/* An interrupt came after the last look: publish its too. */
		sim->committing++;
		w->at = SIMRING_AT_COMMIT;
		return false;
	}
	if (!w->moved)
		return true;
	sim->committing++;
	w->moved = false;
	w->at = SIMRING_AT_START;
	return false;
}

bool sim_step_commit(struct simring *sim, struct sim_write *w)
{
	switch (w->at) {
	case SIMRING_AT_COMMIT:
		step_commit(sim, w);
		return false;
	case SIMRING_AT_PAGE:
		step_page(sim, w);
		return false;
	case SIMRING_AT_LAST:
		step_last(sim, w);
		return false;
	default:
		return step_leave(sim, w);
	}
}

bool simring_begin(struct simring *sim, uint32_t size, bool discard)
{
	if (sim->depth == SIMRING_DEPTH || (!sim->depth && sim->resetting))
		return false;
	sim->writes[sim->depth++] = (struct sim_write){
		.at = SIMRING_AT_START,
		.payload = size,
		.discard = discard,
	};
	sim->committing++;
	sim->commits++;
	return true;
}

bool simring_step_to(struct simring *sim, enum simring_point point)
{
	uint32_t depth = sim->depth;

	while (sim->depth >= depth && sim->depth)
		if (simring_step(sim) == point)
			return true;
	return false;
}

void simring_finish(struct simring *sim)
{
	while (sim->depth)
		simring_step(sim);
}

enum simring_point simring_at(const struct simring *sim)
{
	return sim->depth ? sim->writes[sim->depth - 1].at : SIMRING_AT_END;
}

uint32_t simring_depth(const struct simring *sim)
{
	return sim->depth;
}

/* xorshift64: which steps of a threaded writer are interrupted. */
static bool interrupted(struct simring *sim)
{
	if (!sim->interrupts)
		return false;
	sim->random ^= sim->random << 13;
	sim->random ^= sim->random >> 7;
	sim->random ^= sim->random << 17;
	return (sim->random >> 32) % sim->interrupts == 0;
}

bool simring_write(struct simring *sim, uint32_t size)
{
	struct sim_write *w;

	if (!sim->depth)
		pthread_mutex_lock(&sim->gate);
	uint32_t depth = sim->depth;
	if (!simring_begin(sim, size, false)) {
		if (!depth)
			pthread_mutex_unlock(&sim->gate);
		return false;
	}
	w = &sim->writes[depth];
	while (sim->depth > depth) {
		simring_step(sim);
		if (sim->depth > depth && interrupted(sim))
			simring_begin(sim, size, false);
	}
	bool dropped = w->dropped;
	if (!depth)
		pthread_mutex_unlock(&sim->gate);
	return !dropped;
}

void simring_fill(struct simring *sim, uint32_t size)
{
	uint32_t length = sim_event_length(size);

	while (simring_write(sim, size))
		if (sim->pages[sim->tail_page].write + length > sim->capacity)
			return;
}

void simring_interrupts(struct simring *sim, uint32_t n, uint64_t seed)
{
	sim->interrupts = n;
	sim->random = seed | 1;
}
