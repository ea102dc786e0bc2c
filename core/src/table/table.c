/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * table.c - appends rows to a batch, and removes them if they must be undone
 *
 * A page goes into a table in one of two ways. The fused loop walks the page
 * and stores the numbers at fixed offsets in the same pass; the columns that it
 * cannot fill are gathered afterwards from the list of records that it leaves.
 * Otherwise the wanted records are listed first and then gathered column by
 * column.
 */
#define _GNU_SOURCE
#include "table/table.h"

#include "base/count.h"
#include "base/opts.h"
#include "ring/page.h"

#include <stdlib.h>

/* ---- life ---------------------------------------------------------------- */

static void free_columns(struct rm_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->dicts)
			rm_dict_unref(plan->dicts[i]);
		free(plan->columns[i].name);
	}
	free(plan->dicts);
	free(plan->columns);
}

void rm_plan_unref(struct rm_plan *plan)
{
	/* Acquire and release: other threads' uses happen before the free. */
	if (!plan || __atomic_sub_fetch(&plan->refs, 1, __ATOMIC_ACQ_REL))
		return;
	free_columns(plan);
	ringmap_schema_unref(plan->schema);
	free(plan->filter.pids);
	free(plan->filter.cpus);
	free(plan->pending_losses);
	pthread_mutex_destroy(&plan->lock);
	free(plan);
}

static void free_table(struct ringmap_table *t)
{
	for (size_t i = 0; i < t->plan->count; i++) {
		if (t->dicts)
			rm_dict_unref(t->dicts[i]);
		if (t->memos)
			free(t->memos[i]);
	}
	free(t->dicts);
	free(t->memos);
	free(t->fused_at);
	free(t->mark.items);
	rm_record_list_free(&t->chosen);
	rm_record_lists_deinit(&t->lists);
	if (t->batch)
		rm_batch_unref(t->batch);
	if (t->pool)
		rm_pool_unref(t->pool);
	rm_plan_unref(t->plan);
	free(t);
}

static bool make_memos(struct ringmap_table *t)
{
	for (size_t i = 0; i < t->plan->count; i++) {
		if (!t->plan->dicts[i])
			continue;
		t->memos[i] = malloc(sizeof(*t->memos[i]));
		if (!t->memos[i])
			return false;
	}
	return true;
}

struct ringmap_table *rm_table_new(struct rm_plan *plan)
{
	struct ringmap_table *t = calloc(1, sizeof(*t));

	if (!t) {
		rm_plan_unref(plan);
		return NULL;
	}
	t->refs = 1;
	t->plan = plan;
	t->dicts = calloc(plan->count, sizeof(struct rm_dict *));
	t->memos = calloc(plan->count, sizeof(struct rm_memo *));
	t->fused_at = calloc(plan->count, sizeof(bool));
	t->mark.items = calloc(plan->count, sizeof(size_t));
	t->pool = rm_pool_new(plan->columns, plan->count, plan->room,
			      plan->fill_pages);
	if (!t->dicts || !t->memos || !t->fused_at || !t->mark.items ||
	    !t->pool || !make_memos(t) ||
	    rm_record_lists_init(&t->lists, 1) != RINGMAP_OK) {
		free_table(t);
		return NULL;
	}
	rm_record_lists_slot(&t->lists, plan->event);
	rm_table_plan_fused(t);
	return t;
}

struct ringmap_table *ringmap_table_ref(struct ringmap_table *table)
{
	__atomic_fetch_add(&table->refs, 1, __ATOMIC_RELAXED);
	return table;
}

void ringmap_table_unref(struct ringmap_table *table)
{
	/* Acquire and release, for the reason in rm_plan_unref(). */
	if (table && !__atomic_sub_fetch(&table->refs, 1, __ATOMIC_ACQ_REL))
		free_table(table);
}

/* ---- losses that no row has reported yet --------------------------------- */

static struct rm_pending_loss *find(const struct rm_plan *plan, uint32_t cpu)
{
	for (size_t i = 0; i < plan->nr_pending; i++)
		if (plan->pending_losses[i].cpu == cpu)
			return &plan->pending_losses[i];
	return NULL;
}

