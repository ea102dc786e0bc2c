/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * reader_test.c - tables filled from a trace, by one thread
 */
#include "tests/support/probe.h"
#include "tests/support/rm_check.h"
#include "tests/unit/crew.h"

#include <sys/wait.h>
#include <unistd.h>

static struct ringmap_reader_stats stats_of(struct ringmap_reader *reader)
{
	struct ringmap_reader_stats stats;

	rm_assert_ok(ringmap_reader_stats(reader, &stats, sizeof(stats)));
	return stats;
}

START_TEST(every_row_comes_once_and_each_cpu_in_order)
{
	for (uint32_t cpus = 1; cpus <= 4; cpus++) {
		struct rm_crew crew;
		struct rm_harvest h;
		struct ringmap_table_opts table = rm_crew_table();

		rm_crew_make(&crew, &(struct rm_crew_opts){
					    .cpus = cpus,
					    .pages = 7,
					    .big_endian = cpus % 2 == 0});
		struct ringmap_reader *reader =
			rm_crew_reader(&crew, &table, 1, 0, 0);
		rm_harvest(&h, reader);
		rm_harvest_assert_all(&h, &crew, 0);
		struct ringmap_reader_stats stats = stats_of(reader);
		ck_assert_uint_eq(stats.events, rm_crew_events(&crew));
		ck_assert_uint_eq(stats.rows, rm_crew_nums(&crew));
		ck_assert_uint_eq(stats.undone + stats.broken + stats.escaped +
					  stats.lost + stats.late +
					  stats.corrupt,
				  0);
		/* A third of them is of 16 bytes, the rest of 40. */
		ck_assert_uint_eq(stats.bytes,
				  stats.rows * 40 +
					  (stats.events - stats.rows) * 16);
		rm_harvest_free(&h);
		ringmap_reader_unref(reader);
		rm_crew_free(&crew);
	}
}
END_TEST

START_TEST(the_end_of_a_recording_stays_the_end)
{
	struct rm_crew crew;
	struct rm_harvest h;
	struct ringmap_table_opts table = rm_crew_table();
	struct ringmap_batch batch;
	struct ArrowArray array;

	rm_crew_make(&crew, &(struct rm_crew_opts){.cpus = 2, .pages = 2});
	struct ringmap_reader *reader = rm_crew_reader(&crew, &table, 1, 0, 0);
	rm_harvest(&h, reader);
	for (int timeout_ms = -1; timeout_ms < 2; timeout_ms++)
		rm_assert_status(
			ringmap_reader_next(reader, timeout_ms, &batch, &array),
			RINGMAP_DONE);
	rm_harvest_free(&h);
	ringmap_reader_unref(reader);
	rm_crew_free(&crew);
}
END_TEST

START_TEST(batches_are_about_as_long_as_was_asked_for)
{
	struct rm_crew crew;
	struct ringmap_table_opts table = rm_crew_table();
	struct ringmap_batch batch;
	struct ArrowArray array;
	uint64_t rows = 0;

	table.batch_rows = 100;
	rm_crew_make(&crew, &(struct rm_crew_opts){.cpus = 2, .pages = 30});
	struct ringmap_reader *reader = rm_crew_reader(&crew, &table, 1, 0, 0);
	while (ringmap_reader_next(reader, 0, &batch, &array) == RINGMAP_OK) {
		/* 40 rows a page: a batch ends with the page that fills it. */
		rows += batch.rows;
		ck_assert_uint_eq(batch.rows, 120);
		ck_assert_uint_eq(batch.table, 0);
		array.release(&array);
	}
	ck_assert_uint_eq(rows, rm_crew_nums(&crew));
	ringmap_reader_unref(reader);
	rm_crew_free(&crew);
}
END_TEST

/* What table @table has, told by number and CPU. */
static uint64_t count(const struct rm_harvest *h, uint32_t table,
		      bool (*wanted)(const struct rm_num *num))
{
	uint64_t n = 0;

	for (size_t i = 0; i < h->count; i++) {
		if (h->nums[i].table != table)
			continue;
		ck_assert(wanted(&h->nums[i]));
		n++;
	}
	return n;
}

static bool of_cpu_1(const struct rm_num *num)
{
	return num->cpu == 1;
}

