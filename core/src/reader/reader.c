/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * reader.c - a reader: rounds over the rings, waiting, the next batch
 *
 * A round walks every ring once. A recording takes one round; then the rows
 * that fill no batch are flushed and the reader is done. A live trace takes one
 * round after another, sleeping in between, and is flushed when the caller's
 * timeout expires.
 */
#include "reader/reader.h"

#include "base/count.h"
#include "base/error.h"
#include "base/opts.h"
#include "ring/ring.h"
#include "schema/schema.h"
#include "table/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

/* ---- opening ------------------------------------------------------------- */

enum {
	THREADS_MAX = 1024
};

static enum ringmap_status no_memory(struct ringmap_error *err)
{
	return rm_fail(err, RINGMAP_E_NOMEM, 0, "no memory for a reader");
}

static enum ringmap_status check_opts(const struct ringmap_reader_opts *o,
				      struct ringmap_error *err)
{
	const uint32_t known = RINGMAP_READER_ORDERED | RINGMAP_READER_STRICT;
	const uint32_t unknown = o->flags & ~known;

	if (unknown)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "a reader has no flags 0x%x: there are "
			       "RINGMAP_READER_ORDERED (0x%x) and "
			       "RINGMAP_READER_STRICT (0x%x)",
			       unknown, RINGMAP_READER_ORDERED,
			       RINGMAP_READER_STRICT);
	if (o->threads > THREADS_MAX)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "a reader cannot have %u threads: %d are the "
			       "most",
			       o->threads, THREADS_MAX);
	if (o->flags & RINGMAP_READER_ORDERED && o->threads > 1)
		return rm_fail(
			err, RINGMAP_E_INVAL, 0,
			"threads of a reader must be 0 or 1, not %" PRIu32
			", with RINGMAP_READER_ORDERED: one thread "
			"merges all CPUs",
			o->threads);
	return RINGMAP_OK;
}

static bool is_recording(const struct ringmap_trace *trace)
{
	for (size_t i = 0; i < trace->count; i++)
		if (!trace->streams[i].ring->ops->recorded)
			return false;
	return true;
}

static enum ringmap_status make_plans(struct ringmap_reader *r,
				      struct ringmap_schema *schema,
				      const struct ringmap_table_opts *tables,
				      size_t count, struct ringmap_error *err)
{
	struct ringmap_trace_info info;
	enum ringmap_status s =
		ringmap_trace_info(r->trace, &info, sizeof(info));

	r->plans = calloc(count, sizeof(struct rm_plan *));
	if (!r->plans)
		return no_memory(err);
	if (!schema)
		s = ringmap_trace_schema(r->trace, &schema, err);
	const uint8_t *opts = (const uint8_t *)tables;
	for (size_t i = 0; !s && i < count; i++) {
		struct ringmap_table_opts o;

		/* The caller's structs may differ from ours in size. */
		s = rm_table_opts((const void *)(opts + i * tables->sz), &o,
				  err);
		if (!s)
			s = rm_plan_new(schema, &o, info.ts_unit, &r->plans[i],
					err);
		r->nr_tables += !s;
	}
	return s;
}

static enum ringmap_status make_workers(struct ringmap_reader *r,
					uint32_t threads,
					struct ringmap_error *err)
{
	size_t count = threads ? threads : 1;

	/* Threads beyond the number of rings would have nothing to do. */
	if (count > r->trace->count)
		count = r->trace->count ? r->trace->count : 1;
	r->workers = calloc(count, sizeof(*r->workers));
	r->queue_room = count * r->nr_tables;
	r->queue = calloc(r->queue_room, sizeof(*r->queue));
	r->owners = calloc(r->trace->count + 1, sizeof(struct rm_worker *));
	r->rows_missing = calloc(r->trace->count + 1, sizeof(bool));
	if (!r->workers || !r->queue || !r->owners || !r->rows_missing)
		return no_memory(err);
	for (; r->nr_workers < count; r->nr_workers++)
		if (rm_worker_init(&r->workers[r->nr_workers], r)) {
			rm_worker_deinit(&r->workers[r->nr_workers]);
			return no_memory(err);
		}
	return RINGMAP_OK;
}

static struct ringmap_reader *new_reader(struct ringmap_trace *trace)
{
	struct ringmap_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->refs = 1;
	r->trace = ringmap_trace_ref(trace);
	r->recording = is_recording(trace);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->work, NULL);
	pthread_cond_init(&r->ready, NULL);
	return r;
}