uint64_t rm_pending_loss_get(struct rm_plan *plan, uint32_t cpu)
{
	pthread_mutex_lock(&plan->lock);
	const struct rm_pending_loss *loss = find(plan, cpu);
	uint64_t lost = loss ? loss->lost : 0;
	pthread_mutex_unlock(&plan->lock);
	return lost;
}

/*
 * Sets @cpu's pending loss under the lock. The stores to nr_pending pair with
 * rm_loss_pending(), which reads it without the lock.
 */
static bool set(struct rm_plan *plan, uint32_t cpu, uint64_t lost)
{
	struct rm_pending_loss *loss = find(plan, cpu);
	size_t count = plan->nr_pending;

	if (loss && lost) {
		loss->lost = lost;
	} else if (loss) {
		*loss = plan->pending_losses[count - 1];
		__atomic_store_n(&plan->nr_pending, count - 1,
				 __ATOMIC_RELAXED);
	} else if (lost) {
		loss = reallocarray(plan->pending_losses, count + 1,
				    sizeof(*loss));
		if (!loss)
			return false;
		loss[count] = (struct rm_pending_loss){cpu, lost};
		plan->pending_losses = loss;
		__atomic_store_n(&plan->nr_pending, count + 1,
				 __ATOMIC_RELAXED);
	}
	return true;
}

bool rm_pending_loss_set(struct rm_plan *plan, uint32_t cpu, uint64_t lost)
{
	if (!lost && !rm_loss_pending(plan))
		return true;
	pthread_mutex_lock(&plan->lock);
	bool done = set(plan, cpu, lost);
	pthread_mutex_unlock(&plan->lock);
	return done;
}

/* Returns the index of the first record of @cpu; count if there is none. */
static size_t first_of(const struct rm_record_list *records, uint32_t cpu)
{
	size_t i = 0;

	if (!records->cpus)
		return records->cpu == cpu ? 0 : records->count;
	while (i < records->count && records->cpus[i] != cpu)
		i++;
	return i;
}

static void store_loss(struct ringmap_table *t, size_t row, uint64_t lost)
{
	struct rm_store *store = &t->batch->stores[t->plan->lost_column];

	if (lost == RINGMAP_LOST_UNKNOWN)
		rm_store_null(store, row, t->batch->room);
	else
		((uint64_t *)store->data)[row] = lost;
}

void rm_table_store_losses(struct ringmap_table *table,
			   const struct rm_record_list *records)
{
	struct rm_plan *plan = table->plan;

	if (!records->count || !rm_loss_pending(plan))
		return;
	pthread_mutex_lock(&plan->lock);
	for (size_t i = plan->nr_pending; i-- > 0;) {
		const struct rm_pending_loss loss = plan->pending_losses[i];
		size_t row = first_of(records, loss.cpu);

		if (row == records->count)
			continue;
		store_loss(table, table->rows + row, loss.lost);
		set(plan, loss.cpu, 0);
	}
	pthread_mutex_unlock(&plan->lock);
}

enum {
	/* A batch is full if one column has so many items: offsets have 32
	 * bits, and memory must be bounded. */
	ITEMS_FULL = 64 << 20,
};

static void count_up(uint64_t *counter, uint64_t more)
{
	/* Pairs with rm_table_add_stats(). Relaxed: there is one writer, and a
	 * sum orders nothing. */
	if (more)
		__atomic_store_n(counter, *counter + more, __ATOMIC_RELAXED);
}

/* ---- batches ------------------------------------------------------------- */

/*
 * Makes a new batch use the plan's dictionary of column @i, and replaces that
 * first if it is full.
 */
static bool renew_dict(struct ringmap_table *t, size_t i)
{
	struct rm_plan *plan = t->plan;
	bool good = true;

	pthread_mutex_lock(&plan->lock);
	if (rm_dict_full(plan->dicts[i])) {
		struct rm_dict *fresh = rm_dict_new();

		good = fresh;
		if (fresh) {
			rm_dict_unref(plan->dicts[i]);
			plan->dicts[i] = fresh;
		}
	}
	if (t->dicts[i] != plan->dicts[i]) {
		rm_dict_unref(t->dicts[i]);
		t->dicts[i] = rm_dict_ref(plan->dicts[i]);
		rm_memo_clear(t->memos[i]);
	}
	pthread_mutex_unlock(&plan->lock);
	return good;
}

