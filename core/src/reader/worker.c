/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * worker.c - walks the rings that one thread claims, or all in time order
 *
 * Each ring is claimed once in a round. The worker that claims it walks it to
 * its end or, in a live trace, as far as its budget goes: a ring whose writer
 * is as fast as the reader must not keep the reader from the other rings.
 *
 * In time order there is one worker, which takes events from the trace's merge.
 * Their bytes lie in private copies of pages. The worker lists the events, and
 * gathers them when the lists are full or when the trace is about to reuse the
 * memory of a copy.
 */
#include "reader/reader.h"

#include "ring/page.h"

#include <stdlib.h>
#include <string.h>

enum {
	/* Pages that one claim may take from a live ring. */
	LIVE_BUDGET = 1024,
	/* Events that are listed before they are gathered: enough to keep each
	 * loop busy, and few enough that their records stay in the cache. */
	PENDING = 2048,
};

enum ringmap_status rm_worker_init(struct rm_worker *worker,
				   struct ringmap_reader *reader)
{
	size_t count = reader->nr_tables;

	worker->reader = reader;
	worker->tables = calloc(count, sizeof(struct ringmap_table *));
	worker->slots = calloc(count, sizeof(*worker->slots));
	if (!worker->tables || !worker->slots ||
	    rm_record_lists_init(&worker->lists, count) != RINGMAP_OK)
		return RINGMAP_E_NOMEM;
	if (!reader->ordered)
		worker->lists.stamps = reader->trace->stamps;
	for (size_t i = 0; i < count; i++) {
		struct rm_plan *plan = reader->plans[i];

		__atomic_fetch_add(&plan->refs, 1, __ATOMIC_RELAXED);
		worker->tables[i] = rm_table_new(plan);
		if (!worker->tables[i])
			return RINGMAP_E_NOMEM;
		worker->slots[i] =
			rm_record_lists_slot(&worker->lists, plan->event);
		worker->tables[i]->lists.stamps = worker->lists.stamps;
		rm_table_plan_fused(worker->tables[i]);
	}
	return RINGMAP_OK;
}

void rm_worker_deinit(struct rm_worker *worker)
{
	if (worker->page_out)
		ringmap_ring_return_page(worker->ring, &worker->page);
	for (size_t i = 0; worker->tables && i < worker->reader->nr_tables; i++)
		ringmap_table_unref(worker->tables[i]);
	free(worker->tables);
	free(worker->slots);
	rm_record_lists_deinit(&worker->lists);
}

/* Pairs with load() in reader.c. Relaxed: one thread writes the counter, any
 * thread reads it, and a sum orders nothing. */
static void count_up(uint64_t *counter, uint64_t more)
{
	__atomic_store_n(counter, *counter + more, __ATOMIC_RELAXED);
}

void rm_worker_count_page(struct rm_worker *worker,
			  const struct ringmap_page *page, uint64_t lost)
{
	struct rm_worker_counts *c = &worker->counts;

	count_up(&c->events, page->events);
	count_up(&c->bytes, page->pos);
	if (lost == RINGMAP_LOST_UNKNOWN)
		__atomic_store_n(&c->lost_unknown, true, __ATOMIC_RELAXED);
	else
		count_up(&c->lost, lost);
}

enum ringmap_status rm_worker_export(struct rm_worker *worker, size_t table,
				     struct ringmap_batch *ret,
				     struct ArrowArray *array)
{
	size_t rows = ringmap_table_rows(worker->tables[table]);
	enum ringmap_status s =
		ringmap_table_export(worker->tables[table], array);

	if (s == RINGMAP_OK)
		*ret = (struct ringmap_batch){
			.rows = rows,
			.table = (uint32_t)table,
		};
	if (s == RINGMAP_E_NOMEM)
		rm_fail(&worker->error, s, 0, "no memory to export a batch");
	return s;
}

/* ---- pages --------------------------------------------------------------- */

enum ringmap_status rm_worker_gather(struct rm_worker *worker, uint32_t cpu,
				     uint64_t lost)
{
	enum ringmap_status ret = RINGMAP_OK;

	rm_record_lists_adjust(&worker->lists);
	for (size_t i = 0; i < worker->reader->nr_tables; i++) {
		struct ringmap_table *t = worker->tables[i];
		struct rm_record_list *records =
			&worker->lists.slots[worker->slots[i]];

		t->mark.set = false;
		if (!records->count && !lost)
			continue;
		enum ringmap_status s = rm_table_begin(t, cpu, lost);
		if (!s &&
		    (records->cpus || rm_filter_cpu(&t->plan->filter, cpu)))
			s = rm_table_take(t, records);
		if (s)
			ret = s;
	}
	for (size_t i = 0; i < worker->lists.count; i++)
		worker->lists.slots[i].count = 0;
	worker->pending = 0;
	return ret;
}

