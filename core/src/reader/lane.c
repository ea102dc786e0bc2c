/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * lane.c - one thread's walk over the rings that it claims
 *
 * In a round every ring is claimed once, by its lane, which walks it to its
 * end, or in a live trace as far as its budget goes: so that a ring whose
 * writer is as fast as we are does not keep us from the others.
 */
#include "reader/reader.h"

#include "ring/page.h"

#include <stdlib.h>
#include <string.h>

enum {
	/* Pages of a live ring in one claim. */
	LIVE_BUDGET = 1024,
	/* Events listed before they are gathered: enough rows for each loop,
	 * and few enough that their records are still in the cache. */
	PENDING = 2048,
};

enum ringmap_status rm_lane_init(struct rm_lane *lane,
				 struct ringmap_reader *reader)
{
	size_t count = reader->nr_tables;

	lane->reader = reader;
	lane->tables = calloc(count, sizeof(struct ringmap_table *));
	lane->slots = calloc(count, sizeof(*lane->slots));
	if (!lane->tables || !lane->slots ||
	    rm_picker_init(&lane->picker, count) != RINGMAP_OK)
		return RINGMAP_E_NOMEM;
	if (!reader->ordered)
		lane->picker.stamps = reader->trace->stamps;
	for (size_t i = 0; i < count; i++) {
		struct rm_plan *plan = reader->plans[i];

		__atomic_fetch_add(&plan->refs, 1, __ATOMIC_RELAXED);
		lane->tables[i] = rm_table_new(plan);
		if (!lane->tables[i])
			return RINGMAP_E_NOMEM;
		lane->slots[i] = rm_picker_slot(&lane->picker, plan->event);
		lane->tables[i]->picker.stamps = lane->picker.stamps;
		rm_table_plan_fused(lane->tables[i]);
	}
	return RINGMAP_OK;
}

void rm_lane_deinit(struct rm_lane *lane)
{
	if (lane->page_out)
		ringmap_ring_return_page(lane->ring, &lane->page);
	for (size_t i = 0; lane->tables && i < lane->reader->nr_tables; i++)
		ringmap_table_unref(lane->tables[i]);
	free(lane->tables);
	free(lane->slots);
	rm_picker_deinit(&lane->picker);
}

/* Counters have one writer, and readers in other threads. */
static void count_up(uint64_t *counter, uint64_t more)
{
	__atomic_store_n(counter, *counter + more, __ATOMIC_RELAXED);
}

void rm_lane_count_page(struct rm_lane *lane, const struct ringmap_page *page,
			uint64_t lost)
{
	struct rm_lane_counts *c = &lane->counts;

	count_up(&c->events, page->events);
	count_up(&c->bytes, page->pos);
	if (lost == RINGMAP_LOST_UNKNOWN)
		__atomic_store_n(&c->lost_unknown, true, __ATOMIC_RELAXED);
	else
		count_up(&c->lost, lost);
}

enum ringmap_status rm_lane_export(struct rm_lane *lane, size_t table,
				   struct ringmap_batch *ret,
				   struct ArrowArray *array)
{
	size_t rows = ringmap_table_rows(lane->tables[table]);
	enum ringmap_status s =
		ringmap_table_export(lane->tables[table], array);

	if (s == RINGMAP_OK)
		*ret = (struct ringmap_batch){
			.rows = rows,
			.table = (uint32_t)table,
		};
	if (s == RINGMAP_E_NOMEM)
		rm_fail(&lane->error, s, 0, "no memory to export a batch");
	return s;
}

/* ---- pages ----------------------------------------------------------------- */