static bool in_time(const struct rm_num *num)
{
	return num->ts >= 1500 && num->ts < 2500;
}

static bool of_pid_3(const struct rm_num *num)
{
	return num->n % 5 == 3;
}

static bool of_none(const struct rm_num *num)
{
	(void)num;
	return false;
}

START_TEST(tables_of_one_event_have_predicates_of_their_own)
{
	static const uint32_t cpu = 1;
	static const int32_t pids[] = {77, 3, -4};
	static const int32_t nobody = 1000;

	/* Small batches: each table is exported at times of its own. */
	for (size_t rows = 0; rows < 200; rows += 64) {
		struct rm_crew crew;
		struct rm_harvest h;
		struct ringmap_table_opts tables[6];

		for (int i = 0; i < 6; i++) {
			tables[i] = rm_crew_table();
			tables[i].batch_rows = rows + (size_t)i;
		}
		tables[1].cpus = &cpu;
		tables[1].nr_cpus = 1;
		tables[2].ts_from = 1500;
		tables[2].ts_to = 2500;
		tables[3].pids = pids;
		tables[3].nr_pids = 3;
		tables[4].pids = &nobody;
		tables[4].nr_pids = 1;
		rm_crew_make(&crew,
			     &(struct rm_crew_opts){.cpus = 3, .pages = 40});
		struct ringmap_reader *reader =
			rm_crew_reader(&crew, tables, 6, 1, 0);
		rm_harvest(&h, reader);
		rm_harvest_assert_all(&h, &crew, 0);
		rm_harvest_assert_all(&h, &crew, 5);
		ck_assert_uint_eq(count(&h, 1, of_cpu_1),
				  rm_crew_nums(&crew) / 3);
		/* Numbers 50 to 149; 34 of them are of another event. */
		ck_assert_uint_eq(count(&h, 2, in_time), 3 * 66);
		ck_assert_uint_eq(count(&h, 3, of_pid_3),
				  rm_crew_nums(&crew) / 5);
		ck_assert_uint_eq(count(&h, 4, of_none), 0);
		rm_harvest_free(&h);
		ringmap_reader_unref(reader);
		rm_crew_free(&crew);
	}
}
END_TEST

START_TEST(as_many_tables_as_there_may_be)
{
	static struct ringmap_table_opts tables[256];
	struct rm_crew crew;
	struct rm_harvest h;
	struct ringmap_reader *none;
	struct ringmap_error err;

	for (uint32_t i = 0; i < 256; i++) {
		tables[i] = rm_crew_table();
		tables[i].batch_rows = 50 + i;
	}
	rm_crew_make(&crew, &(struct rm_crew_opts){.cpus = 2, .pages = 5});
	struct ringmap_reader *reader =
		rm_crew_reader(&crew, tables, 255, 2, 0);
	rm_harvest(&h, reader);
	for (uint32_t i = 0; i < 255; i++)
		rm_harvest_assert_all(&h, &crew, i);
	rm_harvest_free(&h);
	ringmap_reader_unref(reader);
	for (size_t n = 0; n < 512; n += 256)
		rm_assert_error(ringmap_reader_open(crew.trace,
						    crew.formats.schema, tables,
						    n, NULL, &none, &err),
				RINGMAP_E_INVAL, &err);
	rm_crew_free(&crew);
}
END_TEST

START_TEST(different_events_in_one_pass)
{
	struct rm_crew crew;
	struct ringmap_table_opts tables[] = {
		{.sz = sizeof(*tables), .event = "other"},
		{.sz = sizeof(*tables)},
		{.sz = sizeof(*tables), .event = "num"},
	};
	uint64_t rows[3] = {0};
	struct ringmap_batch batch;
	struct ArrowArray array;

	rm_crew_make(&crew, &(struct rm_crew_opts){.cpus = 3, .pages = 9});
	struct ringmap_reader *reader = rm_crew_reader(&crew, tables, 3, 1, 0);
	while (ringmap_reader_next(reader, 0, &batch, &array) == RINGMAP_OK) {
		ck_assert_uint_lt(batch.table, 3);
		ck_assert_int_eq(array.length, (int64_t)batch.rows);
		rows[batch.table] += batch.rows;
		array.release(&array);
	}
	ck_assert_uint_eq(rows[2], rm_crew_nums(&crew));
	ck_assert_uint_eq(rows[1], rm_crew_events(&crew));
	ck_assert_uint_eq(rows[0], rows[1] - rows[2]);
	ringmap_reader_unref(reader);
	rm_crew_free(&crew);
}
END_TEST

