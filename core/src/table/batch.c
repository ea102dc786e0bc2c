/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * batch.c - memory of batches, reused after their release
 *
 * Fresh memory costs more than decoding: a page fault for every 4 KiB. So
 * batches lie in regions of huge pages if the kernel has any, several in one
 * region, and the memory that the user releases is filled again. Room for rows
 * that never come is never touched.
 */
#define _GNU_SOURCE
#include "table/batch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	ALIGNMENT = 64, /* recommended by Arrow */
	SLACK = 8,      /* a gather may store 8 bytes instead of fewer */
	HUGE_PAGE = 2 << 20,
	/* Spare batches of a pool; more are freed. */
	SPARE = 4,
	/* Bytes of items that each column of a spare batch keeps. */
	SPARE_ITEMS = 1 << 20,
};

/* The memory of one or more batches; these and the pool have references. */
struct rm_region {
	uint32_t refs;
	uint8_t *mem;
	size_t size;
	size_t used;
};

struct rm_pool {
	pthread_mutex_t lock; /* guards spare and nr_spare */
	struct rm_batch *spare;
	uint32_t nr_spare;
	uint32_t refs;
	struct rm_region *region; /* for more batches; NULL: none */
	size_t count;
	size_t room;
	struct {
		uint32_t width; /* 0: bits */
		uint32_t per_row;
		bool varies;
	} shape[];
};

struct rm_pool *rm_pool_ref(struct rm_pool *pool)
{
	__atomic_fetch_add(&pool->refs, 1, __ATOMIC_RELAXED);
	return pool;
}

static void unref_region(struct rm_region *region)
{
	/* Acquire and release: other threads' uses happen before the free. */
	if (!region || __atomic_sub_fetch(&region->refs, 1, __ATOMIC_ACQ_REL))
		return;
	munmap(region->mem, region->size);
	free(region);
}

static void free_batch(struct rm_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		free(batch->stores[i].items);
	unref_region(batch->region);
	free(batch);
}

