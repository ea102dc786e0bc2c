/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * batch.h - memory of the rows of one batch
 */
#ifndef RM_BATCH_H
#define RM_BATCH_H

#include "table/column.h"

#include <stddef.h>

/* One column's part. Invariant: rows up to the batch's are filled in. */
struct rm_store {
	uint8_t *data;     /* fixed width, or bits */
	int32_t *offsets;  /* of values that vary, in items; rows + 1 */
	uint8_t *validity; /* bits; holds only while nulls > 0 */
	size_t nulls;
	uint8_t *items; /* values that vary */
	size_t nr_items;
	size_t items_room;
};

/*
 * Memory stays where it is from the first row to the release of what was
 * exported. refs: the table that fills it, then each array handed out.
 */
struct rm_batch {
	struct rm_pool *pool;
	struct rm_batch *next; /* in the pool */
	uint32_t refs;
	size_t room; /* rows */
	struct rm_region *region;
	size_t count; /* of stores */
	struct rm_store stores[];
};

/*
 * Batches of one shape, of one table: what another CPU's table has filled is
 * slow to fill again, until its lines have come over.
 */
struct rm_pool;

/* @room: rows of a batch; @more: and as many more as huge pages hold anyway. */
struct rm_pool *rm_pool_new(const struct rm_column *columns, size_t count,
			    size_t room, bool more);
struct rm_pool *rm_pool_ref(struct rm_pool *pool);
void rm_pool_unref(struct rm_pool *pool);

/* An empty batch for @room rows at least; NULL: no memory. Threads: one. */
struct rm_batch *rm_pool_take(struct rm_pool *pool, size_t room);

/* The last one gives the memory back to the pool. Threads: any. */
void rm_batch_ref(struct rm_batch *batch);
void rm_batch_unref(struct rm_batch *batch);

/* Room for @more bytes of items behind nr_items; false: no memory. */
bool rm_store_grow(struct rm_store *store, size_t item, size_t more);

/* Row @row of a batch with @room has no value. */
void rm_store_null(struct rm_store *store, size_t row, size_t room);

/* From @end rows back to @rows rows and @nr_items items. */
void rm_store_cut(struct rm_store *store, size_t rows, size_t end,
		  size_t nr_items);

#endif