enum ringmap_status rm_lane_gather(struct rm_lane *lane, uint32_t cpu,
				   uint64_t lost)
{
	enum ringmap_status ret = RINGMAP_OK;

	rm_picker_adjust(&lane->picker);
	for (size_t i = 0; i < lane->reader->nr_tables; i++) {
		struct ringmap_table *t = lane->tables[i];
		struct rm_rows *rows = &lane->picker.slots[lane->slots[i]];

		t->mark.set = false;
		if (!rows->count && !lost)
			continue;
		enum ringmap_status s = rm_table_begin(t, cpu, lost);
		if (!s && (rows->cpus || rm_filter_cpu(&t->plan->filter, cpu)))
			s = rm_table_take(t, rows);
		if (s)
			ret = s;
	}
	for (size_t i = 0; i < lane->picker.count; i++)
		lane->picker.slots[i].count = 0;
	lane->pending = 0;
	return ret;
}

/* The bytes of a page stay where they are after it was returned. */
static bool stays(const struct ringmap_ring *ring)
{
	return ring->mode == RINGMAP_MODE_IMAGE && !ring->image.more.fn;
}

/*
 * The page's events into several tables. Where pages stay, events of many are
 * listed first: a page alone has but a few rows for each table. A page that
 * may be overwritten, or stands behind a loss, is gathered by itself.
 */
static enum ringmap_status append_all(struct rm_lane *lane)
{
	struct ringmap_page *page = &lane->page;
	bool alone = page->lost || !stays(lane->ring);
	enum ringmap_status s = RINGMAP_OK;

	if (!lane->pending || alone) {
		if (lane->pending)
			s = rm_lane_gather(lane, page->cpu, 0);
		rm_picker_begin(&lane->picker,
				page->flags & RINGMAP_PAGE_BIG_ENDIAN,
				page->cpu);
	}
	if (s == RINGMAP_OK)
		s = rm_picker_walk(&lane->picker, page);
	if (s == RINGMAP_E_NOMEM)
		return s;
	lane->pending += page->events;
	if (alone || lane->pending >= PENDING) {
		enum ringmap_status t =
			rm_lane_gather(lane, page->cpu, page->lost);

		s = t ? t : s;
	}
	return s;
}

static void undo_all(struct rm_lane *lane)
{
	for (size_t i = 0; i < lane->reader->nr_tables; i++)
		ringmap_table_undo(lane->tables[i]);
}

/* Of the ring that is claimed, or was just left. */
static bool *dropped(struct rm_lane *lane)
{
	return &lane->reader->dropped[lane->next_ring - 1];
}

static enum ringmap_status no_memory(struct rm_lane *lane)
{
	*dropped(lane) = true;
	__atomic_store_n(&lane->counts.lost_unknown, true, __ATOMIC_RELAXED);
	return rm_fail(&lane->error, RINGMAP_E_NOMEM, 0,
		       "no memory for events: some are lost");
}

/* The page that is out goes into the tables and back to its ring. */
static enum ringmap_status use_page(struct rm_lane *lane)
{
	struct ringmap_page *page = &lane->page;
	uint64_t lost = page->lost;
	enum ringmap_status s = lane->reader->nr_tables == 1
					? rm_table_append(lane->tables[0], page)
					: append_all(lane);

	lane->page_out = false;
	if (s == RINGMAP_E_NOMEM) {
		ringmap_ring_return_page(lane->ring, page);
		return no_memory(lane);
	}
	s = ringmap_ring_return_page(lane->ring, page);
	if (s == RINGMAP_E_OVERWRITTEN) {
		undo_all(lane);
		return RINGMAP_OK;
	}
	/* Not written for nothing: other lanes' are in the same line. */
	if (*dropped(lane))
		*dropped(lane) = false;
	rm_lane_count_page(lane, page, lost);
	if (s == RINGMAP_OK)
		return s;
	ringmap_ring_error(lane->ring, &lane->error);
	count_up(&lane->counts.corrupt, s == RINGMAP_E_CORRUPT);
	return s;
}

/* ---- claims ----------------------------------------------------------------- */

/*
 * Rows of one CPU in two lanes would be handed out in any order: a ring stays
 * with the lane that had it first. A live trace's are dealt out beforehand, or
 * the lane that wakes first would have them all.
 */
