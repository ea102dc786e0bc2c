/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * reader_threads_test.c - tables filled by several threads
 */
#define _GNU_SOURCE
#include "tests/support/rm_check.h"
#include "tests/unit/crew.h"

#include <pthread.h>
#include <unistd.h>

static struct ringmap_reader_stats stats_of(struct ringmap_reader *reader)
{
	struct ringmap_reader_stats stats;

	rm_assert_ok(ringmap_reader_stats(reader, &stats, sizeof(stats)));
	return stats;
}

static int compare_nums(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct rm_num));
}

START_TEST(threads_give_the_rows_that_one_gives)
{
	for (uint32_t i = 0; i < 12; i++) {
		uint32_t threads = 1 + i % 4;
		struct rm_crew crew;
		struct rm_harvest h[2];
		struct ringmap_table_opts tables[3] = {
			rm_crew_table(), rm_crew_table(), rm_crew_table()};

		tables[0].batch_rows = 100;
		tables[1].ts_from = 2000;
		for (int k = 0; k < 2; k++) {
			rm_crew_make(&crew,
				     &(struct rm_crew_opts){.cpus = 1 + i % 6,
							    .pages = 8,
							    .lost_page = 3,
							    .lost = 7,
							    .corrupt_page = 5});
			struct ringmap_reader *reader = rm_crew_reader(
				&crew, tables, 1 + i % 3, k ? threads : 1, 0);
			rm_harvest(&h[k], reader);
			rm_harvest_assert_all(&h[k], &crew, 0);
			ck_assert_uint_eq(h[k].corrupt, 1 + i % 6);
			ck_assert_uint_eq(stats_of(reader).events,
					  rm_crew_events(&crew));
			ck_assert_uint_eq(stats_of(reader).lost,
					  RINGMAP_LOST_UNKNOWN);
			ringmap_reader_unref(reader);
			rm_crew_free(&crew);
			qsort(h[k].nums, h[k].count, sizeof(*h[k].nums),
			      compare_nums);
		}
		ck_assert_uint_eq(h[0].count, h[1].count);
		ck_assert(!memcmp(h[0].nums, h[1].nums,
				  h[0].count * sizeof(*h[0].nums)));
		rm_harvest_free(&h[0]);
		rm_harvest_free(&h[1]);
	}
}
END_TEST

START_TEST(a_reader_may_go_while_its_threads_wait)
{
	/* Never asked; asked once, so that queues are full; half through. */
	for (int taken = 0; taken < 7; taken++) {
		struct rm_crew crew;
		struct ringmap_table_opts table = rm_crew_table();
		struct ringmap_batch batch;
		struct ArrowArray array;

		table.batch_rows = 1;
		rm_crew_make(&crew,
			     &(struct rm_crew_opts){.cpus = 4, .pages = 12});
		struct ringmap_reader *reader =
			rm_crew_reader(&crew, &table, 1, 3, 0);
		for (int i = 0; i < taken * taken; i++) {
			if (ringmap_reader_next(reader, 0, &batch, &array))
				break;
			array.release(&array);
		}
		/* Time for the threads to come as far as they can. */
		if (taken % 2)
			usleep(1000);
		ringmap_reader_unref(reader);
		rm_crew_free(&crew);
	}
}
END_TEST

struct kept {
	struct ArrowArray arrays[64];
	size_t count;
};

static void *release_all(void *arg)
{
	struct kept *kept = arg;

	for (size_t i = 0; i < kept->count; i++)
		kept->arrays[i].release(&kept->arrays[i]);
	return NULL;
}

START_TEST(batches_outlive_the_reader_and_go_in_other_threads)
{
	struct rm_crew crew;
	struct ringmap_table_opts table = rm_crew_table();
	struct ringmap_batch batch;
	struct kept kept[2] = {{.count = 0}};
	struct rm_harvest h = {.count = 0};
	pthread_t threads[2];
	size_t i = 0;

	table.batch_rows = 200;
	rm_crew_make(&crew, &(struct rm_crew_opts){.cpus = 4, .pages = 25});
	struct ringmap_reader *reader = rm_crew_reader(&crew, &table, 1, 2, 0);
	for (;; i++) {
		struct kept *k = &kept[i % 2];

		if (ringmap_reader_next(reader, 0, &batch,
					&k->arrays[k->count]))
			break;
		k->count++;
	}
	ck_assert_uint_gt(kept[1].count, 3);
	/* What was handed out first did not change since. */
	for (size_t n = 0; n < i; n++)
		rm_harvest_add(&h, reader, 0, &kept[n % 2].arrays[n / 2]);
	rm_harvest_assert_all(&h, &crew, 0);
	rm_harvest_free(&h);
	for (size_t n = 0; n < 2; n++)
		ck_assert(!pthread_create(&threads[n], NULL, release_all,
					  &kept[n]));
	ringmap_reader_unref(reader);
	rm_crew_free(&crew);
	for (size_t n = 0; n < 2; n++)
		ck_assert(!pthread_join(threads[n], NULL));
}
END_TEST