START_TEST(losses_are_marked_and_counted)
{
	for (int i = 0; i < 4; i++) {
		struct rm_crew crew;
		struct rm_harvest h;
		struct ringmap_table_opts tables[2] = {rm_crew_table(),
						       rm_crew_table()};
		bool unknown = i % 2;
		size_t nr_tables = i / 2 ? 2 : 1;
		uint64_t lost = unknown ? RINGMAP_LOST_UNKNOWN : 17;

		rm_crew_make(&crew,
			     &(struct rm_crew_opts){.cpus = 3,
						    .pages = 4,
						    .lost_page = 2,
						    .lost = unknown ? 0 : 17});
		struct ringmap_reader *reader =
			rm_crew_reader(&crew, tables, nr_tables, 1, 0);
		rm_harvest(&h, reader);
		rm_harvest_assert_all(&h, &crew, 0);
		for (size_t k = 0; k < h.count; k++)
			ck_assert_uint_eq(h.nums[k].lost,
					  h.nums[k].n == 120 ? lost : 0);
		ck_assert_uint_eq(stats_of(reader).lost,
				  unknown ? RINGMAP_LOST_UNKNOWN : 3 * 17);
		rm_harvest_free(&h);
		ringmap_reader_unref(reader);
		rm_crew_free(&crew);
	}
}
END_TEST

/* No page follows, and no row, that could carry the loss. */
START_TEST(a_broken_place_at_the_end_makes_the_loss_unknown)
{
	for (uint32_t kind = 0; kind < 4; kind++) {
		const uint32_t flags = kind == 3 ? RINGMAP_READER_ORDERED : 0;
		const uint32_t threads = kind == 2 ? 2 : 1;
		struct ringmap_table_opts table = rm_crew_table();
		const struct rm_crew_opts opts = {
			.cpus = 2, .pages = 4, .corrupt_page = kind ? 3 : 0};
		struct rm_crew crew;
		struct rm_harvest h;

		rm_crew_make(&crew, &opts);
		struct ringmap_reader *reader =
			rm_crew_reader(&crew, &table, 1, threads, flags);
		rm_harvest(&h, reader);
		rm_harvest_assert_all(&h, &crew, 0);
		ck_assert_uint_eq(stats_of(reader).corrupt, kind ? 2 : 0);
		ck_assert_uint_eq(stats_of(reader).lost,
				  kind ? RINGMAP_LOST_UNKNOWN : 0);
		rm_harvest_free(&h);
		ringmap_reader_unref(reader);
		rm_crew_free(&crew);
	}
}
END_TEST

/* However close they are, for the next row has only one gap before it. */
START_TEST(each_broken_sub_buffer_is_a_place)
{
	static const struct {
		uint32_t threads;
		uint32_t flags;
	} kinds[] = {{1, 0}, {2, 0}, {1, RINGMAP_READER_ORDERED}};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct ringmap_table_opts table = rm_crew_table();
		const struct rm_crew_opts opts = {.cpus = 2,
						  .pages = 6,
						  .corrupt_page = 2,
						  .corrupt_more = 2};
		struct rm_crew crew;
		struct rm_harvest h;

		rm_crew_make(&crew, &opts);
		struct ringmap_reader *reader = rm_crew_reader(
			&crew, &table, 1, kinds[i].threads, kinds[i].flags);
		rm_harvest(&h, reader);
		rm_harvest_assert_all(&h, &crew, 0);
		ck_assert_uint_eq(h.corrupt, 6);
		ck_assert_uint_eq(stats_of(reader).corrupt, 6);
		rm_harvest_free(&h);
		ringmap_reader_unref(reader);
		rm_crew_free(&crew);
	}
}
END_TEST

