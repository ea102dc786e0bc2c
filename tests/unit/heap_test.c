/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * heap_test.c - heaps of every small array, and of arrays with equal items
 */
#include "base/heap.h"
#include "tests/support/rm_check.h"

#include <string.h>

enum {
	MOST = 9,
	ROUNDS = 2000
};

static uint32_t asked;

static bool smaller(uint32_t *count, uint32_t a, uint32_t b)
{
	++*count;
	return a < b;
}

RM_DEFINE_HEAP(numbers, uint32_t, uint32_t *, smaller)

/* Takes all items out and says whether they came in order. */
static bool comes_in_order(uint32_t *heap, size_t count)
{
	uint32_t last = 0;

	while (count) {
		if (heap[0] < last)
			return false;
		last = heap[0];
		heap[0] = heap[--count];
		if (count)
			numbers_sink(&asked, heap, count, 0);
	}
	return true;
}

/* Items from a small range, so that many are equal. */
static uint32_t next_item(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 28;
}

START_TEST(any_array_becomes_a_heap)
{
	uint32_t heap[MOST];
	uint32_t seed = 1;

	for (int round = 0; round < ROUNDS; round++) {
		size_t count = (size_t)round % (MOST + 1);

		for (size_t i = 0; i < count; i++)
			heap[i] = next_item(&seed);
		numbers_order(&asked, heap, count);
		ck_assert(comes_in_order(heap, count));
	}
}
END_TEST

START_TEST(items_added_one_by_one_come_out_in_order)
{
	uint32_t heap[MOST];
	uint32_t seed = 2;

	for (int round = 0; round < ROUNDS; round++) {
		size_t count = (size_t)round % (MOST + 1);

		for (size_t i = 0; i < count; i++)
			numbers_rise(&asked, heap, i, next_item(&seed));
		ck_assert(comes_in_order(heap, count));
	}
}
END_TEST

/* A merge gives its first item a later value and sinks it. */
START_TEST(a_first_item_that_grew_sinks_to_its_place)
{
	uint32_t heap[MOST];
	uint32_t seed = 3;

	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < MOST; i++)
			numbers_rise(&asked, heap, i, next_item(&seed));
		heap[0] += next_item(&seed);
		numbers_sink(&asked, heap, MOST, 0);
		ck_assert(comes_in_order(heap, MOST));
	}
}
END_TEST

START_TEST(no_item_gets_lost)
{
	uint32_t heap[MOST];
	uint32_t seed = 4;

	for (int round = 0; round < ROUNDS; round++) {
		uint32_t sum = 0;

		for (size_t i = 0; i < MOST; i++) {
			uint32_t item = next_item(&seed);

			numbers_rise(&asked, heap, i, item);
			sum += item;
		}
		for (size_t count = MOST; count; count--) {
			sum -= heap[0];
			heap[0] = heap[count - 1];
			numbers_sink(&asked, heap, count, 0);
		}
		ck_assert_uint_eq(sum, 0);
	}
}
END_TEST

/* The comparison sees the context that the caller gave. */
START_TEST(a_heap_of_one_asks_nothing)
{
	uint32_t heap[] = {7, 3};

	asked = 0;
	numbers_order(&asked, heap, 1);
	ck_assert_uint_eq(asked, 0);
	numbers_order(&asked, heap, 2);
	ck_assert_uint_gt(asked, 0);
	ck_assert_uint_eq(heap[0], 3);
}
END_TEST

RM_MAIN(any_array_becomes_a_heap, items_added_one_by_one_come_out_in_order,
	a_first_item_that_grew_sinks_to_its_place, no_item_gets_lost,
	a_heap_of_one_asks_nothing)