enum ringmap_status
ringmap_reader_open(struct ringmap_trace *trace, struct ringmap_schema *schema,
		    const struct ringmap_table_opts *tables, size_t count,
		    const struct ringmap_reader_opts *opts,
		    struct ringmap_reader **ret, struct ringmap_error *err)
{
	struct ringmap_reader_opts o = {.sz = 0};

	if (!trace || !tables || !ret || !count || count > RM_RECORD_LISTS_MAX)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "a reader needs a trace and 1 to %d tables",
			       RM_RECORD_LISTS_MAX);
	enum ringmap_status s =
		opts ? rm_opts_copy(&o, sizeof(o), opts, err) : RINGMAP_OK;
	if (!s)
		s = check_opts(&o, err);
	if (s)
		return s;
	struct ringmap_reader *r = new_reader(trace);
	if (!r)
		return no_memory(err);
	r->ordered = o.flags & RINGMAP_READER_ORDERED;
	r->strict = o.flags & RINGMAP_READER_STRICT;
	s = make_plans(r, schema, tables, count, err);
	if (!s)
		s = make_workers(r, o.threads, err);
	if (s) {
		ringmap_reader_unref(r);
		return s;
	}
	*ret = r;
	return RINGMAP_OK;
}

/* ---- life ---------------------------------------------------------------- */

struct ringmap_reader *ringmap_reader_ref(struct ringmap_reader *reader)
{
	__atomic_fetch_add(&reader->refs, 1, __ATOMIC_RELAXED);
	return reader;
}

void ringmap_reader_unref(struct ringmap_reader *reader)
{
	struct ringmap_reader *r = reader;

	/* Acquire and release: other threads' uses happen before the free. */
	if (!r || __atomic_sub_fetch(&r->refs, 1, __ATOMIC_ACQ_REL))
		return;
	rm_threads_quit(r);
	for (size_t i = 0; r->workers && i < r->nr_workers; i++)
		rm_worker_deinit(&r->workers[i]);
	for (size_t i = 0; r->plans && i < r->nr_tables; i++)
		rm_plan_unref(r->plans[i]);
	/* In a forked child, destroying these would wait for threads that only
	 * the parent has. */
	if (rm_trace_here(r->trace)) {
		pthread_mutex_destroy(&r->lock);
		pthread_cond_destroy(&r->work);
		pthread_cond_destroy(&r->ready);
	}
	ringmap_trace_unref(r->trace);
	free(r->queue);
	free(r->owners);
	free(r->rows_missing);
	free(r->workers);
	free(r->plans);
	free(r);
}

enum ringmap_status ringmap_reader_schema(const struct ringmap_reader *reader,
					  size_t table, struct ArrowSchema *ret)
{
	if (table >= reader->nr_tables)
		return RINGMAP_E_INVAL;
	return ringmap_table_schema(reader->workers[0].tables[table], ret);
}

void ringmap_reader_error(const struct ringmap_reader *reader,
			  struct ringmap_error *ret)
{
	*ret = reader->error;
}

/* Loads a counter that another thread writes; pairs with its count_up(). */
static uint64_t load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

enum ringmap_status ringmap_reader_stats(struct ringmap_reader *reader,
					 struct ringmap_reader_stats *ret,
					 size_t sz)
{
	struct ringmap_reader_stats sum = {.events = 0};
	struct ringmap_table_stats tables = {.rows = 0};
	bool unknown = false;

	if (!reader || !ret || sz < sizeof(uint64_t))
		return RINGMAP_E_INVAL;
	if (!rm_trace_here(reader->trace))
		return RINGMAP_E_FORKED;
	for (size_t i = 0; i < reader->nr_workers; i++) {
		const struct rm_worker_counts *c = &reader->workers[i].counts;

		sum.events += load(&c->events);
		sum.bytes += load(&c->bytes);
		sum.lost += load(&c->lost);
		sum.corrupt += load(&c->corrupt);
		unknown |= __atomic_load_n(&c->lost_unknown, __ATOMIC_RELAXED);
		for (size_t j = 0; j < reader->nr_tables; j++)
			rm_table_add_stats(reader->workers[i].tables[j],
					   &tables);
	}
	sum.lost = unknown ? RINGMAP_LOST_UNKNOWN
			   : rm_count_add(sum.lost, load(&reader->lost_behind));
	sum.threads = reader->nr_workers;
	sum.rows = tables.rows;
	sum.undone = tables.undone;
	sum.broken = tables.broken;
	sum.escaped = tables.escaped;
	sum.late = reader->ordered ? reader->trace->late : 0;
	rm_give(ret, sz, &sum, sizeof(sum));
	return RINGMAP_OK;
}

