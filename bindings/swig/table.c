/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * table.c - what fills batches: tables by page, readers by trace
 */
#include "state.h"

/* ---- tables ------------------------------------------------------------------- */

struct rmb_table {
	struct rmb_object object;
	struct ringmap_table *table;
};

static void destroy_table(void *object)
{
	struct rmb_table *self = object;

	ringmap_table_unref(self->table);
}

struct rmb_table *new_rmb_table(struct rmb_schema *schema,
				const struct ringmap_table_opts *opts,
				struct ringmap_error *err)
{
	struct rmb_table *self = rmb_new(sizeof(*self), destroy_table, err);

	if (!self || !rmb_failed(ringmap_table_open(schema->schema, opts,
						    &self->table, err),
				 err))
		return self;
	/* An error leaves no table, whatever it wrote there. */
	self->table = NULL;
	rmb_unref(self);
	return NULL;
}

void delete_rmb_table(struct rmb_table *self)
{
	rmb_unref(self);
}

void rmb_table_append(struct rmb_table *self, struct rmb_page *page,
		      struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	RMB_HELD *page_held = held ? rmb_hold(page, err) : NULL;

	if (!page_held)
		return;
	if (!page->memory)
		rmb_failed(RINGMAP_E_STALE, err);
	else
		rmb_failed(ringmap_table_append(self->table, &page->page), err);
}

void rmb_table_undo(struct rmb_table *self, struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);

	if (held && ringmap_table_undo(self->table) == RINGMAP_E_STALE)
		rmb_fail(err, RINGMAP_E_STALE,
			 "there is nothing to undo: each append once only, and "
			 "before its rows are exported");
}

uint64_t rmb_table_rows(struct rmb_table *self, struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);

	return held ? ringmap_table_rows(self->table) : 0;
}

struct ringmap_table_stats *rmb_table_stats(struct rmb_table *self,
					    struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_table_stats *stats = calloc(1, sizeof(*stats));

	if (held && stats &&
	    !rmb_failed(ringmap_table_stats(self->table, stats, sizeof(*stats)),
			err))
		return stats;
	if (!stats)
		rmb_failed(RINGMAP_E_NOMEM, err);
	free(stats);
	return NULL;
}

/* ---- batches, before they are filled -------------------------------------------- */

static void destroy_batch(void *object)
{
	struct rmb_batch *self = object;

	if (self->array.release)
		self->array.release(&self->array);
	if (self->schema.release)
		self->schema.release(&self->schema);
}

struct rmb_batch *rmb_batch_new(struct ringmap_error *err)
{
	return rmb_new(sizeof(struct rmb_batch), destroy_batch, err);
}

void delete_rmb_batch(struct rmb_batch *self)
{
	rmb_unref(self);
}

/* @batch, or NULL when its rows or their schema did not come. */
static struct rmb_batch *filled(struct rmb_batch *batch,
				enum ringmap_status rows,
				enum ringmap_status schema,
				struct ringmap_error *err)
{
	if (!rmb_failed(rows, err) && !rows && !rmb_failed(schema, err))
		return batch;
	rmb_unref(batch);
	return NULL;
}

struct rmb_batch *rmb_table_export(struct rmb_table *self,
				   struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct rmb_batch *batch = held ? rmb_batch_new(err) : NULL;

	if (!batch)
		return NULL;

	enum ringmap_status schema =
		ringmap_table_schema(self->table, &batch->schema);
	/* Rows stay where they are if nobody could read them. */
	enum ringmap_status rows =
		schema ? schema
		       : ringmap_table_export(self->table, &batch->array);

	return filled(batch, rows, schema, err);
}

/* ---- readers ------------------------------------------------------------------ */

/*
 * reader is NULL once it is closed. borrowed: the trace that its threads use,
 * or NULL. streamed: a stream has the rows, which may be in another thread.
 */
struct rmb_reader {
	struct rmb_object object;
	struct ringmap_reader *reader;
	struct rmb_trace *borrowed;
	bool streamed;
	bool stopped;
};

/* After the threads have ended; those of a stream may go on elsewhere. */
static void give_back(struct rmb_reader *self)
{
	if (self->borrowed && !self->streamed)
		atomic_fetch_sub(&self->borrowed->lent, 1);
	rmb_unref(self->borrowed);
	self->borrowed = NULL;
}

static void destroy_reader(void *object)
{
	struct rmb_reader *self = object;

	ringmap_reader_unref(self->reader);
	give_back(self);
}

