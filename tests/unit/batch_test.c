/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * batch_test.c - memory of rows: laid out, marked, given back and used again
 */
#include "table/batch.h"

#include "tests/support/rm_check.h"

enum {
	ROOM = 1000,
	COLUMNS = 5,
};

/* Of 8, 4 and 10 bytes, of bits, and of any length. */
static const struct rm_column columns[COLUMNS] = {
	{.what = RM_COLUMN_TS},
	{.what = RM_COLUMN_CPU},
	{.what = RM_COLUMN_ARRAY, .elem_size = 2, .count = 5, .place.size = 10},
	{.what = RM_COLUMN_BOOL, .place.size = 1},
	{.what = RM_COLUMN_TEXT},
};

static const size_t widths[COLUMNS] = {8, 4, 10, 0, 0};

/* Every byte of every part is the batch's own. */
static void fill(struct rm_batch *batch)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		struct rm_store *s = &batch->stores[i];

		ck_assert_uint_eq((uintptr_t)s->data % 64, 0);
		ck_assert_uint_eq((uintptr_t)s->offsets % 64, 0);
		if (s->data)
			memset(s->data, (int)i + 1,
			       widths[i] ? widths[i] * batch->room
					 : batch->room / 8 + 1);
		else
			memset(s->offsets, (int)i + 1, 4 * (batch->room + 1));
		memset(s->validity, 0x80 + (int)i, batch->room / 8 + 1);
	}
	for (size_t i = 0; i < COLUMNS; i++) {
		const struct rm_store *s = &batch->stores[i];
		const uint8_t *first =
			s->data ? s->data : (const uint8_t *)s->offsets;
		size_t size = s->offsets  ? 4 * (batch->room + 1)
			      : widths[i] ? widths[i] * batch->room
					  : batch->room / 8 + 1;

		ck_assert_uint_eq(first[0], i + 1);
		ck_assert_uint_eq(first[size - 1], i + 1);
		ck_assert_uint_eq(s->validity[0], 0x80 + i);
		ck_assert_uint_eq(s->validity[batch->room / 8], 0x80 + i);
	}
}

START_TEST(parts_of_a_batch_do_not_overlap)
{
	/* Of small pages, and of huge ones. */
	for (size_t room = 1; room < 1 << 19; room = room * 7 + 1) {
		struct rm_pool *pool =
			rm_pool_new(columns, COLUMNS, room, false);
		struct rm_batch *batch = rm_pool_take(pool, 1);

		ck_assert_uint_eq(batch->room, room);
		fill(batch);
		rm_batch_unref(batch);
		rm_pool_unref(pool);
	}
}
END_TEST

START_TEST(batches_that_share_huge_pages_do_not_overlap)
{
	/* Many in one, a few, and one of several. */
	for (size_t room = 100; room < 1 << 18; room *= 8) {
		struct rm_pool *pool =
			rm_pool_new(columns, COLUMNS, room, true);
		struct rm_batch *batches[7];

		for (size_t i = 0; i < 7; i++) {
			batches[i] = rm_pool_take(pool, room);
			ck_assert_uint_ge(batches[i]->room, room);
			fill(batches[i]);
			memset(batches[i]->stores[0].data, 0x40 + (int)i,
			       8 * batches[i]->room);
		}
		rm_pool_unref(pool);
		/* Each keeps what all of them lie in. */
		for (size_t i = 0; i < 7; i++) {
			const uint8_t *data = batches[i]->stores[0].data;

			ck_assert_uint_eq(data[0], 0x40 + i);
			ck_assert_uint_eq(data[8 * batches[i]->room - 1],
					  0x40 + i);
			ck_assert_uint_eq(batches[i]->stores[1].data[0], 2);
			rm_batch_unref(batches[i]);
		}
	}
}
END_TEST