/* ---- rounds -------------------------------------------------------------- */

static enum ringmap_status forked(struct ringmap_reader *r)
{
	return rm_fail(&r->error, RINGMAP_E_FORKED, 0,
		       "this reader belongs to the parent process: open one of "
		       "your own");
}

/*
 * Hands out the rows that fill no batch. No worker may be at work.
 * RINGMAP_DONE: no rows are left.
 */
static enum ringmap_status flush(struct ringmap_reader *r,
				 struct ringmap_batch *ret,
				 struct ArrowArray *array)
{
	while (r->flushing && r->flushed < r->nr_workers * r->nr_tables) {
		struct rm_worker *worker =
			&r->workers[r->flushed / r->nr_tables];
		enum ringmap_status s = rm_worker_export(
			worker, r->flushed % r->nr_tables, ret, array);

		if (s < RINGMAP_OK)
			r->error = worker->error;
		if (s != RINGMAP_DONE)
			return s;
		r->flushed++;
	}
	r->flushing = false;
	return RINGMAP_DONE;
}

static bool any_rows(const struct ringmap_reader *r)
{
	for (size_t i = 0; i < r->nr_workers; i++)
		for (size_t j = 0; j < r->nr_tables; j++)
			if (ringmap_table_rows(r->workers[i].tables[j]))
				return true;
	return false;
}

/* Returns a batch of this round. RINGMAP_DONE: the round is over. */
static enum ringmap_status round_next(struct ringmap_reader *r,
				      struct ringmap_batch *ret,
				      struct ArrowArray *array)
{
	struct rm_worker *worker = &r->workers[0];
	size_t table;

	if (r->nr_workers > 1)
		return rm_threads_next(r, ret, array);
	if (!r->in_round) {
		worker->next_ring = 0;
		r->in_round = true;
	}
	enum ringmap_status s = rm_worker_step(worker, &table);
	if (s == RINGMAP_OK)
		s = rm_worker_export(worker, table, ret, array);
	if (s == RINGMAP_DONE)
		r->in_round = false;
	if (s < RINGMAP_OK)
		r->error = worker->error;
	return s;
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
 * Waits between two rounds of a live trace. RINGMAP_OK: flush, or begin another
 * round. RINGMAP_DONE: the time is over and there are no rows. ppoll(2) is never
 * restarted after a signal, so this begins another round instead.
 */
static enum ringmap_status wait_for_round(struct ringmap_reader *r,
					  uint64_t deadline)
{
	int ms = left_ms(deadline);

	if (!ms) {
		r->flushing = any_rows(r);
		r->flushed = 0;
		return r->flushing ? RINGMAP_OK : RINGMAP_DONE;
	}
	enum ringmap_status s = ringmap_trace_wait(r->trace, ms);
	/* The time is over: run one more round, then flush. */
	if (s == RINGMAP_DONE)
		return RINGMAP_OK;
	if (s >= RINGMAP_OK)
		return s;
	struct ringmap_error error;
	ringmap_trace_error(r->trace, &error);
	if (s == RINGMAP_E_OS && error.os_errno == EINTR)
		return RINGMAP_OK;
	r->error = error;
	return s;
}

/*
 * Returns the events that are missing behind the last page of each ring: there
 * is no later page that could report them.
 */
static uint64_t lost_behind(const struct ringmap_trace *trace)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < trace->count; i++) {
		const struct rm_stream *s = &trace->streams[i];

		lost = rm_count_add(lost, s->lost);
		lost = rm_count_add(lost, s->ring->account.pending);
	}
	return lost;
}

/*
 * The rows of a live trace were decoded by the clock and the formats that held
 * when the reader was opened. If the instance has others by now, nobody knows
 * since when: the batch is dropped.
 */
static enum ringmap_status still_valid(struct ringmap_reader *r,
				       const struct ringmap_batch *batch,
				       struct ArrowArray *array)
{
	const struct rm_plan *plan = r->plans[batch->table];

