/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * seat.c - a thread that reads an instance under attack, life after life
 */
#include "tests/stress/seat.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <unistd.h>

#include "tests/stress/seat_notes.h"

/* A drained ring ends; nobody hands out so many pages of one at rest. */
#define ENDLESS 1000000

/* Times that a rest may begin anew because the kernel still counts. */
#define RESTLESS 50

static bool is_trace(const struct seat *seat)
{
	return seat->role == SEAT_TRACE || seat->role == SEAT_TRACE_CONSUMER;
}

static bool consumes(const struct seat *seat)
{
	return seat->role == SEAT_CONSUMER || seat->role == SEAT_TRACE_CONSUMER;
}

static bool is_open(const struct seat *seat)
{
	return seat->ring || seat->trace;
}

/* An error that the header does not allow here. */
static void refuse(struct seat *seat, const char *call,
		   enum ringmap_status status)
{
	struct ringmap_error error = {0};

	if (seat->trace)
		ringmap_trace_error(seat->trace, &error);
	else if (seat->ring)
		ringmap_ring_error(seat->ring, &error);
	judge_wrong(&seat->judges[0], "%s is %s: %s", call,
		    ringmap_status_name(status), error.text);
}

static void close_life(struct seat *seat)
{
	pthread_mutex_lock(&seat->lock);
	ringmap_ring_unref(seat->ring);
	ringmap_trace_unref(seat->trace);
	seat->ring = NULL;
	seat->trace = NULL;
	seat->stops = 0;
	seat->stopped = 0;
	seat->due = false;
	pthread_mutex_unlock(&seat->lock);
}

/*
 * Through the map beside another consumer, stock kernels may warn and the
 * header promises less, so only a seat that consumes alone does it.
 */
static enum ringmap_mode choose_mode(struct seat *seat, uint32_t *flags)
{
	*flags = 0;
	if (!consumes(seat))
		return dice_one_in(&seat->dice, 3) ? RINGMAP_MODE_AUTO
						   : RINGMAP_MODE_FOLLOW;
	if (is_trace(seat) || !attack_may_get_reader(&seat->attack->plan) ||
	    !(seat->alone || seat->attack->plan.guest))
		return RINGMAP_MODE_READ;
	switch (dice_below(&seat->dice, 3)) {
	case 0:
		return RINGMAP_MODE_READ;
	case 1:
		return RINGMAP_MODE_CONSUME;
	}
	*flags = RINGMAP_RING_CONSUMING;
	return RINGMAP_MODE_AUTO;
}

static enum ringmap_status open_ring(struct seat *seat, enum ringmap_mode mode,
				     uint32_t flags, struct ringmap_error *err)
{
	static const uint64_t latencies[] = {0, 50, 1000};
	struct ringmap_ring_opts opts =
		rm_rig_ring_opts(&seat->attack->rig, mode);
	struct ringmap_ring *ring;
	enum ringmap_status status;

	opts.cpu = seat->cpu;
	opts.start = mode == RINGMAP_MODE_FOLLOW && dice_one_in(&seat->dice, 2)
			     ? RINGMAP_START_NEWEST
			     : RINGMAP_START_OLDEST;
	opts.flags = flags;
	opts.latency_us = latencies[dice_below(&seat->dice, 3)];
	status = ringmap_ring_open(&opts, &ring, err);
	if (status != RINGMAP_OK)
		return status;
	pthread_mutex_lock(&seat->lock);
	seat->ring = ring;
	pthread_mutex_unlock(&seat->lock);
	return status;
}

static enum ringmap_status open_trace(struct seat *seat, enum ringmap_mode mode,
				      struct ringmap_error *err)
{
	struct ringmap_trace_opts opts = {
		.sz = sizeof(opts),
		.instance = ringmap_session_instance(seat->attack->rig.session),
		.mode = mode,
		.start = mode == RINGMAP_MODE_FOLLOW &&
					 dice_one_in(&seat->dice, 2)
				 ? RINGMAP_START_NEWEST
				 : RINGMAP_START_OLDEST,
	};
	struct ringmap_trace *trace;
	enum ringmap_status status = ringmap_trace_open(&opts, &trace, err);

	if (status != RINGMAP_OK)
		return status;
	pthread_mutex_lock(&seat->lock);
	seat->trace = trace;
	pthread_mutex_unlock(&seat->lock);
	return status;
}

static struct ringmap_ring *ring_of(const struct seat *seat, uint32_t cpu)
{
	struct ringmap_ring_info info;
	struct ringmap_ring *ring = seat->ring;

