/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * table_life.c - a table's beginning and end, and those of what clones share
 */
#include "table/table.h"

#include <stdlib.h>

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
	/* Release our uses; acquire those of who let go before. */
	if (!plan || __atomic_sub_fetch(&plan->refs, 1, __ATOMIC_ACQ_REL))
		return;
	free_columns(plan);
	ringmap_schema_unref(plan->schema);
	free(plan->filter.pids);
	free(plan->filter.cpus);
	free(plan->carries);
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
	rm_rows_free(&t->chosen);
	rm_picker_deinit(&t->picker);
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
	    rm_picker_init(&t->picker, 1) != RINGMAP_OK) {
		free_table(t);
		return NULL;
	}
	rm_picker_slot(&t->picker, plan->event);
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
	/* As in rm_plan_unref(). */
	if (table && !__atomic_sub_fetch(&table->refs, 1, __ATOMIC_ACQ_REL))
		free_table(table);
}