static bool begin_batch(struct ringmap_table *t, size_t room)
{
	for (size_t i = 0; i < t->plan->count; i++)
		if (t->memos[i] && !renew_dict(t, i))
			return false;
	if (t->batch)
		rm_batch_unref(t->batch);
	t->batch = rm_pool_take(t->pool, room);
	t->rows = 0;
	t->many_items = false;
	t->mark.set = false;
	if (t->batch)
		rm_table_aim_fused(t);
	return t->batch;
}

static bool many_items(const struct ringmap_table *t)
{
	for (size_t i = 0; i < t->plan->count; i++)
		if (t->batch->stores[i].nr_items >= ITEMS_FULL)
			return true;
	return false;
}

bool rm_table_full(const struct ringmap_table *table)
{
	return table->batch && table->rows &&
	       (table->rows >= table->plan->batch_rows || table->many_items);
}

enum ringmap_status rm_table_room(struct ringmap_table *table, size_t rows)
{
	if (table->batch && table->rows) {
		bool fits = rows <= table->batch->room - table->rows;

		return fits && !rm_table_full(table) ? RINGMAP_OK
						     : RINGMAP_E_BUSY;
	}
	if (table->batch && rows <= table->batch->room)
		return RINGMAP_OK;
	return begin_batch(table, rows) ? RINGMAP_OK : RINGMAP_E_NOMEM;
}

/* ---- rows ---------------------------------------------------------------- */

enum ringmap_status rm_table_begin(struct ringmap_table *table, uint32_t cpu,
				   uint64_t lost)
{
	struct rm_mark *mark = &table->mark;
	uint64_t before = rm_loss_pending(table->plan)
				  ? rm_pending_loss_get(table->plan, cpu)
				  : 0;

	mark->set = true;
	mark->rows = table->rows;
	mark->cpu = cpu;
	mark->lost = before;
	for (size_t i = 0; table->plan->varies && i < table->plan->count; i++)
		mark->items[i] = table->batch->stores[i].nr_items;
	if (!lost || table->plan->lost_column == SIZE_MAX)
		return RINGMAP_OK;
	lost = rm_count_add(before, lost);
	return rm_pending_loss_set(table->plan, cpu, lost) ? RINGMAP_OK
							   : RINGMAP_E_NOMEM;
}

bool rm_table_gather(struct ringmap_table *table, size_t i,
		     const struct rm_record_list *records)
{
	struct rm_gather g = {
		.column = &table->plan->columns[i],
		.store = &table->batch->stores[i],
		.dict = table->dicts[i],
		.memo = table->memos[i],
		.names = &table->plan->names,
		.at = table->rows,
		.room = table->batch->room,
	};
	bool good = rm_gather(&g, records);

	count_up(&table->stats.broken, g.broken);
	count_up(&table->stats.escaped, g.escaped);
	return good;
}

/* Removes the rows from the mark to @end. */
static void cut(struct ringmap_table *t, size_t end)
{
	for (size_t i = 0; i < t->plan->count; i++)
		rm_store_cut(&t->batch->stores[i], t->mark.rows, end,
			     t->mark.items[i]);
	t->rows = t->mark.rows;
}

enum ringmap_status rm_table_commit_rows(struct ringmap_table *table,
					 size_t rows, bool good)
{
	if (!good) {
		cut(table, table->rows + rows);
		return RINGMAP_E_NOMEM;
	}
	table->rows += rows;
	table->many_items = table->plan->varies && many_items(table);
	count_up(&table->stats.rows, rows);
	return RINGMAP_OK;
}

static bool all_whole(const struct rm_record_list *records, uint32_t min_size)
{
	bool whole = true;

	for (size_t i = 0; i < records->count; i++)
		whole &= records->size[i] >= min_size;
	return whole;
}

