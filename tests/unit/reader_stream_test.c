/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * reader_stream_test.c - a reader as an Arrow C stream
 */
#include "tests/support/arrow_text.h"
#include "tests/support/rm_check.h"
#include "tests/unit/crew.h"

#include <errno.h>

static struct ArrowArrayStream open_flagged(const struct rm_crew *crew,
					    uint32_t threads, uint32_t flags)
{
	struct ringmap_table_opts table = rm_crew_table();
	struct ArrowArrayStream stream;

	table.batch_rows = 100;
	table.ts_unit = RINGMAP_TS_NS;
	struct ringmap_reader *reader =
		rm_crew_reader(crew, &table, 1, threads, flags);
	rm_assert_ok(ringmap_reader_stream(reader, &stream));
	/* The stream has a reference of its own. */
	ringmap_reader_unref(reader);
	return stream;
}

static struct ArrowArrayStream open_stream(const struct rm_crew *crew,
					   uint32_t threads)
{
	return open_flagged(crew, threads, 0);
}

/* Rows up to the end, or to an error; that. */
static int drain(struct ArrowArrayStream *stream, uint64_t *rows)
{
	struct ArrowSchema schema;
	struct ArrowArray array;

	*rows = 0;
	ck_assert_int_eq(stream->get_schema(stream, &schema), 0);
	for (;;) {
		int e = stream->get_next(stream, &array);

		if (e || !array.release) {
			schema.release(&schema);
			return e;
		}
		rm_arrow_check(&schema, &array);
		*rows += (uint64_t)array.length;
		array.release(&array);
	}
}

START_TEST(a_stream_has_a_schema_batches_and_an_end)
{
	for (uint32_t threads = 1; threads < 4; threads++) {
		struct rm_crew crew;
		struct ArrowSchema schema;
		struct ArrowArray array;
		uint64_t rows;

		rm_crew_make(&crew,
			     &(struct rm_crew_opts){.cpus = 3, .pages = 9});
		struct ArrowArrayStream stream = open_stream(&crew, threads);
		ck_assert_int_eq(stream.get_schema(&stream, &schema), 0);
		char *shape = rm_arrow_shape(&schema);
		ck_assert_str_eq(shape, "ts:tsn: cpu:I n:L where:I "
					"lost_before:L comm:i(u)");
		free(shape);
		schema.release(&schema);
		ck_assert_int_eq(drain(&stream, &rows), 0);
		ck_assert_uint_eq(rows, rm_crew_nums(&crew));
		ck_assert_int_eq(stream.get_next(&stream, &array), 0);
		ck_assert(!array.release);
		ck_assert_ptr_null(stream.get_last_error(&stream));
		stream.release(&stream);
		ck_assert(!stream.release);
		rm_crew_free(&crew);
	}
}
END_TEST

START_TEST(a_broken_place_is_an_error_with_a_text_if_strict)
{
	for (uint32_t threads = 1; threads < 3; threads++) {
		struct rm_crew crew;
		uint64_t rows;

		rm_crew_make(&crew, &(struct rm_crew_opts){.cpus = 2,
							   .pages = 9,
							   .corrupt_page = 4});
		struct ArrowArrayStream stream =
			open_flagged(&crew, threads, RINGMAP_READER_STRICT);
		ck_assert_int_eq(drain(&stream, &rows), EBADMSG);
		ck_assert_ptr_nonnull(stream.get_last_error(&stream));
		ck_assert_uint_gt(strlen(stream.get_last_error(&stream)), 0);
		ck_assert_uint_lt(rows, rm_crew_nums(&crew));
		stream.release(&stream);
		rm_crew_free(&crew);
	}
}
END_TEST

START_TEST(a_stream_goes_on_behind_a_broken_place)
{
	for (uint32_t threads = 0; threads < 3; threads++) {
		struct rm_crew crew;
		uint64_t rows;

		rm_crew_make(&crew, &(struct rm_crew_opts){.cpus = 2,
							   .pages = 9,
							   .corrupt_page = 4});
		struct ArrowArrayStream stream = open_flagged(
			&crew, threads, threads ? 0 : RINGMAP_READER_ORDERED);
		ck_assert_int_eq(drain(&stream, &rows), 0);
		ck_assert_uint_eq(rows, rm_crew_nums(&crew));
		ck_assert_ptr_null(stream.get_last_error(&stream));
		stream.release(&stream);
		rm_crew_free(&crew);
	}
}
END_TEST

START_TEST(a_stream_may_end_early)
{
	struct rm_crew crew;
	struct ArrowArray array;

	rm_crew_make(&crew, &(struct rm_crew_opts){.cpus = 3, .pages = 9});
	struct ArrowArrayStream stream = open_stream(&crew, 3);
	ck_assert_int_eq(stream.get_next(&stream, &array), 0);
	stream.release(&stream);
	rm_crew_free(&crew);
	/* Arrays do not need it. */
	ck_assert_int_gt(array.length, 0);
	array.release(&array);
}
END_TEST

START_TEST(stop_ends_a_stream)
{
	struct rm_crew crew;
	struct ringmap_table_opts table = rm_crew_table();
	struct ArrowArrayStream stream;
	struct ArrowArray array;

	rm_crew_make(&crew, &(struct rm_crew_opts){.cpus = 2, .pages = 9});
	struct ringmap_reader *reader = rm_crew_reader(&crew, &table, 1, 1, 0);
	rm_assert_ok(ringmap_reader_stream(reader, &stream));
	rm_assert_ok(ringmap_reader_stop(reader));
	ck_assert_int_eq(stream.get_next(&stream, &array), 0);
	ck_assert(!array.release);
	ringmap_reader_unref(reader);
	stream.release(&stream);
	rm_crew_free(&crew);
}
END_TEST

START_TEST(a_stream_is_of_one_table)
{
	struct rm_crew crew;
	struct ringmap_table_opts tables[2] = {rm_crew_table(),
					       rm_crew_table()};
	struct ArrowArrayStream stream;
	struct ringmap_error err;

	rm_crew_make(&crew, &(struct rm_crew_opts){.cpus = 1, .pages = 1});
	struct ringmap_reader *reader = rm_crew_reader(&crew, tables, 2, 1, 0);
	rm_assert_status(ringmap_reader_stream(reader, &stream),
			 RINGMAP_E_INVAL);
	ringmap_reader_error(reader, &err);
	ck_assert_int_eq(err.status, RINGMAP_E_INVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "one table"));
	ringmap_reader_unref(reader);
	rm_crew_free(&crew);
}
END_TEST

RM_MAIN(a_stream_has_a_schema_batches_and_an_end,
	a_broken_place_is_an_error_with_a_text_if_strict,
	a_stream_goes_on_behind_a_broken_place, a_stream_may_end_early,
	stop_ends_a_stream, a_stream_is_of_one_table)
