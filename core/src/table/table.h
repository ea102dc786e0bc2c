/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * table.h - struct ringmap_table, and the plan that its clones share
 */
#ifndef RM_TABLE_H
#define RM_TABLE_H

#include "table/batch.h"
#include "table/column.h"
#include "table/dict.h"
#include "table/filter.h"
#include "table/fused.h"
#include "table/gather.h"
#include "table/records.h"

#include <ringmap/ringmap.h>

#include <pthread.h>

/* A loss that no row has reported yet. */
struct rm_pending_loss {
	uint32_t cpu;
	uint64_t lost;
};

/*
 * A table and its clones share a plan: several threads that fill one kind of
 * table each have a clone. After rm_plan_new() a plan is constant, except for
 * what the lock guards, so that threads do not wait for each other's cache
 * lines.
 */
struct rm_plan {
	uint32_t refs;
	struct rm_column *columns;
	size_t count;   /* all columns */
	size_t visible; /* columns that are handed out: the first ones */
	struct rm_filter filter;
	uint32_t event;     /* its id, or RM_EVERY_EVENT */
	uint32_t min_size;  /* bytes of a record that the columns need */
	uint32_t ts_unit;   /* enum ringmap_ts_unit */
	size_t batch_rows;  /* a batch of so many, or without room, is full */
	size_t ts_column;   /* not visible if the caller did not name it */
	size_t lost_column; /* SIZE_MAX: there is none */
	bool varies;        /* the values of some column vary in size */
	struct rm_name_source names;
	struct ringmap_schema *schema;
	size_t room;     /* rows that a new batch has memory for */
	bool fill_pages; /* more, if the last huge page can hold them */

	pthread_mutex_t lock;
	struct rm_dict **dicts; /* for each column, guarded; NULL: none */
	struct rm_pending_loss *pending_losses;
	size_t nr_pending; /* guarded, but also read without the lock */
};

/* The state before the last append, which undo goes back to. */
struct rm_mark {
	bool set;
	size_t rows;
	size_t *items; /* for each column */
	uint32_t cpu;
	uint64_t lost; /* the CPU's pending loss */
};

struct ringmap_table {
	uint32_t refs;
	struct ringmap_table_stats stats; /* one thread writes, any reads */
	struct rm_plan *plan;
	struct rm_record_lists lists; /* for pages that only this table reads */
	struct rm_pool *pool;
	struct rm_batch *batch;
	size_t rows;
	bool many_items;        /* values that vary in size fill the batch */
	struct rm_dict **dicts; /* the batch's codes are from these */
	struct rm_memo **memos; /* for each column; NULL: no dictionary */
	struct rm_record_list chosen; /* records that the filter lets through */
	struct rm_mark mark;
	bool can_fuse;
	bool *fused_at;    /* for each column: the fused loop fills it */
	size_t first_rest; /* the first column that the loop does not fill */
	bool any_rest;     /* some of those columns need the records */
	struct rm_fused fused;
};

/* A page's cursor, kept in order to go back to it. */
struct rm_page_pos {
	uint64_t ts;
	uint32_t pos;
	uint32_t events;
};

static inline struct rm_page_pos rm_page_pos_of(const struct ringmap_page *page)
{
	return (struct rm_page_pos){page->ts, page->pos, page->events};
}

static inline void rm_page_pos_restore(struct ringmap_page *page,
				       const struct rm_page_pos *cursor)
{
	page->ts = cursor->ts;
	page->pos = cursor->pos;
	page->events = cursor->events;
}

void rm_plan_unref(struct rm_plan *plan);

/* Makes a table and takes over the reference to @plan; NULL: no memory. */
struct ringmap_table *rm_table_new(struct rm_plan *plan);

/* Returns true if the batch must be exported before more rows are added. */
bool rm_table_full(const struct ringmap_table *table);

/* Makes sure that @rows more rows fit. RINGMAP_E_BUSY: the batch is full. */
enum ringmap_status rm_table_room(struct ringmap_table *table, size_t rows);

/*
 * Sets the mark that undo goes back to; @cpu's ring lost @lost events before
 * what comes next. RINGMAP_E_NOMEM: the loss cannot be remembered.
 */
enum ringmap_status rm_table_begin(struct ringmap_table *table, uint32_t cpu,
				   uint64_t lost);

/*
 * Appends a row for each record that the filter lets through. rm_table_begin()
 * has been called, and there is room. RINGMAP_E_NOMEM: no row was appended.
 */
enum ringmap_status rm_table_take(struct ringmap_table *table,
				  const struct rm_record_list *records);

/* Does what ringmap_table_append() does after it has made room. */
enum ringmap_status rm_table_append(struct ringmap_table *table,
				    struct ringmap_page *page);

/*
 * Adds @rows rows, whose columns are filled. If not @good, an allocation has
 * failed: removes what was filled and returns RINGMAP_E_NOMEM.
 */
enum ringmap_status rm_table_commit_rows(struct ringmap_table *table,
					 size_t rows, bool good);

/* Adds the table's counters to @sum. Threads: any. */
void rm_table_add_stats(const struct ringmap_table *table,
			struct ringmap_table_stats *sum);

/* Decides which columns the fused loop fills, if it can be used at all. */
void rm_table_plan_fused(struct ringmap_table *table);

/* Points the fused loop to the memory of a new batch. */
void rm_table_aim_fused(struct ringmap_table *table);

/* Appends a page with the fused loop; returns false if that cannot be done. */
bool rm_table_fused(struct ringmap_table *table, struct ringmap_page *page,
		    enum ringmap_status *status);

/* Gathers column @i of the records; returns false if there is no memory. */
bool rm_table_gather(struct ringmap_table *table, size_t i,
		     const struct rm_record_list *records);

/* Returns true if any CPU has a loss that no row has reported; it is rare. */
static inline bool rm_loss_pending(const struct rm_plan *plan)
{
	/* Relaxed: this thread set our ring's loss, or the thread that did
	 * handed us the ring. Pairs with set() in table.c. */
	return __atomic_load_n(&plan->nr_pending, __ATOMIC_RELAXED);
}

/* Stores pending losses in the rows that were gathered and not yet added. */
void rm_table_store_losses(struct ringmap_table *table,
			   const struct rm_record_list *records);

/* Returns the events that @cpu lost and that no row has reported yet. */
uint64_t rm_pending_loss_get(struct rm_plan *plan, uint32_t cpu);

/* Returns false if there is no memory to remember the loss. */
bool rm_pending_loss_set(struct rm_plan *plan, uint32_t cpu, uint64_t lost);

#endif