void rm_pool_unref(struct rm_pool *pool)
{
	/* Acquire and release: other threads' uses happen before the free. */
	if (__atomic_sub_fetch(&pool->refs, 1, __ATOMIC_ACQ_REL))
		return;
	while (pool->spare) {
		struct rm_batch *batch = pool->spare;

		pool->spare = batch->next;
		free_batch(batch);
	}
	unref_region(pool->region);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

/* Takes @size bytes of the region, or only counts them if it is NULL. */
static void *carve(uint8_t *region, size_t *used, size_t size)
{
	void *ret = region ? region + *used : NULL;

	*used += (size + SLACK + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	return ret;
}

/* Lays out the stores in @region; returns the bytes that they take. */
static size_t lay_out(struct rm_batch *batch, const struct rm_pool *pool,
		      uint8_t *region)
{
	size_t used = 0;

	for (size_t i = 0; i < pool->count; i++) {
		struct rm_store *s = &batch->stores[i];
		size_t width = pool->shape[i].width;

		s->per_row = pool->shape[i].per_row;
		if (pool->shape[i].varies)
			s->offsets = carve(region, &used,
					   (batch->room * s->per_row + 1) * 4);
		else
			s->data = carve(region, &used,
					width ? batch->room * width
					      : batch->room / 8 + 1);
	}
	/* Validity bits are rarely touched, so they are not between values. */
	for (size_t i = 0; i < pool->count; i++)
		batch->stores[i].validity =
			carve(region, &used,
			      batch->room * batch->stores[i].per_row / 8 + 1);
	return used;
}

static size_t round_up(size_t size, size_t unit)
{
	return (size + unit - 1) & ~(unit - 1);
}

/* Makes batches use whole huge pages, which the kernel zeroes in any case. */
static bool fill_huge_pages(struct rm_pool *pool)
{
	struct rm_batch *shape = calloc(
		1, sizeof(*shape) + pool->count * sizeof(*shape->stores));

	if (!shape)
		return false;
	shape->room = pool->room;
	size_t size = lay_out(shape, pool, NULL);
	size_t share = size <= HUGE_PAGE ? HUGE_PAGE / (HUGE_PAGE / size)
					 : round_up(size, HUGE_PAGE);
	/* A 64th is left for the alignment of the stores. */
	pool->room = pool->room * (share - share / 64) / size;
	free(shape);
	return true;
}

struct rm_pool *rm_pool_new(const struct rm_column *columns, size_t count,
			    size_t room, bool more)
{
	struct rm_pool *pool =
		calloc(1, sizeof(*pool) + count * sizeof(*pool->shape));

	if (!pool)
		return NULL;
	pthread_mutex_init(&pool->lock, NULL);
	pool->refs = 1;
	pool->count = count;
	pool->room = room;
	for (size_t i = 0; i < count; i++) {
		pool->shape[i].width = rm_column_width(&columns[i]);
		pool->shape[i].per_row = rm_column_per_row(&columns[i]);
		pool->shape[i].varies = rm_column_varies(&columns[i]);
	}
	if (!more || fill_huge_pages(pool))
		return pool;
	rm_pool_unref(pool);
	return NULL;
}

static bool map_region(struct rm_region *region, size_t size)
{
	/* A huge page is aligned to its size: map one more, trim the ends. */
	bool huge = size >= HUGE_PAGE / 4;
	size_t all = huge ? round_up(size, HUGE_PAGE) + HUGE_PAGE : size;
	uint8_t *mem = mmap(NULL, all, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (mem == MAP_FAILED)
		return false;
	if (huge) {
		size_t head = -(uintptr_t)mem & (HUGE_PAGE - 1);
		size_t keep = round_up(size, HUGE_PAGE);

		if (head)
			munmap(mem, head);
		if (all - head > keep)
			munmap(mem + head + keep, all - head - keep);
		mem += head;
		all = keep;
		/* Fails if huge pages are disabled: slower, but correct. */
		madvise(mem, all, MADV_HUGEPAGE);
	}
	region->mem = mem;
	region->size = all;
	return true;
}

/* Returns the pool's region if it has @size bytes left, else a new one. */
static struct rm_region *region_for(struct rm_pool *pool, size_t size)
{
	struct rm_region *region = pool->region;

	if (region && size <= region->size - region->used)
		return region;
	region = calloc(1, sizeof(*region));
	if (!region || !map_region(region, size)) {
		free(region);
		return NULL;
	}
	region->refs = 1;
	unref_region(pool->region);
	pool->region = region;
	return region;
}

static struct rm_batch *new_batch(struct rm_pool *pool, size_t room)
{
	struct rm_batch *batch = calloc(
		1, sizeof(*batch) + pool->count * sizeof(*batch->stores));

	if (!batch)
		return NULL;
	batch->count = pool->count;
	batch->room = room;
	size_t size = lay_out(batch, pool, NULL);
	batch->region = region_for(pool, size);
	if (!batch->region) {
		free(batch);
		return NULL;
	}
	__atomic_fetch_add(&batch->region->refs, 1, __ATOMIC_RELAXED);
	lay_out(batch, pool, batch->region->mem + batch->region->used);
	batch->region->used += size;
	return batch;
}

struct rm_batch *rm_pool_take(struct rm_pool *pool, size_t room)
{
	struct rm_batch *batch = NULL;

	pthread_mutex_lock(&pool->lock);
	if (room > pool->room)
		pool->room = room;
	else
		room = pool->room;
	if (pool->spare) {
		batch = pool->spare;
		pool->spare = batch->next;
		pool->nr_spare--;
	}
	pthread_mutex_unlock(&pool->lock);
	if (batch && batch->room < room) {
		free_batch(batch);
		batch = NULL;
	}
	if (!batch)
		batch = new_batch(pool, room);
	if (!batch)
		return NULL;
	batch->pool = rm_pool_ref(pool);
	batch->refs = 1;
	for (size_t i = 0; i < batch->count; i++) {
		struct rm_store *s = &batch->stores[i];

		s->nulls = 0;
		s->nr_items = 0;
		if (s->offsets)
			s->offsets[0] = 0;
	}
	return batch;
}

void rm_batch_ref(struct rm_batch *batch)
{
	__atomic_fetch_add(&batch->refs, 1, __ATOMIC_RELAXED);
}

void rm_batch_unref(struct rm_batch *batch)
{
	/* Acquire and release: other threads' reads happen before the reuse. */
	if (__atomic_sub_fetch(&batch->refs, 1, __ATOMIC_ACQ_REL))
		return;
	struct rm_pool *pool = batch->pool;

	for (size_t i = 0; i < batch->count; i++) {
		struct rm_store *s = &batch->stores[i];

		if (s->items_room <= SPARE_ITEMS)
			continue;
		free(s->items);
		s->items = NULL;
		s->items_room = 0;
	}
	pthread_mutex_lock(&pool->lock);
	bool keep = pool->nr_spare < SPARE && batch->room >= pool->room;
	if (keep) {
		batch->next = pool->spare;
		pool->spare = batch;
		pool->nr_spare++;
	}
	pthread_mutex_unlock(&pool->lock);
	if (!keep)
		free_batch(batch);
	rm_pool_unref(pool);
}

bool rm_store_grow(struct rm_store *store, size_t item, size_t more)
{
	size_t need = store->nr_items * item + more + SLACK;

	if (need <= store->items_room)
		return true;
	size_t room = store->items_room ? store->items_room : 4096;
	while (room < need)
		room *= 2;
	uint8_t *items = realloc(store->items, room);
	if (!items)
		return false;
	store->items = items;
	store->items_room = room;
	return true;
}

void rm_store_null(struct rm_store *store, size_t at, size_t room)
{
	if (!store->nulls)
		memset(store->validity, 0xff, room * store->per_row / 8 + 1);
	store->validity[at / 8] &= (uint8_t) ~(1u << at % 8);
	store->nulls++;
}

void rm_store_cut(struct rm_store *store, size_t rows, size_t end,
		  size_t nr_items)
{
	store->nr_items = nr_items;
	end *= store->per_row;
	for (size_t at = rows * store->per_row; store->nulls && at < end;
	     at++) {
		uint8_t bit = (uint8_t)(1u << at % 8);

		store->nulls -= !(store->validity[at / 8] & bit);
		store->validity[at / 8] |= bit;
	}
}