START_TEST(broken_places_are_told_and_the_rows_around_them_kept)
{
	for (size_t nr_tables = 1; nr_tables <= 2; nr_tables++) {
		struct rm_crew crew;
		struct rm_harvest h;
		struct ringmap_error err;
		struct ringmap_table_opts tables[2] = {rm_crew_table(),
						       rm_crew_table()};

		rm_crew_make(&crew, &(struct rm_crew_opts){.cpus = 3,
							   .pages = 6,
							   .corrupt_page = 2});
		struct ringmap_reader *reader =
			rm_crew_reader(&crew, tables, nr_tables, 1, 0);
		ringmap_reader_error(reader, &err);
		ck_assert_int_eq(err.status, 0);
		rm_harvest(&h, reader);
		ck_assert_uint_eq(h.corrupt, 3);
		ck_assert_uint_eq(stats_of(reader).corrupt, 3);
		for (uint32_t i = 0; i < nr_tables; i++)
			rm_harvest_assert_all(&h, &crew, i);
		ringmap_reader_error(reader, &err);
		ck_assert_int_eq(err.status, RINGMAP_E_CORRUPT);
		ck_assert_uint_gt(strlen(err.text), 0);
		/* What was skipped is a gap of unknown size. */
		for (size_t i = 0; i < h.count; i++)
			ck_assert_uint_eq(
				h.nums[i].lost,
				h.nums[i].n == 180 ? RINGMAP_LOST_UNKNOWN : 0);
		rm_harvest_free(&h);
		ringmap_reader_unref(reader);
		rm_crew_free(&crew);
	}
}
END_TEST

/* Opening a reader with these options is refused with exactly this text. */
static void expect_text(const struct rm_crew *crew,
			const struct ringmap_reader_opts *opts,
			const char *text)
{
	struct ringmap_table_opts table = rm_crew_table();
	struct ringmap_reader *reader;
	struct ringmap_error err;

	rm_assert_error(ringmap_reader_open(crew->trace, crew->formats.schema,
					    &table, 1, opts, &reader, &err),
			RINGMAP_E_INVAL, &err);
	ck_assert_str_eq(err.text, text);
}

START_TEST(options_that_make_no_sense_are_refused)
{
	struct rm_crew crew;
	struct ringmap_table_opts tables[2] = {rm_crew_table(),
					       rm_crew_table()};
	struct ringmap_reader_opts opts = {.sz = sizeof(opts)};
	struct ringmap_reader *reader;
	struct ringmap_error err;

	rm_crew_make(&crew, &(struct rm_crew_opts){.cpus = 1, .pages = 1});
	struct ringmap_schema *schema = crew.formats.schema;
	opts.flags = RINGMAP_READER_STRICT | 8 | 4;
	rm_assert_error(ringmap_reader_open(crew.trace, schema, tables, 1,
					    &opts, &reader, &err),
			RINGMAP_E_INVAL, &err);
	ck_assert_str_eq(err.text, "a reader has no flags 0xc: there are "
				   "RINGMAP_READER_ORDERED (0x1) and "
				   "RINGMAP_READER_STRICT (0x2)");
	opts.flags = 0;
	opts.threads = 1025;
	rm_assert_error(ringmap_reader_open(crew.trace, schema, tables, 1,
					    &opts, &reader, &err),
			RINGMAP_E_INVAL, &err);
	ck_assert_str_eq(err.text, "a reader cannot have 1025 threads: 1024 "
				   "are the most");
	opts.flags = RINGMAP_READER_ORDERED;
	opts.threads = 2;
	expect_text(&crew, &opts,
		    "threads of a reader must be 0 or 1, not 2, with "
		    "RINGMAP_READER_ORDERED: one thread merges all CPUs");
	rm_assert_error(ringmap_reader_open(NULL, schema, tables, 1, NULL,
					    &reader, &err),
			RINGMAP_E_INVAL, &err);
	rm_assert_error(ringmap_reader_open(crew.trace, schema, NULL, 1, NULL,
					    &reader, &err),
			RINGMAP_E_INVAL, &err);
	/* Rings say nothing about formats. */
	rm_assert_error(ringmap_reader_open(crew.trace, NULL, tables, 1, NULL,
					    &reader, &err),
			RINGMAP_E_UNSUPPORTED, &err);
	/* The second one is looked at, too. */
	tables[1].event = "absent";
	rm_assert_error(ringmap_reader_open(crew.trace, schema, tables, 2, NULL,
					    &reader, &err),
			RINGMAP_E_NOENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "absent"));
	rm_crew_free(&crew);
}
END_TEST