enum ringmap_status rm_table_take(struct ringmap_table *table,
				  const struct rm_record_list *records)
{
	const struct rm_plan *plan = table->plan;
	struct rm_record_list chosen = *records;
	bool good = true;

	if (!rm_filter_passes_all(&plan->filter, records)) {
		if (!rm_filter(&plan->filter, records, &table->chosen))
			return RINGMAP_E_NOMEM;
		chosen = table->chosen;
	}
	if (!chosen.count)
		return rm_table_commit_rows(table, 0, true);
	chosen.whole = all_whole(&chosen, plan->min_size);
	for (size_t i = 0; good && i < plan->count; i++)
		good = rm_table_gather(table, i, &chosen);
	if (good)
		rm_table_store_losses(table, &chosen);
	return rm_table_commit_rows(table, chosen.count, good);
}

enum ringmap_status ringmap_table_undo(struct ringmap_table *table)
{
	if (!table->mark.set)
		return RINGMAP_E_STALE;
	size_t rows = table->rows - table->mark.rows;

	cut(table, table->rows);
	table->mark.set = false;
	/* Unsigned sums wrap around, so this subtracts rows. */
	count_up(&table->stats.rows, -(uint64_t)rows);
	count_up(&table->stats.undone, rows);
	rm_pending_loss_set(table->plan, table->mark.cpu, table->mark.lost);
	return RINGMAP_OK;
}

/* ---- pages --------------------------------------------------------------- */

/* Works for every table: lists the records, then gathers each column. */
static enum ringmap_status append_listed(struct ringmap_table *t,
					 struct ringmap_page *page)
{
	const struct rm_page_pos before = rm_page_pos_of(page);

	rm_record_lists_begin(&t->lists, page->flags & RINGMAP_PAGE_BIG_ENDIAN,
			      page->cpu);
	enum ringmap_status walked = rm_record_lists_walk(&t->lists, page);
	if (walked == RINGMAP_E_NOMEM)
		return walked;
	rm_record_lists_adjust(&t->lists);
	enum ringmap_status s = rm_table_take(t, &t->lists.slots[0]);
	if (s == RINGMAP_OK)
		return walked;
	rm_page_pos_restore(page, &before);
	return s;
}

enum ringmap_status rm_table_append(struct ringmap_table *table,
				    struct ringmap_page *page)
{
	/* A page that was walked in part has reported its loss already. */
	enum ringmap_status s =
		rm_table_begin(table, page->cpu, page->events ? 0 : page->lost);

	if (s == RINGMAP_OK && !rm_filter_cpu(&table->plan->filter, page->cpu))
		return rm_page_finish(page);
	if (s == RINGMAP_OK && !rm_table_fused(table, page, &s))
		s = append_listed(table, page);
	if (s == RINGMAP_E_NOMEM)
		rm_pending_loss_set(table->plan, table->mark.cpu,
				    table->mark.lost);
	return s;
}

enum ringmap_status ringmap_table_append(struct ringmap_table *table,
					 struct ringmap_page *page)
{
	enum ringmap_status s = rm_table_room(table, rm_events_at_most(page));

	return s == RINGMAP_OK ? rm_table_append(table, page) : s;
}

size_t ringmap_table_rows(const struct ringmap_table *table)
{
	return table->rows;
}

void rm_table_add_stats(const struct ringmap_table *table,
			struct ringmap_table_stats *sum)
{
	const struct ringmap_table_stats *s = &table->stats;

	/* Relaxed: the table may be at work, so these are recent counts. Pairs
	 * with count_up(). */
	sum->rows += __atomic_load_n(&s->rows, __ATOMIC_RELAXED);
	sum->undone += __atomic_load_n(&s->undone, __ATOMIC_RELAXED);
	sum->broken += __atomic_load_n(&s->broken, __ATOMIC_RELAXED);
	sum->escaped += __atomic_load_n(&s->escaped, __ATOMIC_RELAXED);
}