/*
 * Appends the page's events to several tables. One page has only a few rows for
 * each table, so the events of many pages are listed before they are gathered.
 * A page whose bytes may be overwritten, or that follows a loss, is gathered by
 * itself.
 */
static enum ringmap_status append_all(struct rm_worker *worker)
{
	struct ringmap_page *page = &worker->page;
	bool by_itself = page->lost || !rm_ring_bytes_stay_valid(worker->ring);
	enum ringmap_status s = RINGMAP_OK;

	if (!worker->pending || by_itself) {
		if (worker->pending)
			s = rm_worker_gather(worker, page->cpu, 0);
		rm_record_lists_begin(&worker->lists,
				      page->flags & RINGMAP_PAGE_BIG_ENDIAN,
				      page->cpu);
	}
	if (s == RINGMAP_OK)
		s = rm_record_lists_walk(&worker->lists, page);
	if (s == RINGMAP_E_NOMEM)
		return s;
	worker->pending += page->events;
	if (by_itself || worker->pending >= PENDING) {
		enum ringmap_status t =
			rm_worker_gather(worker, page->cpu, page->lost);

		s = t ? t : s;
	}
	return s;
}

static void undo_all(struct rm_worker *worker)
{
	for (size_t i = 0; i < worker->reader->nr_tables; i++)
		ringmap_table_undo(worker->tables[i]);
}

/* Returns the flag of the ring that is, or has just been, claimed. */
static bool *rows_missing(struct rm_worker *worker)
{
	return &worker->reader->rows_missing[worker->next_ring - 1];
}

static enum ringmap_status no_memory(struct rm_worker *worker)
{
	*rows_missing(worker) = true;
	__atomic_store_n(&worker->counts.lost_unknown, true, __ATOMIC_RELAXED);
	return rm_fail(&worker->error, RINGMAP_E_NOMEM, 0,
		       "no memory for events: some are lost");
}

/* Appends the borrowed page to the tables and returns it to its ring. */
static enum ringmap_status use_page(struct rm_worker *worker)
{
	struct ringmap_page *page = &worker->page;
	uint64_t lost = page->lost;
	enum ringmap_status s =
		worker->reader->nr_tables == 1
			? rm_table_append(worker->tables[0], page)
			: append_all(worker);

	worker->page_out = false;
	if (s == RINGMAP_E_NOMEM) {
		ringmap_ring_return_page(worker->ring, page);
		return no_memory(worker);
	}
	s = ringmap_ring_return_page(worker->ring, page);
	if (s == RINGMAP_E_OVERWRITTEN) {
		undo_all(worker);
		return RINGMAP_OK;
	}
	/* Store only on change: other workers' flags share this cache line. */
	if (*rows_missing(worker))
		*rows_missing(worker) = false;
	rm_worker_count_page(worker, page, lost);
	if (s == RINGMAP_OK)
		return s;
	ringmap_ring_error(worker->ring, &worker->error);
	count_up(&worker->counts.corrupt, s == RINGMAP_E_CORRUPT);
	return s;
}

/* ---- claims -------------------------------------------------------------- */

/*
 * A ring stays with the worker that claimed it first, since the rows of one CPU
 * would come in any order from two workers. The rings of a live trace are dealt
 * out beforehand; otherwise the worker that wakes first would get them all.
 */
static bool claim_ring(struct rm_worker *worker, size_t i)
{
	struct ringmap_reader *r = worker->reader;
	struct rm_worker *owner = NULL;

	if (!r->recording)
		return worker == &r->workers[i % r->nr_workers];
	/* Relaxed: this only settles which worker has the ring; rounds begin
	 * and end under the lock, or in one thread. */
	return __atomic_compare_exchange_n(&r->owners[i], &owner, worker, false,
					   __ATOMIC_RELAXED,
					   __ATOMIC_RELAXED) ||
	       owner == worker;
}

static bool claim(struct rm_worker *worker)
{
	struct ringmap_reader *r = worker->reader;
	size_t count = r->trace->count;

	while (worker->next_ring < count &&
	       !claim_ring(worker, worker->next_ring))
		worker->next_ring++;
	if (worker->next_ring == count)
		return false;
	worker->ring = ringmap_trace_ring(r->trace, worker->next_ring++);
	worker->budget = r->recording ? SIZE_MAX : LIVE_BUDGET;
	return true;
}

