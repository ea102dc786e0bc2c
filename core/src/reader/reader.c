/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * reader.c - the next batch of any of the tables
 *
 * A round walks every ring once. A recording takes one round, then the rows
 * that fill no batch are flushed and it is over. A live trace takes round
 * after round, sleeping in between, and is flushed when the caller's time is.
 */
#include "reader/reader.h"

#include <limits.h>

static enum ringmap_status forked(struct ringmap_reader *r)
{
	return rm_fail(&r->error, RINGMAP_E_FORKED, 0,
		       "this reader belongs to the parent process: open one of "
		       "your own");
}

/* Rows that fill no batch. No lane is at work. RINGMAP_DONE: no more. */
static enum ringmap_status flush(struct ringmap_reader *r,
				 struct ringmap_batch *ret,
				 struct ArrowArray *array)
{
	while (r->flushing && r->flushed < r->nr_lanes * r->nr_tables) {
		struct rm_lane *lane = &r->lanes[r->flushed / r->nr_tables];
		enum ringmap_status s = rm_lane_export(
			lane, r->flushed % r->nr_tables, ret, array);

		if (s < RINGMAP_OK)
			r->error = lane->error;
		if (s != RINGMAP_DONE)
			return s;
		r->flushed++;
	}
	r->flushing = false;
	return RINGMAP_DONE;
}

static bool any_rows(const struct ringmap_reader *r)
{
	for (size_t i = 0; i < r->nr_lanes; i++)
		for (size_t j = 0; j < r->nr_tables; j++)
			if (ringmap_table_rows(r->lanes[i].tables[j]))
				return true;
	return false;
}

/* One batch of this round. RINGMAP_DONE: the round is over. */
static enum ringmap_status round_next(struct ringmap_reader *r,
				      struct ringmap_batch *ret,
				      struct ArrowArray *array)
{
	struct rm_lane *lane = &r->lanes[0];
	size_t table;

	if (r->nr_lanes > 1)
		return rm_threads_next(r, ret, array);
	if (!r->in_round) {
		lane->next_ring = 0;
		r->in_round = true;
	}
	enum ringmap_status s = rm_lane_step(lane, &table);
	if (s == RINGMAP_OK)
		s = rm_lane_export(lane, table, ret, array);
	if (s == RINGMAP_DONE)
		r->in_round = false;
	if (s < RINGMAP_OK)
		r->error = lane->error;
	return s;
}

/* stop was called: takes that back, in the trace too. */
static bool was_stopped(struct ringmap_reader *r)
{
	if (!__atomic_exchange_n(&r->stopping, false, __ATOMIC_RELAXED))
		return false;
	ringmap_trace_wait(r->trace, 0);
	return true;
}

static int left_ms(uint64_t deadline)
{
	uint64_t now = rm_now_ns();

	if (deadline == UINT64_MAX)
		return -1;
	uint64_t ms = now < deadline ? (deadline - now + 999999) / 1000000 : 0;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

/*
 * Between two rounds of a live trace. RINGMAP_OK: begin another, or flush;
 * RINGMAP_DONE: there is nothing, and the time is over.
 */
static enum ringmap_status rest(struct ringmap_reader *r, uint64_t deadline)
{
	int ms = left_ms(deadline);

	if (!ms) {
		r->flushing = any_rows(r);
		r->flushed = 0;
		return r->flushing ? RINGMAP_OK : RINGMAP_DONE;
	}
	enum ringmap_status s = ringmap_trace_wait(r->trace, ms);
	if (s == RINGMAP_STOPPED)
		__atomic_store_n(&r->stopping, false, __ATOMIC_RELAXED);
	if (s < RINGMAP_OK)
		ringmap_trace_error(r->trace, &r->error);
	/* The time is over: one look more, then flush. */
	return s == RINGMAP_DONE ? RINGMAP_OK : s;
}

enum ringmap_status ringmap_reader_next(struct ringmap_reader *reader,
					int timeout_ms,
					struct ringmap_batch *ret,
					struct ArrowArray *array)
{
	struct ringmap_reader *r = reader;

	if (!rm_trace_here(r->trace))
		return forked(r);
	uint64_t deadline =
		timeout_ms < 0 ? UINT64_MAX
			       : rm_now_ns() + (uint64_t)timeout_ms * 1000000;
	for (;;) {
		enum ringmap_status s = flush(r, ret, array);

		if (s != RINGMAP_DONE || r->over)
			return s;
		s = round_next(r, ret, array);
		if (s != RINGMAP_DONE)
			return s;
		if (was_stopped(r))
			return RINGMAP_STOPPED;
		if (r->recording) {
			r->over = r->flushing = true;
			continue;
		}
		s = rest(r, deadline);
		if (s != RINGMAP_OK)
			return s;
	}
}

enum ringmap_status ringmap_reader_stop(struct ringmap_reader *reader)
{
	if (!rm_trace_here(reader->trace))
		return RINGMAP_E_FORKED;
	__atomic_store_n(&reader->stopping, true, __ATOMIC_RELAXED);
	return ringmap_trace_stop(reader->trace);
}