START_TEST(a_batch_that_was_let_go_is_taken_again)
{
	struct rm_pool *pool = rm_pool_new(columns, COLUMNS, ROOM, false);
	struct rm_batch *first = rm_pool_take(pool, 10);

	fill(first);
	first->stores[4].nr_items = 7;
	rm_store_null(&first->stores[1], 3, ROOM);
	rm_batch_ref(first);
	rm_batch_unref(first);
	struct rm_batch *second = rm_pool_take(pool, ROOM);
	ck_assert_ptr_ne(second, first);
	rm_batch_unref(first);
	struct rm_batch *again = rm_pool_take(pool, ROOM);
	ck_assert_ptr_eq(again, first);
	ck_assert_uint_eq(again->stores[4].nr_items, 0);
	ck_assert_int_eq(again->stores[4].offsets[0], 0);
	ck_assert_uint_eq(again->stores[1].nulls, 0);
	rm_batch_unref(again);
	rm_batch_unref(second);
	rm_pool_unref(pool);
}
END_TEST

START_TEST(a_batch_that_has_become_too_small_is_not)
{
	struct rm_pool *pool = rm_pool_new(columns, COLUMNS, ROOM, false);
	struct rm_batch *held = rm_pool_take(pool, 1);
	struct rm_batch *small = rm_pool_take(pool, 1);

	rm_batch_unref(small);
	struct rm_batch *large = rm_pool_take(pool, ROOM * 50);
	ck_assert_uint_eq(large->room, ROOM * 50);
	fill(large);
	/* From now on all are as large. */
	rm_batch_unref(held);
	struct rm_batch *next = rm_pool_take(pool, 1);
	ck_assert_uint_eq(next->room, ROOM * 50);
	fill(next);
	rm_batch_unref(next);
	rm_batch_unref(large);
	rm_pool_unref(pool);
}
END_TEST

START_TEST(batches_outlive_their_pool_and_few_are_kept)
{
	struct rm_pool *pool = rm_pool_new(columns, COLUMNS, ROOM, false);
	struct rm_batch *batches[20];

	ck_assert_ptr_eq(rm_pool_ref(pool), pool);
	rm_pool_unref(pool);
	for (int i = 0; i < 20; i++)
		batches[i] = rm_pool_take(pool, 1);
	for (int i = 0; i < 10; i++)
		rm_batch_unref(batches[i]);
	rm_pool_unref(pool);
	for (int i = 10; i < 20; i++) {
		fill(batches[i]);
		rm_batch_unref(batches[i]);
	}
}
END_TEST

START_TEST(items_keep_their_bytes_while_they_grow)
{
	struct rm_store store = {.nr_items = 0};

	for (uint32_t n = 0; n < 100000; n++) {
		ck_assert(rm_store_grow(&store, 4, 4));
		memcpy(store.items + 4 * store.nr_items++, &n, 4);
	}
	for (uint32_t n = 0; n < 100000; n++)
		ck_assert(!memcmp(store.items + (size_t)4 * n, &n, 4));
	ck_assert(rm_store_grow(&store, 4, 1 << 24));
	memset(store.items + 400000, 1, 1 << 24);
	free(store.items);
}
END_TEST

START_TEST(cut_takes_back_nulls_and_items)
{
	struct rm_pool *pool = rm_pool_new(columns, COLUMNS, 100, false);
	struct rm_batch *batch = rm_pool_take(pool, 1);
	struct rm_store *s = &batch->stores[1];

	for (size_t row = 0; row < 60; row += 3)
		rm_store_null(s, row, batch->room);
	ck_assert_uint_eq(s->nulls, 20);
	rm_store_cut(s, 31, 60, 5);
	ck_assert_uint_eq(s->nulls, 11);
	ck_assert_uint_eq(s->nr_items, 5);
	for (size_t row = 0; row < batch->room; row++) {
		bool valid = s->validity[row / 8] >> row % 8 & 1;

		ck_assert(valid == !(row < 31 && row % 3 == 0));
	}
	rm_store_cut(s, 0, 31, 0);
	ck_assert_uint_eq(s->nulls, 0);
	rm_store_null(s, 7, batch->room);
	ck_assert_uint_eq(s->validity[0], 0x7f);
	ck_assert_uint_eq(s->validity[1], 0xff);
	rm_batch_unref(batch);
	rm_pool_unref(pool);
}
END_TEST

RM_MAIN(parts_of_a_batch_do_not_overlap,
	batches_that_share_huge_pages_do_not_overlap,
	a_batch_that_was_let_go_is_taken_again,
	a_batch_that_has_become_too_small_is_not,
	batches_outlive_their_pool_and_few_are_kept,
	items_keep_their_bytes_while_they_grow, cut_takes_back_nulls_and_items)