/* Borrows a page, unless one is borrowed. RINGMAP_DONE: the claim is over. */
static enum ringmap_status get_page(struct rm_worker *worker)
{
	if (worker->page_out)
		return RINGMAP_OK;
	if (!worker->budget--)
		return RINGMAP_DONE;
	enum ringmap_status s =
		ringmap_ring_borrow_page(worker->ring, &worker->page);
	worker->page_out = s == RINGMAP_OK;
	if (s == RINGMAP_OK && *rows_missing(worker))
		worker->page.lost = RINGMAP_LOST_UNKNOWN;
	if (s < RINGMAP_OK) {
		ringmap_ring_error(worker->ring, &worker->error);
		count_up(&worker->counts.corrupt, s == RINGMAP_E_CORRUPT);
		/* A ring that cannot be read would fail forever. */
		if (s != RINGMAP_E_CORRUPT)
			worker->budget = 0;
	}
	return s;
}

/*
 * Makes room for the borrowed page in all tables. RINGMAP_E_BUSY: table @ret
 * must be exported before the page is used.
 */
static enum ringmap_status make_room(struct rm_worker *worker, size_t *ret)
{
	size_t rows = worker->pending + rm_events_at_most(&worker->page);

	for (size_t i = 0; i < worker->reader->nr_tables; i++) {
		enum ringmap_status s = rm_table_room(worker->tables[i], rows);

		if (s == RINGMAP_OK)
			continue;
		*ret = i;
		if (s == RINGMAP_E_NOMEM)
			rm_fail(&worker->error, s, 0, "no memory for a batch");
		return s;
	}
	return RINGMAP_OK;
}

/* Ends the claim and gathers what is listed, all of which is of this ring. */
static enum ringmap_status leave(struct rm_worker *worker)
{
	uint32_t cpu = worker->ring->cpu;

	worker->ring = NULL;
	if (!worker->pending || rm_worker_gather(worker, cpu, 0) == RINGMAP_OK)
		return RINGMAP_OK;
	return no_memory(worker);
}

/* Relaxed: the store in rm_threads_quit() orders nothing, and it is enough to
 * see it some time later. */
static bool must_stop(const struct ringmap_reader *r)
{
	return rm_stop_pending(&r->trace->stop) ||
	       __atomic_load_n(&r->quit, __ATOMIC_RELAXED);
}

/*
 * Returns true if the worker has to stop. It uses a borrowed page first, since
 * that has been taken from its ring.
 */
static bool stopped(const struct rm_worker *worker)
{
	return !worker->page_out && must_stop(worker->reader);
}

enum ringmap_status rm_worker_step(struct rm_worker *worker, size_t *ret)
{
	struct ringmap_reader *r = worker->reader;

	if (r->ordered)
		return rm_worker_step_ordered(worker, ret);
	while (worker->ring || claim(worker)) {
		if (stopped(worker)) {
			enum ringmap_status s = leave(worker);

			return s ? s : RINGMAP_DONE;
		}
		enum ringmap_status s = get_page(worker);
		if (s == RINGMAP_DONE) {
			s = leave(worker);
			if (s == RINGMAP_OK)
				continue;
			return s;
		}
		if (s == RINGMAP_OK)
			s = make_room(worker, ret);
		if (s == RINGMAP_E_BUSY)
			return RINGMAP_OK;
		if (s == RINGMAP_OK)
			s = use_page(worker);
		if (s != RINGMAP_OK)
			return s;
	}
	return RINGMAP_DONE;
}

/* ---- in time order ------------------------------------------------------- */

enum {
	RUN = 4096 /* events that are listed at most */
};

/* Makes the total unknown even if no later row can carry the loss. */
static void lose_some(struct rm_worker *worker)
{
	__atomic_store_n(&worker->counts.lost_unknown, true, __ATOMIC_RELAXED);
}

/* Notes that rows of any ring may be missing from here on. */
static void no_rows(struct rm_worker *worker)
{
	worker->failed = RINGMAP_E_NOMEM;
	for (size_t i = 0; i < worker->reader->trace->count; i++)
		worker->reader->rows_missing[i] = true;
	lose_some(worker);
}

/* Gathers the listed events. The trace calls this, too, as before_reuse. */
static void gather(void *ctx)
{
	struct rm_worker *worker = ctx;

	if (worker->pending && rm_worker_gather(worker, 0, 0) != RINGMAP_OK)
		no_rows(worker);
}