enum ringmap_status ringmap_table_stats(const struct ringmap_table *table,
					struct ringmap_table_stats *ret,
					size_t sz)
{
	struct ringmap_table_stats stats = {.rows = 0};

	if (!table || !ret || sz < sizeof(uint64_t))
		return RINGMAP_E_INVAL;
	rm_table_add_stats(table, &stats);
	rm_give(ret, sz, &stats, sizeof(stats));
	return RINGMAP_OK;
}

/* ---- the fused loop ------------------------------------------------------ */

static bool fits(const struct rm_column *c)
{
	return c->what == RM_COLUMN_NUMBER && c->place.size >= 4;
}

/*
 * Returns true if gathering the column reads the records. The fused loop lists
 * them only for the sake of such columns that it does not fill itself.
 */
static bool needs_records(const struct rm_column *c)
{
	return c->what > RM_COLUMN_LOST || c->what == RM_COLUMN_EVENT;
}

void rm_table_plan_fused(struct ringmap_table *table)
{
	const struct rm_plan *plan = table->plan;
	size_t taken = 0;

	table->can_fuse = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ &&
			  plan->event != RM_EVERY_EVENT &&
			  !plan->filter.by_pid && !plan->filter.by_begin &&
			  !plan->filter.by_end &&
			  rm_stamps_plain(&table->lists.stamps);
	table->any_rest = false;
	table->first_rest = plan->count;
	for (size_t i = 0; i < plan->count; i++) {
		const struct rm_column *c = &plan->columns[i];

		table->fused_at[i] = taken < RM_FUSED_MAX && fits(c);
		taken += table->fused_at[i];
		if (table->fused_at[i] || i == plan->ts_column)
			continue;
		table->any_rest |= needs_records(c);
		if (table->first_rest > i)
			table->first_rest = i;
	}
}

void rm_table_aim_fused(struct ringmap_table *table)
{
	const struct rm_plan *plan = table->plan;
	const struct rm_store *stores = table->batch->stores;
	struct rm_fused *f = &table->fused;

	*f = (struct rm_fused){
		.ts = (uint64_t *)stores[plan->ts_column].data,
		.min_size = plan->min_size,
		.id = (uint16_t)plan->event,
	};
	for (size_t i = 0; i < plan->count; i++) {
		struct rm_fused_column to = {plan->columns[i].place.offset,
					     stores[i].data};

		if (!table->fused_at[i])
			continue;
		if (plan->columns[i].place.size == 8)
			f->wide[f->nr_wide++] = to;
		else
			f->narrow[f->nr_narrow++] = to;
	}
}

static enum ringmap_status
take_rest(struct ringmap_table *t, struct rm_record_list *records, uint32_t cpu)
{
	bool good = true;

	records->cpu = cpu;
	records->big_endian = false;
	records->whole = true;
	records->count = t->fused.count;
	for (size_t i = t->first_rest; good && i < t->plan->count; i++)
		if (!t->fused_at[i] && i != t->plan->ts_column)
			good = rm_table_gather(t, i, records);
	if (good)
		rm_table_store_losses(t, records);
	return rm_table_commit_rows(t, records->count, good);
}

bool rm_table_fused(struct ringmap_table *table, struct ringmap_page *page,
		    enum ringmap_status *status)
{
	struct rm_record_list *records = &table->lists.slots[0];

	if (!table->can_fuse || page->flags & RINGMAP_PAGE_BIG_ENDIAN)
		return false;
	if (table->any_rest &&
	    !rm_record_list_grow(records, rm_events_at_most(page), false)) {
		*status = RINGMAP_E_NOMEM;
		return true;
	}
	const struct rm_page_pos before = rm_page_pos_of(page);
	struct rm_fused *f = &table->fused;
	f->begin = table->rows;
	f->record = table->any_rest ? records->record : NULL;
	f->size = records->size;
	if (!rm_fused_walk(f, page, status))
		return false;
	if (table->first_rest == table->plan->count &&
	    !rm_loss_pending(table->plan)) {
		rm_table_commit_rows(table, f->count, true);
	} else if (take_rest(table, records, page->cpu) != RINGMAP_OK) {
		rm_page_pos_restore(page, &before);
		*status = RINGMAP_E_NOMEM;
	}
	return true;
}