START_TEST(a_reader_keeps_its_trace)
{
	struct rm_crew crew;
	struct rm_harvest h;
	struct ringmap_table_opts table = rm_crew_table();
	struct ringmap_reader_stats stats;
	struct ArrowSchema schema;

	rm_crew_make(&crew, &(struct rm_crew_opts){.cpus = 2, .pages = 3});
	struct ringmap_reader *reader = rm_crew_reader(&crew, &table, 1, 0, 0);
	ck_assert_ptr_eq(ringmap_reader_ref(reader), reader);
	ringmap_reader_unref(reader);
	ringmap_trace_unref(crew.trace);
	crew.trace = NULL;
	rm_harvest(&h, reader);
	rm_harvest_assert_all(&h, &crew, 0);
	rm_assert_status(ringmap_reader_schema(reader, 1, &schema),
			 RINGMAP_E_INVAL);
	rm_assert_status(ringmap_reader_stats(NULL, &stats, sizeof(stats)),
			 RINGMAP_E_INVAL);
	rm_harvest_free(&h);
	ringmap_reader_unref(reader);
	ringmap_reader_unref(NULL);
	rm_crew_free(&crew);
}
END_TEST

START_TEST(stop_ends_one_call_and_takes_nothing_away)
{
	struct rm_crew crew;
	struct rm_harvest h;
	struct ringmap_table_opts table = rm_crew_table();
	struct ringmap_batch batch;
	struct ArrowArray array;

	rm_crew_make(&crew, &(struct rm_crew_opts){.cpus = 2, .pages = 9});
	for (uint32_t flags = 0; flags < 2; flags++) {
		struct ringmap_reader *reader =
			rm_crew_reader(&crew, &table, 1, 0, flags);

		rm_assert_ok(ringmap_reader_stop(reader));
		rm_assert_status(
			ringmap_reader_next(reader, -1, &batch, &array),
			RINGMAP_STOPPED);
		rm_harvest(&h, reader);
		if (!flags)
			rm_harvest_assert_all(&h, &crew, 0);
		rm_harvest_free(&h);
		ringmap_reader_unref(reader);
	}
	rm_crew_free(&crew);
}
END_TEST

START_TEST(a_child_process_may_only_let_go)
{
	struct rm_crew crew;
	struct ringmap_table_opts table = rm_crew_table();
	struct ringmap_batch batch;
	struct ArrowArray array;
	int status;

	RM_NEEDS_WIPE_ON_FORK();
	rm_crew_make(&crew, &(struct rm_crew_opts){.cpus = 2, .pages = 2});
	struct ringmap_reader *reader = rm_crew_reader(&crew, &table, 1, 2, 0);
	/* Its threads are there, and stay with the parent. */
	rm_assert_ok(ringmap_reader_next(reader, 0, &batch, &array));
	array.release(&array);
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (!child) {
		struct ringmap_reader_stats stats;
		bool good =
			ringmap_reader_next(reader, 0, &batch, &array) ==
				RINGMAP_E_FORKED &&
			ringmap_reader_stop(reader) == RINGMAP_E_FORKED &&
			ringmap_reader_stats(reader, &stats, sizeof(stats)) ==
				RINGMAP_E_FORKED;

		ringmap_reader_unref(reader);
		_exit(good ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status) && !WEXITSTATUS(status));
	ringmap_reader_unref(reader);
	rm_crew_free(&crew);
}
END_TEST

RM_MAIN(every_row_comes_once_and_each_cpu_in_order,
	the_end_of_a_recording_stays_the_end,
	batches_are_about_as_long_as_was_asked_for,
	tables_of_one_event_have_predicates_of_their_own,
	as_many_tables_as_there_may_be, different_events_in_one_pass,
	losses_are_marked_and_counted,
	a_broken_place_at_the_end_makes_the_loss_unknown,
	each_broken_sub_buffer_is_a_place,
	broken_places_are_told_and_the_rows_around_them_kept,
	options_that_make_no_sense_are_refused, a_reader_keeps_its_trace,
	stop_ends_one_call_and_takes_nothing_away,
	a_child_process_may_only_let_go)
