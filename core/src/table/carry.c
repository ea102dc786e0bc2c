/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * carry.c - losses on their way to the next row of their CPU
 *
 * Most rings lose nothing: then the list is empty and nobody takes the lock.
 * A CPU's carry is touched only by the thread that has its ring.
 */
#define _GNU_SOURCE
#include "table/table.h"

#include <stdlib.h>

static struct rm_carry *find(const struct rm_plan *plan, uint32_t cpu)
{
	for (size_t i = 0; i < plan->nr_carries; i++)
		if (plan->carries[i].cpu == cpu)
			return &plan->carries[i];
	return NULL;
}

uint64_t rm_carry_get(struct rm_plan *plan, uint32_t cpu)
{
	pthread_mutex_lock(&plan->lock);
	const struct rm_carry *carry = find(plan, cpu);
	uint64_t lost = carry ? carry->lost : 0;
	pthread_mutex_unlock(&plan->lock);
	return lost;
}

static bool set(struct rm_plan *plan, uint32_t cpu, uint64_t lost)
{
	struct rm_carry *carry = find(plan, cpu);
	size_t count = plan->nr_carries;

	if (carry && lost) {
		carry->lost = lost;
	} else if (carry) {
		*carry = plan->carries[count - 1];
		__atomic_store_n(&plan->nr_carries, count - 1,
				 __ATOMIC_RELAXED);
	} else if (lost) {
		carry = reallocarray(plan->carries, count + 1, sizeof(*carry));
		if (!carry)
			return false;
		carry[count] = (struct rm_carry){cpu, lost};
		plan->carries = carry;
		__atomic_store_n(&plan->nr_carries, count + 1,
				 __ATOMIC_RELAXED);
	}
	return true;
}

bool rm_carry_set(struct rm_plan *plan, uint32_t cpu, uint64_t lost)
{
	if (!lost && !rm_carry_any(plan))
		return true;
	pthread_mutex_lock(&plan->lock);
	bool done = set(plan, cpu, lost);
	pthread_mutex_unlock(&plan->lock);
	return done;
}

/* The first of the rows that is of @cpu; count if none is. */
static size_t first_of(const struct rm_rows *rows, uint32_t cpu)
{
	size_t i = 0;

	if (!rows->cpus)
		return rows->cpu == cpu ? 0 : rows->count;
	while (i < rows->count && rows->cpus[i] != cpu)
		i++;
	return i;
}

static void place(struct ringmap_table *t, size_t row, uint64_t lost)
{
	struct rm_store *store = &t->batch->stores[t->plan->lost_column];

	if (lost == RINGMAP_LOST_UNKNOWN)
		rm_store_null(store, row, t->batch->room);
	else
		((uint64_t *)store->data)[row] = lost;
}

void rm_table_place_losses(struct ringmap_table *table,
			   const struct rm_rows *rows)
{
	struct rm_plan *plan = table->plan;

	if (!rows->count || !rm_carry_any(plan))
		return;
	pthread_mutex_lock(&plan->lock);
	for (size_t i = plan->nr_carries; i-- > 0;) {
		const struct rm_carry carry = plan->carries[i];
		size_t row = first_of(rows, carry.cpu);

		if (row == rows->count)
			continue;
		place(table, table->rows + row, carry.lost);
		set(plan, carry.cpu, 0);
	}
	pthread_mutex_unlock(&plan->lock);
}
