/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * lane_ordered.c - the walk in time order over all rings
 *
 * Events come from the trace's merge, which hands out bytes of private copies.
 * They are listed, and gathered when the lists are full or the trace is about
 * to use a copy's memory again.
 */
#include "reader/reader.h"

enum {
	RUN = 4096 /* events listed at most */
};

/* Whether or not a row comes that can say so. */
static void lose_some(struct rm_lane *lane)
{
	__atomic_store_n(&lane->counts.lost_unknown, true, __ATOMIC_RELAXED);
}

/* Rows of any ring may be missing from here on. */
static void no_rows(struct rm_lane *lane)
{
	lane->failed = RINGMAP_E_NOMEM;
	for (size_t i = 0; i < lane->reader->trace->count; i++)
		lane->reader->dropped[i] = true;
	lose_some(lane);
}

/* The listed events into the tables. */
static void gather(void *ctx)
{
	struct rm_lane *lane = ctx;

	if (lane->pending && rm_lane_gather(lane, 0, 0) != RINGMAP_OK)
		no_rows(lane);
}

static void list(struct rm_rows *rows, const struct ringmap_event *event)
{
	rows->cpus[rows->count] = event->cpu;
	rm_rows_add(rows, event->data, event->size, event->ts);
}

/* A loss stands before the next event of its CPU, not before those listed. */
static void note_loss(struct rm_lane *lane, uint32_t cpu, uint64_t lost)
{
	struct ringmap_page mark = {.events = 0};

	gather(lane);
	rm_lane_count_page(lane, &mark, lost);
	for (size_t i = 0; i < lane->reader->nr_tables; i++)
		if (rm_table_begin(lane->tables[i], cpu, lost))
			no_rows(lane);
}

/* The loss before the event that the trace has just handed out. */
static uint64_t lost_before(struct rm_lane *lane,
			    const struct ringmap_event *event)
{
	bool *dropped = &lane->reader->dropped[lane->reader->trace->heap[0]];
	bool was = *dropped;

	*dropped = false;
	return was ? RINGMAP_LOST_UNKNOWN : event->lost;
}

static void add(struct rm_lane *lane, const struct ringmap_event *event)
{
	struct rm_picker *p = &lane->picker;
	/* As in rm_picker_walk(). */
	uint8_t slot = event->size < sizeof(uint16_t)
			       ? 0
			       : p->slot_of[rm_load16(event->data,
						      p->slots[0].big_endian)];
	const struct ringmap_page one = {.events = 1,
					 .pos = RM_EVENT_HEADER + event->size};

	uint64_t lost = lost_before(lane, event);

	if (lost)
		note_loss(lane, event->cpu, lost);
	rm_lane_count_page(lane, &one, 0);
	if (slot)
		list(&p->slots[slot - 1], event);
	if (p->every)
		list(p->every, event);
	lane->pending++;
}

static enum ringmap_status room(struct rm_lane *lane, size_t *ret)
{
	for (size_t i = 0; i < lane->reader->nr_tables; i++) {
		enum ringmap_status s = rm_table_room(lane->tables[i], RUN);

		if (s == RINGMAP_OK)
			continue;
		*ret = i;
		return s;
	}
	return rm_picker_room(&lane->picker, RUN, true) ? RINGMAP_OK
							: RINGMAP_E_NOMEM;
}

/* Lists events until the lists are full or there is something to tell. */
static enum ringmap_status run(struct rm_lane *lane)
{
	struct ringmap_trace *trace = lane->reader->trace;
	enum ringmap_status s = RINGMAP_OK;
	struct ringmap_event event;

	/* Not by what is pending: a look at the next page gathers that. */
	for (size_t listed = 0; listed < RUN; listed++) {
		s = ringmap_trace_next(trace, &event);
		if (s != RINGMAP_OK)
			break;
		add(lane, &event);
	}
	return s;
}

/* The rings of a trace are of one kernel, and of one byte order. */
static bool big_endian(const struct ringmap_trace *trace)
{
	return trace->count && trace->streams[0].ring->format.big_endian;
}

enum ringmap_status rm_lane_step_ordered(struct rm_lane *lane, size_t *ret)
{
	struct ringmap_trace *trace = lane->reader->trace;

	rm_picker_begin(&lane->picker, big_endian(trace), 0);
	for (;;) {
		if (__atomic_load_n(&lane->reader->stopping, __ATOMIC_RELAXED))
			return RINGMAP_DONE;
		enum ringmap_status s = room(lane, ret);
		if (s == RINGMAP_E_BUSY)
			return RINGMAP_OK;
		if (s != RINGMAP_OK)
			return rm_fail(&lane->error, s, 0,
				       "no memory for a batch");
		trace->before_reuse = gather;
		trace->reuse_ctx = lane;
		s = run(lane);
		gather(lane);
		trace->before_reuse = NULL;
		lane->counts.corrupt += s == RINGMAP_E_CORRUPT;
		if (s == RINGMAP_E_NOMEM)
			lose_some(lane);
		if (s < RINGMAP_OK)
			ringmap_trace_error(trace, &lane->error);
		if (lane->failed)
			s = rm_fail(&lane->error, RINGMAP_E_NOMEM, 0,
				    "no memory for events: some are lost");
		lane->failed = RINGMAP_OK;
		if (s != RINGMAP_OK)
			return s;
	}
}
