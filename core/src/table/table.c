/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * table.c - rows into the columns of a batch, and back out again
 */
#include "table/table.h"

#include "ring/page.h"

#include <stdlib.h>
#include <string.h>

enum {
	/* Items of one column after which a batch is full: their numbers are
	 * 32 bits, and memory is to be bounded. */
	ITEMS_FULL = 64 << 20,
};

static void count_up(uint64_t *counter, uint64_t more)
{
	/* One writer; relaxed: a sum that orders nothing. */
	if (more)
		__atomic_store_n(counter, *counter + more, __ATOMIC_RELAXED);
}

/* ---- batches --------------------------------------------------------------- */

/* A new batch's codes are from the dictionaries of now. */
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

/* ---- rows ------------------------------------------------------------------ */

enum ringmap_status rm_table_begin(struct ringmap_table *table, uint32_t cpu,
				   uint64_t lost)
{
	struct rm_mark *mark = &table->mark;
	uint64_t before =
		rm_carry_any(table->plan) ? rm_carry_get(table->plan, cpu) : 0;

	mark->set = true;
	mark->rows = table->rows;
	mark->cpu = cpu;
	mark->lost = before;
	for (size_t i = 0; table->plan->varies && i < table->plan->count; i++)
		mark->items[i] = table->batch->stores[i].nr_items;
	if (!lost || table->plan->lost_column == SIZE_MAX)
		return RINGMAP_OK;
	if (__builtin_add_overflow(before, lost, &lost))
		lost = RINGMAP_LOST_UNKNOWN;
	return rm_carry_set(table->plan, cpu, lost) ? RINGMAP_OK
						    : RINGMAP_E_NOMEM;
}

bool rm_table_gather(struct ringmap_table *table, size_t i,
		     const struct rm_rows *rows)
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
	bool good = rm_gather(&g, rows);

	count_up(&table->stats.broken, g.broken);
	count_up(&table->stats.escaped, g.escaped);
	return good;
}

/* From @end rows back to where the mark was set. */
static void cut(struct ringmap_table *t, size_t end)
{
	for (size_t i = 0; i < t->plan->count; i++)
		rm_store_cut(&t->batch->stores[i], t->mark.rows, end,
			     t->mark.items[i]);
	t->rows = t->mark.rows;
}

enum ringmap_status rm_table_took(struct ringmap_table *table, size_t rows,
				  bool good)
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

static bool all_whole(const struct rm_rows *rows, uint32_t min_size)
{
	bool whole = true;

	for (size_t i = 0; i < rows->count; i++)
		whole &= rows->size[i] >= min_size;
	return whole;
}

enum ringmap_status rm_table_take(struct ringmap_table *table,
				  const struct rm_rows *rows)
{
	const struct rm_plan *plan = table->plan;
	struct rm_rows chosen = *rows;
	bool good = true;

	if (!rm_filter_passes_rows(&plan->filter, rows)) {
		if (!rm_filter(&plan->filter, rows, &table->chosen))
			return RINGMAP_E_NOMEM;
		chosen = table->chosen;
	}
	if (!chosen.count)
		return rm_table_took(table, 0, true);
	chosen.whole = all_whole(&chosen, plan->min_size);
	for (size_t i = 0; good && i < plan->count; i++)
		good = rm_table_gather(table, i, &chosen);
	if (good)
		rm_table_place_losses(table, &chosen);
	return rm_table_took(table, chosen.count, good);
}

enum ringmap_status ringmap_table_undo(struct ringmap_table *table)
{
	if (!table->mark.set)
		return RINGMAP_E_STALE;
	size_t rows = table->rows - table->mark.rows;

	cut(table, table->rows);
	table->mark.set = false;
	/* Sums wrap around: what is added is the negative number. */
	count_up(&table->stats.rows, -(uint64_t)rows);
	count_up(&table->stats.undone, rows);
	rm_carry_set(table->plan, table->mark.cpu, table->mark.lost);
	return RINGMAP_OK;
}

/* ---- pages ------------------------------------------------------------------ */

/* The way for every table: first all records, then column by column. */
static enum ringmap_status append_picked(struct ringmap_table *t,
					 struct ringmap_page *page)
{
	const struct rm_place before = rm_place_of(page);

	rm_picker_begin(&t->picker, page->flags & RINGMAP_PAGE_BIG_ENDIAN,
			page->cpu);
	enum ringmap_status walked = rm_picker_walk(&t->picker, page);
	if (walked == RINGMAP_E_NOMEM)
		return walked;
	rm_picker_adjust(&t->picker);
	enum ringmap_status s = rm_table_take(t, &t->picker.slots[0]);
	if (s == RINGMAP_OK)
		return walked;
	rm_place_back(page, &before);
	return s;
}

enum ringmap_status rm_table_append(struct ringmap_table *table,
				    struct ringmap_page *page)
{
	/* A page that was begun has told its loss already. */
	enum ringmap_status s =
		rm_table_begin(table, page->cpu, page->events ? 0 : page->lost);

	if (s == RINGMAP_OK && !rm_filter_cpu(&table->plan->filter, page->cpu))
		return rm_page_finish(page);
	if (s == RINGMAP_OK && !rm_table_fused(table, page, &s))
		s = append_picked(table, page);
	if (s == RINGMAP_E_NOMEM)
		rm_carry_set(table->plan, table->mark.cpu, table->mark.lost);
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

	/* Relaxed: counts of a table at work, as they were some time lately. */
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

	if (!ret || sz < sizeof(uint64_t))
		return RINGMAP_E_INVAL;
	rm_table_add_stats(table, &stats);
	memset(ret, 0, sz);
	memcpy(ret, &stats, sz < sizeof(stats) ? sz : sizeof(stats));
	return RINGMAP_OK;
}