static void list(struct rm_record_list *records,
		 const struct ringmap_event *event)
{
	records->cpus[records->count] = event->cpu;
	rm_record_list_add(records, event->data, event->size, event->ts);
}

/*
 * Notes a loss before the next event of @cpu. The events listed so far are from
 * before the loss, so they are gathered first.
 */
static void note_loss(struct rm_worker *worker, uint32_t cpu, uint64_t lost)
{
	struct ringmap_page mark = {.events = 0};

	gather(worker);
	rm_worker_count_page(worker, &mark, lost);
	for (size_t i = 0; i < worker->reader->nr_tables; i++)
		if (rm_table_begin(worker->tables[i], cpu, lost))
			no_rows(worker);
}

/* Returns the loss before the event that the trace has just handed out. */
static uint64_t lost_before(struct rm_worker *worker,
			    const struct ringmap_event *event)
{
	bool *rows_missing =
		&worker->reader->rows_missing[worker->reader->trace->heap[0]];
	bool was = *rows_missing;

	*rows_missing = false;
	return was ? RINGMAP_LOST_UNKNOWN : event->lost;
}

static void add(struct rm_worker *worker, const struct ringmap_event *event)
{
	struct rm_record_lists *lists = &worker->lists;
	/* A record too short for an id belongs to no event. */
	uint8_t slot =
		event->size < sizeof(uint16_t)
			? 0
			: lists->slot_of[rm_load16(event->data,
						   lists->slots[0].big_endian)];
	const struct ringmap_page one = {.events = 1,
					 .pos = RM_EVENT_HEADER + event->size};

	uint64_t lost = lost_before(worker, event);

	if (lost)
		note_loss(worker, event->cpu, lost);
	rm_worker_count_page(worker, &one, 0);
	if (slot)
		list(&lists->slots[slot - 1], event);
	if (lists->every)
		list(lists->every, event);
	worker->pending++;
}

static enum ringmap_status room(struct rm_worker *worker, size_t *ret)
{
	for (size_t i = 0; i < worker->reader->nr_tables; i++) {
		enum ringmap_status s = rm_table_room(worker->tables[i], RUN);

		if (s == RINGMAP_OK)
			continue;
		*ret = i;
		return s;
	}
	return rm_record_lists_room(&worker->lists, RUN, true)
		       ? RINGMAP_OK
		       : RINGMAP_E_NOMEM;
}

/* Lists events until the lists are full or the trace returns no event. */
static enum ringmap_status run(struct rm_worker *worker)
{
	struct ringmap_trace *trace = worker->reader->trace;
	enum ringmap_status s = RINGMAP_OK;
	struct ringmap_event event;

	/* The count is not worker->pending, which gather() resets when the
	 * trace copies a page. */
	for (size_t listed = 0; listed < RUN; listed++) {
		s = ringmap_trace_next(trace, &event);
		if (s != RINGMAP_OK)
			break;
		add(worker, &event);
	}
	return s;
}

/* All rings of a trace are of one kernel, so they have one byte order. */
static bool big_endian(const struct ringmap_trace *trace)
{
	return trace->count && trace->streams[0].ring->layout.big_endian;
}

enum ringmap_status rm_worker_step_ordered(struct rm_worker *worker,
					   size_t *ret)
{
	struct ringmap_trace *trace = worker->reader->trace;

	rm_record_lists_begin(&worker->lists, big_endian(trace), 0);
	for (;;) {
		if (must_stop(worker->reader))
			return RINGMAP_DONE;
		enum ringmap_status s = room(worker, ret);
		if (s == RINGMAP_E_BUSY)
			return RINGMAP_OK;
		if (s != RINGMAP_OK)
			return rm_fail(&worker->error, s, 0,
				       "no memory for a batch");
		trace->before_reuse = gather;
		trace->reuse_ctx = worker;
		s = run(worker);
		gather(worker);
		trace->before_reuse = NULL;
		count_up(&worker->counts.corrupt, s == RINGMAP_E_CORRUPT);
		if (s == RINGMAP_E_NOMEM)
			lose_some(worker);
		if (s < RINGMAP_OK)
			ringmap_trace_error(trace, &worker->error);
		if (worker->failed)
			s = rm_fail(&worker->error, RINGMAP_E_NOMEM, 0,
				    "no memory for events: some are lost");
		worker->failed = RINGMAP_OK;
		if (s != RINGMAP_OK)
			return s;
	}
}