	if (ring)
		return ring;
	for (size_t i = 0; (ring = ringmap_trace_ring(seat->trace, i)); i++)
		if (ringmap_ring_info(ring, &info, sizeof(info)) ==
			    RINGMAP_OK &&
		    info.cpu == cpu)
			return ring;
	errx(1, "the trace has no ring of CPU %u", cpu);
}

static uint32_t cpu_of_judge(const struct seat *seat, uint32_t i)
{
	return is_trace(seat) ? rm_rig_cpu_of(&seat->attack->rig, i)
			      : seat->cpu;
}

/* A clock that is too coarse is refused, a ring in other hands may be. */
static bool may_be_refused(const struct seat *seat, enum ringmap_status status)
{
	if (status == RINGMAP_E_BUSY)
		return true;
	return status == RINGMAP_E_UNSUPPORTED &&
	       seat->attack->plan.attackers & ATTACK_CLOCK;
}

static void begin_judge(struct seat *seat, uint32_t i, uint32_t flags,
			bool at_rest)
{
	struct rm_rig *rig = &seat->attack->rig;
	const struct attack_plan *plan = &seat->attack->plan;
	uint32_t cpu = cpu_of_judge(seat, i);
	struct judge_life life = {
		.consumes = consumes(seat),
		.alone = seat->alone,
		.others = plan->interrupted != 0,
		.holds = attack_largest_subbuf(plan) / plan->size,
	};
	char name[64];

	for (uint32_t w = 0; w < rig->writers; w++)
		if (rm_rig_cpu_of(rig, w) == cpu)
			life.begun[w] = rm_load_written(rig->loads[w]) +
					(at_rest ? 0 : 1);
	snprintf(name, sizeof(name),
		 "seed %" PRIu64 ".%u, CPU %u, %s%s%s%s, life %" PRIu64,
		 plan->seed, plan->number, cpu, is_trace(seat) ? "trace " : "",
		 flags ? "auto " : "", ringmap_mode_name(seat->mode),
		 at_rest ? " opened at rest" : "", seat->counts.lives);
	judge_begin(&seat->judges[i], &life, name);
}

/*
 * AUTO consumes where it cannot follow; a seat that follows closes the ring
 * then, before it takes anything away.
 */
static bool mode_fits(const struct seat *seat)
{
	struct ringmap_ring_info info;
	struct ringmap_ring *ring = ring_of(seat, cpu_of_judge(seat, 0));

	return consumes(seat) ||
	       (ringmap_ring_info(ring, &info, sizeof(info)) == RINGMAP_OK &&
		info.mode == RINGMAP_MODE_FOLLOW);
}

static void open_life(struct seat *seat, bool at_rest)
{
	struct ringmap_error error = {0};
	enum ringmap_status status;
	uint32_t flags;

	seat->mode = choose_mode(seat, &flags);
	if (is_trace(seat))
		status = open_trace(seat, seat->mode, &error);
	else
		status = open_ring(seat, seat->mode, flags, &error);
	if (status == RINGMAP_OK && mode_fits(seat)) {
		seat->counts.lives++;
		seat->clocks = UINT64_MAX;
		for (uint32_t i = 0; i < seat->nr_judges; i++)
			begin_judge(seat, i, flags, at_rest);
		return;
	}
	seat->counts.refused++;
	if (status == RINGMAP_OK)
		close_life(seat);
	else if (!may_be_refused(seat, status))
		judge_wrong(&seat->judges[0], "open in mode %s is %s: %s",
			    ringmap_mode_name(seat->mode),
			    ringmap_status_name(status), error.text);
}

/* Ends the life after a status that is neither OK nor DONE. */
static void end_life(struct seat *seat, const char *call,
		     enum ringmap_status status)
{
	if (status == RINGMAP_E_UNSUPPORTED && may_be_refused(seat, status))
		seat->counts.ended++;
	else
		refuse(seat, call, status);
	close_life(seat);
}

/* Returns false when there is nothing more. */
static bool take_page(struct seat *seat)
{
	uint64_t clocks = atomic_load(&seat->attack->clocks_done);
	struct ringmap_page page;
	enum ringmap_status walked, status;

	status = ringmap_ring_borrow_page(seat->ring, &page);
	if (status == RINGMAP_DONE)
		return false;
	if (status != RINGMAP_OK) {
		end_life(seat, "borrow_page", status);
		return false;
	}
	uint64_t lost = page.lost;

	walked = notes_of_page(&seat->notes, &page);
	if (dice_one_in(&seat->dice, 512))
		usleep(dice_below(&seat->dice, 1000));
	status = ringmap_ring_return_page(seat->ring, &page);
	if (status == RINGMAP_E_OVERWRITTEN) {
		seat->counts.overwritten++;
		return true;
	}
	if (status != RINGMAP_OK) {
		end_life(seat, "return_page", status);
		return false;
	}
	if (walked != RINGMAP_DONE)
		judge_wrong(&seat->judges[0], "a page that does not decode");
	seat_testify(seat, lost, clocks);
	return true;
}

