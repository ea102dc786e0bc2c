/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * table_fused.c - which columns the fused loop takes, and the rest
 */
#include "ring/page.h"
#include "table/table.h"

static bool fits(const struct rm_column *c)
{
	return c->what == RM_COLUMN_NUMBER && c->size >= 4;
}

/* What the fused loop leaves costs a loop of its own; what it takes does not
 * need the records afterwards. */
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
			  !plan->filter.by_pid && !plan->filter.from &&
			  !plan->filter.to &&
			  rm_stamps_plain(&table->picker.stamps);
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

/* Where the loop's values go: the batch's memory, until the next batch. */
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
		struct rm_fused_column to = {plan->columns[i].offset,
					     stores[i].data};

		if (!table->fused_at[i])
			continue;
		if (plan->columns[i].size == 8)
			f->wide[f->nr_wide++] = to;
		else
			f->narrow[f->nr_narrow++] = to;
	}
}

static enum ringmap_status take_rest(struct ringmap_table *t,
				     struct rm_rows *rows, uint32_t cpu)
{
	bool good = true;

	rows->cpu = cpu;
	rows->big_endian = false;
	rows->whole = true;
	rows->count = t->fused.count;
	for (size_t i = t->first_rest; good && i < t->plan->count; i++)
		if (!t->fused_at[i] && i != t->plan->ts_column)
			good = rm_table_gather(t, i, rows);
	if (good)
		rm_table_place_losses(t, rows);
	return rm_table_took(t, rows->count, good);
}

bool rm_table_fused(struct ringmap_table *table, struct ringmap_page *page,
		    enum ringmap_status *status)
{
	struct rm_rows *rows = &table->picker.slots[0];

	if (!table->can_fuse || page->flags & RINGMAP_PAGE_BIG_ENDIAN)
		return false;
	if (table->any_rest &&
	    !rm_rows_grow(rows, rm_events_at_most(page), false)) {
		*status = RINGMAP_E_NOMEM;
		return true;
	}
	const struct rm_place before = rm_place_of(page);
	struct rm_fused *f = &table->fused;
	f->begin = table->rows;
	f->record = table->any_rest ? rows->record : NULL;
	f->size = rows->size;
	if (!rm_fused_walk(f, page, status))
		return false;
	if (table->first_rest == table->plan->count &&
	    !rm_carry_any(table->plan)) {
		rm_table_took(table, f->count, true);
	} else if (take_rest(table, rows, page->cpu) != RINGMAP_OK) {
		rm_place_back(page, &before);
		*status = RINGMAP_E_NOMEM;
	}
	return true;
}