struct rmb_reader *new_rmb_reader(struct rmb_trace *trace,
				  const struct ringmap_table_opts *opts,
				  struct rmb_schema *schema,
				  const struct ringmap_reader_opts *reader_opts,
				  struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(trace, err);

	if (!held)
		return NULL;
	if (!trace->trace) {
		rmb_fail(err, RINGMAP_E_INVAL,
			 "the trace is closed: open it again");
		return NULL;
	}

	struct rmb_reader *self = rmb_new(sizeof(*self), destroy_reader, err);

	if (!self)
		return NULL;
	if (rmb_failed(ringmap_reader_open(trace->trace,
					   schema ? schema->schema : NULL, opts,
					   1, reader_opts, &self->reader, err),
		       err)) {
		self->reader = NULL;
		rmb_unref(self);
		return NULL;
	}
	if (reader_opts && reader_opts->threads > 1) {
		self->borrowed = rmb_ref(trace);
		atomic_fetch_add(&trace->lent, 1);
	}
	return self;
}

void delete_rmb_reader(struct rmb_reader *self)
{
	rmb_unref(self);
}

void rmb_reader_close(struct rmb_reader *self, struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_reader *reader = self->reader;

	if (!held)
		return;
	rmb_guard(self);
	self->reader = NULL;
	rmb_unguard(self);
	ringmap_reader_unref(reader);
	give_back(self);
}

/* The reader to call; NULL: it is closed. */
static struct ringmap_reader *opened(const struct rmb_reader *self,
				     struct ringmap_error *err)
{
	if (!self->reader)
		rmb_fail(err, RINGMAP_E_INVAL,
			 "the reader is closed: make another");
	return self->reader;
}

static bool is_streamed(const struct rmb_reader *self,
			struct ringmap_error *err)
{
	if (self->streamed)
		rmb_fail(err, RINGMAP_E_BUSY,
			 "the rows of this reader are in its stream: read them "
			 "there");
	return self->streamed;
}

struct rmb_batch *rmb_reader_next_batch(struct rmb_reader *self, int timeout_ms,
					struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_reader *reader = held ? opened(self, err) : NULL;
	struct ringmap_batch which;

	if (!reader || is_streamed(self, err))
		return NULL;

	struct rmb_batch *batch = rmb_batch_new(err);

	if (!batch)
		return NULL;

	enum ringmap_status schema =
		ringmap_reader_schema(reader, 0, &batch->schema);
	enum ringmap_status rows =
		schema ? schema
		       : ringmap_reader_next(reader, timeout_ms, &which,
					     &batch->array);

	self->stopped = rows == RINGMAP_STOPPED;
	if (rows < 0)
		ringmap_reader_error(reader, err);
	return filled(batch, rows, schema, err);
}

bool rmb_reader_stopped_get(struct rmb_reader *self)
{
	return self->stopped;
}

void rmb_reader_stop(struct rmb_reader *self, struct ringmap_error *err)
{
	rmb_guard(self);

	struct ringmap_reader *reader = opened(self, err);

	if (reader)
		rmb_failed(ringmap_reader_stop(reader), err);
	rmb_unguard(self);
}

struct ringmap_reader_stats *rmb_reader_stats(struct rmb_reader *self,
					      struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_reader *reader = held ? opened(self, err) : NULL;
	struct ringmap_reader_stats *stats = calloc(1, sizeof(*stats));

	if (reader && stats &&
	    !rmb_failed(ringmap_reader_stats(reader, stats, sizeof(*stats)),
			err))
		return stats;
	if (!stats)
		rmb_failed(RINGMAP_E_NOMEM, err);
	free(stats);
	return NULL;
}

/* ---- Arrow streams -------------------------------------------------------------- */

struct rmb_stream {
	struct rmb_object object;
	struct ArrowArrayStream stream;
};

static void destroy_stream(void *object)
{
	struct rmb_stream *self = object;

	if (self->stream.release)
		self->stream.release(&self->stream);
}

struct rmb_stream *rmb_reader_stream(struct rmb_reader *self,
				     struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_reader *reader = held ? opened(self, err) : NULL;
	struct rmb_stream *stream =
		reader && !is_streamed(self, err)
			? rmb_new(sizeof(*stream), destroy_stream, err)
			: NULL;

	if (!stream)
		return NULL;
	if (rmb_failed(ringmap_reader_stream(reader, &stream->stream), err)) {
		stream->stream.release = NULL;
		rmb_unref(stream);
		return NULL;
	}
	self->streamed = true;
	return stream;
}

void delete_rmb_stream(struct rmb_stream *self)
{
	rmb_unref(self);
}

uint64_t rmb_stream_address(struct rmb_stream *self)
{
	return (uintptr_t)&self->stream;
}