static bool take_event(struct seat *seat)
{
	struct ringmap_event event;
	enum ringmap_status status = ringmap_trace_next(seat->trace, &event);

	if (status == RINGMAP_DONE)
		return false;
	if (status != RINGMAP_OK) {
		end_life(seat, "trace_next", status);
		return false;
	}
	seat_testify_event(seat, &event);
	return true;
}

/* Returns false if there was an end to it before @limit. */
static bool take(struct seat *seat, uint32_t limit)
{
	while (limit-- && is_open(seat))
		if (!(seat->trace ? take_event(seat) : take_page(seat)))
			return false;
	return is_open(seat);
}

static enum ringmap_status wait_for_more(struct seat *seat, int ms)
{
	return seat->trace ? ringmap_trace_wait(seat->trace, ms)
			   : ringmap_ring_wait(seat->ring, ms);
}

static bool was_interrupted(const struct seat *seat)
{
	struct ringmap_error error = {0};

	if (seat->trace)
		ringmap_trace_error(seat->trace, &error);
	else
		ringmap_ring_error(seat->ring, &error);
	return error.os_errno == EINTR &&
	       seat->attack->plan.attackers & ATTACK_SIGNAL;
}

/*
 * True if a stop that was made before the wait is to be reported by it. A stop
 * that was made after the wait looked is forgotten here, too.
 */
static bool stop_is_due(struct seat *seat, bool reported)
{
	bool due;

	pthread_mutex_lock(&seat->lock);
	due = seat->due;
	if (reported)
		seat->due = false;
	pthread_mutex_unlock(&seat->lock);
	return due;
}

/* Returns true if the wait was stopped. */
static bool nap(struct seat *seat, int ms)
{
	bool due = stop_is_due(seat, false);
	enum ringmap_status status = wait_for_more(seat, ms);

	if (status == RINGMAP_STOPPED) {
		seat->counts.stopped++;
		seat->stopped++;
		stop_is_due(seat, true);
	} else if (status == RINGMAP_E_OS && was_interrupted(seat)) {
		seat->counts.interrupted++;
	} else if (status != RINGMAP_OK && status != RINGMAP_DONE) {
		end_life(seat, "wait", status);
	} else if (due) {
		judge_wrong(&seat->judges[0], "a wait passed over a stop");
	}
	return status == RINGMAP_STOPPED;
}

static uint64_t lost_of(struct seat *seat, uint32_t i)
{
	struct ringmap_ring_stats stats = {0};
	enum ringmap_status status;

	status = ringmap_ring_stats(ring_of(seat, cpu_of_judge(seat, i)),
				    &stats, sizeof(stats));
	if (status != RINGMAP_OK)
		refuse(seat, "ring_stats", status);
	return stats.lost;
}

static void step(struct seat *seat)
{
	struct dice *dice = &seat->dice;

	if (!is_open(seat)) {
		usleep(dice_below(dice, 500));
		if (!seat->attack->plan.at_rest)
			open_life(seat, false);
		return;
	}
	if (seat->attack->plan.attackers & ATTACK_REOPEN &&
	    dice_one_in(dice, 200)) {
		close_life(seat);
		return;
	}
	if (dice_one_in(dice, 100))
		for (uint32_t i = 0; i < seat->nr_judges; i++)
			judge_stats(&seat->judges[i], lost_of(seat, i));
	if (dice_one_in(dice, 50))
		usleep(dice_below(dice, 5000));
	if (!nap(seat, (int)dice_below(dice, 20)) && is_open(seat))
		take(seat, seat->trace ? 1 + dice_below(dice, 4000)
				       : 1 + dice_below(dice, 64));
}

/*
 * Several stops that no wait reported in between count as one. Until then the
 * trace hands nothing out, so they come before the draining.
 */
static void rest_stops(struct seat *seat)
{
	for (int i = 0; i < 3 && is_open(seat); i++)
		nap(seat, 0);
	if (!is_open(seat))
		return;
	pthread_mutex_lock(&seat->lock);
	if (seat->stops && !seat->stopped)
		judge_wrong(&seat->judges[0], "a stop was not noticed");
	if (seat->stopped > seat->stops)
		judge_wrong(&seat->judges[0],
			    "stopped %" PRIu64 " times by %" PRIu64 " stops",
			    seat->stopped, seat->stops);
	seat->stops = 0;
	seat->stopped = 0;
	pthread_mutex_unlock(&seat->lock);
}

