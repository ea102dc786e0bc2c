/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * table.h - what a table is inside
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

/* A loss that no row has told yet. */
struct rm_pending_loss {
	uint32_t cpu;
	uint64_t lost;
};

/*
 * What a table and its clones share: several threads that fill one kind of
 * table each have a clone. Made by rm_plan_new(), then constant but for what
 * the lock guards: threads that share a line of memory wait for each other.
 */
struct rm_plan {
	uint32_t refs;
	struct rm_column *columns;
	size_t count;   /* of columns */
	size_t visible; /* of these are handed out, the first ones */
	struct rm_filter filter;
	uint32_t event;     /* id, or RM_EVERY_EVENT */
	uint32_t min_size;  /* bytes of a record that the columns need */
	uint32_t ts_unit;   /* enum ringmap_ts_unit */
	size_t batch_rows;  /* a batch with these is full; or without room */
	size_t ts_column;   /* not visible if nobody asked for it */
	size_t lost_column; /* SIZE_MAX: there is none */
	bool varies;        /* a column's values do */
	struct rm_name_source names;
	struct ringmap_schema *schema;
	size_t room;     /* rows of a batch's memory */
	bool fill_pages; /* and what the last huge page has left */

	pthread_mutex_t lock;
	struct rm_dict **dicts; /* by column, guarded; NULL: has none */
	struct rm_pending_loss *pending_losses;
	size_t nr_pending; /* guarded; looked at without the lock, too */
};

/* Where to go back to: the state before the last append. */
struct rm_mark {
	bool set;
	size_t rows;
	size_t *items; /* by column */
	uint32_t cpu;
	uint64_t lost; /* the CPU's carry */
};

struct ringmap_table {
	uint32_t refs;
	struct ringmap_table_stats stats; /* written here, read anywhere */
	struct rm_plan *plan;
	struct rm_record_lists lists; /* of a table that is used by itself */
	struct rm_pool *pool;
	struct rm_batch *batch;
	size_t rows;
	bool many_items;        /* of values that vary: the batch is full */
	struct rm_dict **dicts; /* those that the batch's codes are from */
	struct rm_memo **memos; /* by column, where it has a dictionary */
	struct rm_record_list chosen; /* what the filter lets through */
	struct rm_mark mark;
	bool can_fuse;
	bool *fused_at;    /* by column: the fused loop takes it */
	size_t first_rest; /* the first column that it leaves */
	bool any_rest;     /* one of these needs the records */
	struct rm_fused fused;
};

/* How far a page is walked; for going back. */
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

/* A table over a plan, whose reference it takes over; NULL: no memory. */
struct ringmap_table *rm_table_new(struct rm_plan *plan);

/* No more rows may be added to this batch before it was exported. */
bool rm_table_full(const struct ringmap_table *table);

/* Makes sure that @rows more fit. RINGMAP_E_BUSY: the batch is full. */
enum ringmap_status rm_table_room(struct ringmap_table *table, size_t rows);

/*
 * What comes next can be undone; @cpu's ring lost @lost before it.
 * RINGMAP_E_NOMEM: the loss cannot be remembered.
 */
enum ringmap_status rm_table_begin(struct ringmap_table *table, uint32_t cpu,
				   uint64_t lost);

/*
 * Appends those of the rows that the filter lets through, after begin. There
 * must be room. RINGMAP_E_NOMEM: none was appended.
 */
enum ringmap_status rm_table_take(struct ringmap_table *table,
				  const struct rm_record_list *rows);

/* ringmap_table_append() where rm_table_room() has been asked. */
enum ringmap_status rm_table_append(struct ringmap_table *table,
				    struct ringmap_page *page);

/* The columns of @rows more rows are filled, or, not @good, none is. */
enum ringmap_status rm_table_commit_rows(struct ringmap_table *table,
					 size_t rows, bool good);

/* Adds the table's counters to @sum. Threads: any. */
void rm_table_add_stats(const struct ringmap_table *table,
			struct ringmap_table_stats *sum);

/* table_fused.c: walks a page in one loop if that can be done; else false. */
void rm_table_plan_fused(struct ringmap_table *table);
void rm_table_aim_fused(struct ringmap_table *table);
bool rm_table_fused(struct ringmap_table *table, struct ringmap_page *page,
		    enum ringmap_status *status);

/* Gathers column @i; false: no memory. */
bool rm_table_gather(struct ringmap_table *table, size_t i,
		     const struct rm_record_list *rows);

/* carry.c */

/* Whether any CPU has a loss that no row has told yet: mostly not. */
static inline bool rm_loss_pending(const struct rm_plan *plan)
{
	/* Relaxed: whoever set ours was this thread, or gave us the ring. */
	return __atomic_load_n(&plan->nr_pending, __ATOMIC_RELAXED);
}

/* Rows that were just gathered, behind the table's, get their loss marks. */
void rm_table_store_losses(struct ringmap_table *table,
			   const struct rm_record_list *rows);

/* What no row has told yet of @cpu's losses. */
uint64_t rm_pending_loss_get(struct rm_plan *plan, uint32_t cpu);

/* False: no memory, and the loss would be forgotten. */
bool rm_pending_loss_set(struct rm_plan *plan, uint32_t cpu, uint64_t lost);

#endif