/* Releases children of arrays that the reader's thread goes on filling. */
static void *use_and_release(void *arg)
{
	struct ArrowArray *child = arg;
	const uint64_t *ts = child->buffers[1];

	for (int64_t i = 1; i < child->length; i++)
		ck_assert_uint_ne(ts[i], ts[i - 1]);
	child->release(child);
	free(child);
	return NULL;
}

START_TEST(children_are_used_while_the_next_batch_is_filled)
{
	struct rm_crew crew;
	struct ringmap_table_opts table = rm_crew_table();
	struct ringmap_batch batch;
	struct ArrowArray array;
	pthread_t threads[256];
	size_t count = 0;

	table.batch_rows = 150;
	rm_crew_make(&crew, &(struct rm_crew_opts){.cpus = 4, .pages = 40});
	struct ringmap_reader *reader = rm_crew_reader(&crew, &table, 1, 2, 0);
	while (!ringmap_reader_next(reader, 0, &batch, &array)) {
		struct ArrowArray *ts = malloc(sizeof(*ts));

		*ts = *array.children[0];
		array.children[0]->release = NULL;
		array.release(&array);
		ck_assert_uint_lt(count, 256);
		ck_assert(!pthread_create(&threads[count++], NULL,
					  use_and_release, ts));
	}
	ringmap_reader_unref(reader);
	rm_crew_free(&crew);
	for (size_t i = 0; i < count; i++)
		ck_assert(!pthread_join(threads[i], NULL));
}
END_TEST

static void *stop_often(void *arg)
{
	for (int i = 0; i < 200; i++) {
		rm_assert_ok(ringmap_reader_stop(arg));
		/* Others have to come by, on a machine of one CPU too. */
		sched_yield();
	}
	return NULL;
}

START_TEST(stop_from_another_thread_loses_no_row)
{
	for (uint32_t i = 0; i < 6; i++) {
		struct rm_crew crew;
		struct ringmap_table_opts tables[2] = {rm_crew_table(),
						       rm_crew_table()};
		struct ringmap_batch batch;
		struct ArrowArray array;
		struct rm_harvest h = {.count = 0};
		enum ringmap_status s;
		pthread_t stopper;

		tables[0].batch_rows = 50;
		rm_crew_make(&crew,
			     &(struct rm_crew_opts){.cpus = 4, .pages = 25});
		struct ringmap_reader *reader =
			rm_crew_reader(&crew, tables, 1 + i / 3, i % 3,
				       i == 3 ? RINGMAP_READER_ORDERED : 0);
		ck_assert(!pthread_create(&stopper, NULL, stop_often, reader));
		while ((s = ringmap_reader_next(reader, -1, &batch, &array)) !=
		       RINGMAP_DONE) {
			if (s == RINGMAP_STOPPED)
				continue;
			rm_assert_ok(s);
			rm_harvest_add(&h, reader, batch.table, &array);
			array.release(&array);
		}
		ck_assert(!pthread_join(stopper, NULL));
		for (uint32_t k = 0; k <= i / 3; k++)
			rm_harvest_assert_all(&h, &crew, k);
		rm_harvest_free(&h);
		ringmap_reader_unref(reader);
		rm_crew_free(&crew);
	}
}
END_TEST

static void *look_often(void *arg)
{
	struct ringmap_reader_stats stats = {.rows = 0};
	struct ringmap_reader *reader = arg;

	for (int i = 0; i < 1000; i++) {
		uint64_t rows = stats.rows;

		stats = stats_of(reader);
		ck_assert_uint_ge(stats.rows, rows);
	}
	ringmap_reader_unref(reader);
	return NULL;
}

START_TEST(the_last_reference_may_go_in_another_thread)
{
	struct rm_crew crew;
	struct ringmap_table_opts table = rm_crew_table();
	struct rm_harvest h;
	pthread_t looker;

	rm_crew_make(&crew, &(struct rm_crew_opts){.cpus = 4, .pages = 30});
	struct ringmap_reader *reader = rm_crew_reader(&crew, &table, 1, 4, 0);
	ck_assert(!pthread_create(&looker, NULL, look_often,
				  ringmap_reader_ref(reader)));
	rm_harvest(&h, reader);
	rm_harvest_assert_all(&h, &crew, 0);
	rm_harvest_free(&h);
	ringmap_reader_unref(reader);
	ck_assert(!pthread_join(looker, NULL));
	rm_crew_free(&crew);
}
END_TEST

RM_MAIN(threads_give_the_rows_that_one_gives,
	a_reader_may_go_while_its_threads_wait,
	batches_outlive_the_reader_and_go_in_other_threads,
	children_are_used_while_the_next_batch_is_filled,
	stop_from_another_thread_loses_no_row,
	the_last_reference_may_go_in_another_thread)