/*
 * Takes all that is in rings at rest; true if there is no end to it. In consume
 * and read, the first RINGMAP_DONE may mean that the writer was caught up with.
 */
static bool drain(struct seat *seat)
{
	bool more = take(seat, ENDLESS);

	if (!more && is_open(seat) && seat->ring &&
	    seat->mode != RINGMAP_MODE_FOLLOW)
		more = take(seat, ENDLESS);
	return more;
}

/* One look at drained rings; false: the kernel still counted something. */
static bool look(struct seat *seat, struct judge_rest *rests)
{
	struct rm_rig *rig = &seat->attack->rig;
	struct rm_rig_counts before[SEAT_RINGS], now;
	bool still = true;

	for (uint32_t i = 0; i < seat->nr_judges; i++)
		before[i] = rm_rig_counts(rig, cpu_of_judge(seat, i));
	if (drain(seat))
		judge_wrong(&seat->judges[0], "a ring at rest has no end");
	for (uint32_t i = 0; i < seat->nr_judges && is_open(seat); i++) {
		rests[i].lost = seat_mutate_lost(seat, lost_of(seat, i));
		now = rm_rig_counts(rig, cpu_of_judge(seat, i));
		rests[i].unread = now.unread;
		rests[i].entries = now.unread + now.overrun + now.read;
		still = still && rests[i].entries == before[i].unread +
							     before[i].overrun +
							     before[i].read;
	}
	return still;
}

static void rest(struct seat *seat)
{
	struct rm_rig *rig = &seat->attack->rig;
	struct judge_rest rests[SEAT_RINGS] = {0};

	if (is_open(seat))
		rest_stops(seat);
	if (!is_open(seat))
		return;
	for (int i = 0; !look(seat, rests); i++) {
		if (i == RESTLESS)
			errx(1, "the kernel still counts events at rest");
		usleep(1000);
	}
	for (uint32_t i = 0; i < seat->nr_judges && is_open(seat); i++) {
		for (uint32_t w = 0; w < rig->writers; w++)
			if (rm_rig_cpu_of(rig, w) == cpu_of_judge(seat, i))
				rests[i].accepted[w] =
					rm_load_written(rig->loads[w]);
		rests[i].resets = atomic_load(&seat->attack->resets);
		judge_rest(&seat->judges[i], &rests[i]);
	}
}

static void *run(void *argument)
{
	struct seat *seat = argument;
	struct gate *gate = &seat->attack->gate;
	enum gate_phase phase;

	while ((phase = gate_now(gate)) != GATE_END) {
		if (phase != GATE_REST) {
			step(seat);
			continue;
		}
		rest(seat);
		if (is_open(seat) && dice_one_in(&seat->dice, 3))
			close_life(seat);
		if (!is_open(seat) &&
		    (seat->attack->plan.at_rest || dice_one_in(&seat->dice, 2)))
			open_life(seat, true);
		gate_arrive(gate, GATE_REST);
	}
	if (is_open(seat))
		close_life(seat);
	return NULL;
}

void seat_start(struct seat *seat, struct attack *attack, enum seat_role role,
		uint32_t cpu, bool alone, uint32_t number, FILE *log)
{
	const struct attack_plan *plan = &attack->plan;

	*seat = (struct seat){
		.attack = attack,
		.role = role,
		.cpu = cpu,
		.alone = alone,
		.dice = dice_of(plan->seed,
				(uint64_t)plan->number << 8 | number),
	};
	seat->nr_judges = is_trace(seat) ? attack->rig.rings : 1;
	for (uint32_t i = 0; i < seat->nr_judges; i++)
		judge_init(&seat->judges[i],
			   !plan->interrupted &&
				   plan->writers == attack->rig.rings,
			   log);
	pthread_mutex_init(&seat->lock, NULL);
	seat_notes_init(seat);
	if (pthread_create(&seat->thread, NULL, run, seat))
		errx(1, "cannot start a thread");
}

void seat_join(struct seat *seat)
{
	pthread_join(seat->thread, NULL);
	for (uint32_t i = 0; i < seat->nr_judges; i++)
		judge_deinit(&seat->judges[i]);
	notes_deinit(&seat->notes);
}

void seat_stop(struct seat *seat)
{
	pthread_mutex_lock(&seat->lock);
	if (is_open(seat)) {
		seat->stops++;
		if (seat->trace)
			ringmap_trace_stop(seat->trace);
		else
			ringmap_ring_stop(seat->ring);
		seat->due = true;
	}
	pthread_mutex_unlock(&seat->lock);
}

void seat_signal(struct seat *seat)
{
	pthread_kill(seat->thread, SIGUSR1);
}
