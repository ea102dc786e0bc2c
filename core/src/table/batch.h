/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * batch.h - memory of the rows of one batch
 */
#ifndef RM_BATCH_H
#define RM_BATCH_H

#include "table/column.h"

#include <stddef.h>

/* One column of a batch. Invariant: all rows of the batch are filled in. */
struct rm_store {
	uint32_t
		per_row; /* values of a row; 1, but in arrays of dynamic ones */
	uint8_t *data;   /* values of fixed width, or bits */
	int32_t *offsets;  /* values + 1, in items, if they vary in size */
	uint8_t *validity; /* bits, defined only while nulls > 0 */
	size_t nulls;
	uint8_t *items; /* values that vary in size */
	size_t nr_items;
	size_t items_room;
};

/*
 * The memory of a batch does not move from the first row to the release of the
 * exported arrays. The table that fills the batch has a reference, and then
 * each exported array.
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
 * The batches of one table, which have one shape. Each clone has its own pool:
 * memory that another CPU filled is slow to fill again until its cache lines
 * have moved.
 */
struct rm_pool;

/*
 * Makes a pool of batches of @room rows or, if @more, of as many rows as the
 * huge pages for them hold anyway.
 */
struct rm_pool *rm_pool_new(const struct rm_column *columns, size_t count,
			    size_t room, bool more);
struct rm_pool *rm_pool_ref(struct rm_pool *pool);
void rm_pool_unref(struct rm_pool *pool);

/*
 * Returns an empty batch with memory for at least @room rows; NULL: no memory.
 * Threads: one.
 */
struct rm_batch *rm_pool_take(struct rm_pool *pool, size_t room);

/* The last unref returns the memory to the pool. Threads: any. */
void rm_batch_ref(struct rm_batch *batch);
void rm_batch_unref(struct rm_batch *batch);

/*
 * Makes room for @more bytes after the items, which have @item bytes each.
 * Returns false if there is no memory.
 */
bool rm_store_grow(struct rm_store *store, size_t item, size_t more);

/* Makes value @at null, in a batch with memory for @room rows. */
void rm_store_null(struct rm_store *store, size_t at, size_t room);

/* Removes the rows from @rows to @end, and the items after @nr_items. */
void rm_store_cut(struct rm_store *store, size_t rows, size_t end,
		  size_t nr_items);

#endif
