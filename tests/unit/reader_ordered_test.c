/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * reader_ordered_test.c - rows of all CPUs in time order
 */
#include "tests/support/rm_check.h"
#include "tests/unit/crew.h"

static void assert_ordered(const struct rm_harvest *h, uint32_t table)
{
	uint64_t ts = 0;

	for (size_t i = 0; i < h->count; i++) {
		if (h->nums[i].table != table)
			continue;
		ck_assert_uint_ge(h->nums[i].ts, ts);
		ts = h->nums[i].ts;
	}
}

static struct ringmap_reader_stats stats_of(struct ringmap_reader *reader)
{
	struct ringmap_reader_stats stats;

	rm_assert_ok(ringmap_reader_stats(reader, &stats, sizeof(stats)));
	return stats;
}

START_TEST(rows_of_all_cpus_are_sorted_by_time)
{
	for (uint32_t cpus = 1; cpus <= 5; cpus++) {
		struct rm_crew crew;
		struct rm_harvest h;
		struct ringmap_table_opts table = rm_crew_table();

		rm_crew_make(&crew,
			     &(struct rm_crew_opts){.cpus = cpus,
						    .pages = 9,
						    .big_endian = cpus % 2});
		struct ringmap_reader *reader = rm_crew_reader(
			&crew, &table, 1, 1, RINGMAP_READER_ORDERED);
		rm_harvest(&h, reader);
		rm_harvest_assert_all(&h, &crew, 0);
		assert_ordered(&h, 0);
		ck_assert_uint_eq(stats_of(reader).late, 0);
		ck_assert_uint_eq(stats_of(reader).events,
				  rm_crew_events(&crew));
		ck_assert_uint_eq(stats_of(reader).rows, rm_crew_nums(&crew));
		rm_harvest_free(&h);
		ringmap_reader_unref(reader);
		rm_crew_free(&crew);
	}
}
END_TEST

START_TEST(small_batches_hold_many_pages)
{
	struct rm_crew crew;
	struct rm_harvest h;
	struct ringmap_table_opts table = rm_crew_table();

	/* Far more rows than a batch and what a page may add to it. */
	table.batch_rows = 100;
	rm_crew_make(&crew, &(struct rm_crew_opts){.cpus = 3, .pages = 90});
	struct ringmap_reader *reader =
		rm_crew_reader(&crew, &table, 1, 1, RINGMAP_READER_ORDERED);
	rm_harvest(&h, reader);
	rm_harvest_assert_all(&h, &crew, 0);
	assert_ordered(&h, 0);
	ck_assert_uint_gt(h.batches, 3);
	rm_harvest_free(&h);
	ringmap_reader_unref(reader);
	rm_crew_free(&crew);
}
END_TEST

START_TEST(each_of_several_tables_is_ordered)
{
	static const uint32_t cpus[] = {1, 3};
	struct rm_crew crew;
	struct rm_harvest h;
	struct ringmap_table_opts tables[3] = {rm_crew_table(), rm_crew_table(),
					       rm_crew_table()};

	tables[1].cpus = cpus;
	tables[1].nr_cpus = 2;
	tables[2].ts_from = 2000;
	tables[2].ts_to = 3000;
	rm_crew_make(&crew, &(struct rm_crew_opts){.cpus = 4, .pages = 20});
	struct ringmap_reader *reader =
		rm_crew_reader(&crew, tables, 3, 0, RINGMAP_READER_ORDERED);
	rm_harvest(&h, reader);
	rm_harvest_assert_all(&h, &crew, 0);
	size_t counts[3] = {0};
	for (size_t i = 0; i < h.count; i++) {
		const struct rm_num *num = &h.nums[i];

		counts[num->table]++;
		if (num->table == 1)
			ck_assert(num->cpu == 1 || num->cpu == 3);
		if (num->table == 2)
			ck_assert(num->ts >= 2000 && num->ts < 3000);
	}
	for (uint32_t i = 0; i < 3; i++)
		assert_ordered(&h, i);
	ck_assert_uint_eq(counts[1], rm_crew_nums(&crew) / 2);
	/* Numbers 100 to 199 of each CPU; 33 of them are others. */
	ck_assert_uint_eq(counts[2], 4 * 67);
	rm_harvest_free(&h);
	ringmap_reader_unref(reader);
	rm_crew_free(&crew);
}
END_TEST

START_TEST(a_loss_stands_before_its_cpus_next_row)
{
	for (int unknown = 0; unknown < 2; unknown++) {
		struct rm_crew crew;
		struct rm_harvest h;
		struct ringmap_table_opts table = rm_crew_table();

		rm_crew_make(&crew,
			     &(struct rm_crew_opts){.cpus = 3,
						    .pages = 4,
						    .lost_page = 2,
						    .lost = unknown ? 0 : 17});
		struct ringmap_reader *reader = rm_crew_reader(
			&crew, &table, 1, 1, RINGMAP_READER_ORDERED);
		rm_harvest(&h, reader);
		rm_harvest_assert_all(&h, &crew, 0);
		for (size_t i = 0; i < h.count; i++) {
			uint64_t lost = unknown ? RINGMAP_LOST_UNKNOWN : 17;

			ck_assert_uint_eq(h.nums[i].lost,
					  h.nums[i].n == 120 ? lost : 0);
		}
		ck_assert_uint_eq(stats_of(reader).lost,
				  unknown ? RINGMAP_LOST_UNKNOWN : 3 * 17);
		rm_harvest_free(&h);
		ringmap_reader_unref(reader);
		rm_crew_free(&crew);
	}
}
END_TEST

START_TEST(broken_places_are_told_and_passed)
{
	struct rm_crew crew;
	struct rm_harvest h;
	struct ringmap_table_opts table = rm_crew_table();

	rm_crew_make(&crew, &(struct rm_crew_opts){
				    .cpus = 2, .pages = 5, .corrupt_page = 2});
	struct ringmap_reader *reader =
		rm_crew_reader(&crew, &table, 1, 1, RINGMAP_READER_ORDERED);
	rm_harvest(&h, reader);
	rm_harvest_assert_all(&h, &crew, 0);
	assert_ordered(&h, 0);
	ck_assert_uint_eq(h.corrupt, 2);
	ck_assert_uint_eq(stats_of(reader).corrupt, 2);
	rm_harvest_free(&h);
	ringmap_reader_unref(reader);
	rm_crew_free(&crew);
}
END_TEST

RM_MAIN(rows_of_all_cpus_are_sorted_by_time, small_batches_hold_many_pages,
	each_of_several_tables_is_ordered,
	a_loss_stands_before_its_cpus_next_row,
	broken_places_are_told_and_passed)