static bool own(struct rm_lane *lane, size_t i)
{
	struct ringmap_reader *r = lane->reader;
	struct rm_lane *owner = NULL;

	if (!r->recording)
		return lane == &r->lanes[i % r->nr_lanes];
	/* Relaxed: rounds begin and end under the lock, or in one thread. */
	return __atomic_compare_exchange_n(&r->owners[i], &owner, lane, false,
					   __ATOMIC_RELAXED,
					   __ATOMIC_RELAXED) ||
	       owner == lane;
}

static bool claim(struct rm_lane *lane)
{
	struct ringmap_reader *r = lane->reader;
	size_t count = r->trace->count;

	while (lane->next_ring < count && !own(lane, lane->next_ring))
		lane->next_ring++;
	if (lane->next_ring == count)
		return false;
	lane->ring = ringmap_trace_ring(r->trace, lane->next_ring++);
	lane->budget = r->recording ? SIZE_MAX : LIVE_BUDGET;
	return true;
}

/* RINGMAP_OK: a page is out. RINGMAP_DONE: the claim is over. */
static enum ringmap_status get_page(struct rm_lane *lane)
{
	if (lane->page_out)
		return RINGMAP_OK;
	if (!lane->budget--)
		return RINGMAP_DONE;
	enum ringmap_status s =
		ringmap_ring_borrow_page(lane->ring, &lane->page);
	lane->page_out = s == RINGMAP_OK;
	if (s == RINGMAP_OK && *dropped(lane))
		lane->page.lost = RINGMAP_LOST_UNKNOWN;
	if (s < RINGMAP_OK) {
		ringmap_ring_error(lane->ring, &lane->error);
		count_up(&lane->counts.corrupt, s == RINGMAP_E_CORRUPT);
		/* A ring that cannot be read would say so for ever. */
		if (s != RINGMAP_E_CORRUPT)
			lane->budget = 0;
	}
	return s;
}

/* RINGMAP_E_BUSY: table @ret must be exported before the page is used. */
static enum ringmap_status make_room(struct rm_lane *lane, size_t *ret)
{
	size_t rows = lane->pending + rm_events_at_most(&lane->page);

	for (size_t i = 0; i < lane->reader->nr_tables; i++) {
		enum ringmap_status s = rm_table_room(lane->tables[i], rows);

		if (s == RINGMAP_OK)
			continue;
		*ret = i;
		if (s == RINGMAP_E_NOMEM)
			rm_fail(&lane->error, s, 0, "no memory for a batch");
		return s;
	}
	return RINGMAP_OK;
}

/* The claim is over; what is listed is of this ring. */
static enum ringmap_status leave(struct rm_lane *lane)
{
	uint32_t cpu = lane->ring->cpu;

	lane->ring = NULL;
	if (!lane->pending || rm_lane_gather(lane, cpu, 0) == RINGMAP_OK)
		return RINGMAP_OK;
	return no_memory(lane);
}

/* A page that is out has been taken from its ring: it is used first. */
static bool stopped(const struct rm_lane *lane)
{
	/* Relaxed: sooner or later is soon enough. */
	return !lane->page_out &&
	       __atomic_load_n(&lane->reader->stopping, __ATOMIC_RELAXED);
}

enum ringmap_status rm_lane_step(struct rm_lane *lane, size_t *ret)
{
	struct ringmap_reader *r = lane->reader;

	if (r->ordered)
		return rm_lane_step_ordered(lane, ret);
	while (lane->ring || claim(lane)) {
		if (stopped(lane)) {
			enum ringmap_status s = leave(lane);

			return s ? s : RINGMAP_DONE;
		}
		enum ringmap_status s = get_page(lane);
		if (s == RINGMAP_DONE) {
			s = leave(lane);
			if (s == RINGMAP_OK)
				continue;
			return s;
		}
		if (s == RINGMAP_OK)
			s = make_room(lane, ret);
		if (s == RINGMAP_E_BUSY)
			return RINGMAP_OK;
		if (s == RINGMAP_OK)
			s = use_page(lane);
		if (s != RINGMAP_OK)
			return s;
	}
	return RINGMAP_DONE;
}