	if (r->recording)
		return RINGMAP_OK;
	enum ringmap_status s =
		rm_trace_clock_check(&r->trace->info, &r->error);
	if (!s && plan->event != RM_EVERY_EVENT)
		s = rm_schema_check(plan->schema, plan->event, &r->error);
	if (s)
		array->release(array);
	return s;
}

static enum ringmap_status next_batch(struct ringmap_reader *r, int timeout_ms,
				      struct ringmap_batch *ret,
				      struct ArrowArray *array)
{
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
		/* The only places that take the request are this one and the
		 * wait, so that a stop is reported once. */
		if (rm_stop_take(&r->trace->stop))
			return RINGMAP_STOPPED;
		if (r->recording) {
			r->over = r->flushing = true;
			/* Relaxed, as the load for statistics: a count. */
			__atomic_store_n(&r->lost_behind, lost_behind(r->trace),
					 __ATOMIC_RELAXED);
			continue;
		}
		s = wait_for_round(r, deadline);
		if (s != RINGMAP_OK)
			return s;
	}
}

enum ringmap_status ringmap_reader_next(struct ringmap_reader *reader,
					int timeout_ms,
					struct ringmap_batch *ret,
					struct ArrowArray *array)
{
	if (!rm_trace_here(reader->trace))
		return forked(reader);
	enum ringmap_status s = next_batch(reader, timeout_ms, ret, array);

	return s == RINGMAP_OK ? still_valid(reader, ret, array) : s;
}

enum ringmap_status ringmap_reader_stop(struct ringmap_reader *reader)
{
	return ringmap_trace_stop(reader->trace);
}

/* ---- as an Arrow C stream ------------------------------------------------ */

struct stream {
	struct ringmap_reader *reader;
	struct ringmap_error error;
};

static int errno_of(enum ringmap_status s, const struct ringmap_error *error)
{
	if (error->os_errno)
		return error->os_errno;
	switch (s) {
	case RINGMAP_E_CORRUPT:
		return EBADMSG;
	case RINGMAP_E_NOMEM:
		return ENOMEM;
	case RINGMAP_E_UNSUPPORTED:
		return ENOTSUP;
	case RINGMAP_E_PERMISSION:
		return EACCES;
	case RINGMAP_E_FORKED:
		return ECHILD;
	case RINGMAP_E_INVAL:
		return EINVAL;
	default:
		return EIO;
	}
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
	struct stream *s = stream->private_data;

	if (ringmap_reader_schema(s->reader, 0, out) == RINGMAP_OK)
		return 0;
	rm_fail(&s->error, RINGMAP_E_NOMEM, 0, "no memory for a schema");
	return ENOMEM;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
	struct stream *st = stream->private_data;
	struct ringmap_batch batch;
	enum ringmap_status s;

	do {
		s = ringmap_reader_next(st->reader, -1, &batch, out);
	} while (s == RINGMAP_E_CORRUPT && !st->reader->strict);
	if (s == RINGMAP_OK)
		return 0;
	/* An array without a release callback ends the stream. */
	*out = (struct ArrowArray){.release = NULL};
	if (s > RINGMAP_OK)
		return 0;
	ringmap_reader_error(st->reader, &st->error);
	return errno_of(s, &st->error);
}

static const char *get_last_error(struct ArrowArrayStream *stream)
{
	const struct stream *s = stream->private_data;

	return s->error.text[0] ? s->error.text : NULL;
}

static void release(struct ArrowArrayStream *stream)
{
	struct stream *s = stream->private_data;

	ringmap_reader_unref(s->reader);
	free(s);
	stream->release = NULL;
}

enum ringmap_status ringmap_reader_stream(struct ringmap_reader *reader,
					  struct ArrowArrayStream *ret)
{
	if (reader->nr_tables != 1)
		return rm_fail(&reader->error, RINGMAP_E_INVAL, 0,
			       "a stream needs a reader of one table, and this "
			       "reader has %zu",
			       reader->nr_tables);
	struct stream *s = calloc(1, sizeof(*s));
	if (!s)
		return rm_fail(&reader->error, RINGMAP_E_NOMEM, 0,
			       "no memory for a stream");
	s->reader = ringmap_reader_ref(reader);
	*ret = (struct ArrowArrayStream){
		.get_schema = get_schema,
		.get_next = get_next,
		.get_last_error = get_last_error,
		.release = release,
		.private_data = s,
	};
	return RINGMAP_OK;
}
