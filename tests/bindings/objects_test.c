// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The objects below all languages, as a collector uses them: in any order, and
 * from other threads.
 */
#include <objects.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/rm_check.h"

#define WORKLOAD "tests/data/recordings/workload"

static struct ringmap_error err;

static void no_error(void)
{
	ck_assert_msg(err.status == RINGMAP_OK, "%s", err.text);
}

static void error_is(enum ringmap_status status)
{
	ck_assert_int_eq(err.status, (int)status);
	ck_assert(err.text[0]);
	memset(&err, 0, sizeof(err));
}

static struct rmb_ring *image(void)
{
	FILE *file = fopen(WORKLOAD "/per_cpu/cpu0/trace_pipe_raw", "re");
	static char data[16 * 4096];

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fread(data, 4096, 16, file), 16);
	fclose(file);

	struct rmb_ring *ring =
		rmb_ring_open_image(data, sizeof(data), NULL, &err);

	/* It has a copy. */
	memset(data, 0xff, sizeof(data));
	no_error();
	return ring;
}

START_TEST(bytes_stay_while_their_owner_is_held)
{
	struct rmb_ring *ring = image();
	struct rmb_page *page = rmb_ring_borrow_page(ring, &err);
	struct rmb_bytes bytes = rmb_page_bytes(page, &err);
	unsigned before = 0, after = 0;

	for (size_t i = 0; i < bytes.size; i++)
		before += ((const unsigned char *)bytes.data)[i];
	rmb_ring_return_page(ring, page, &err);
	no_error();
	rmb_ring_close(ring, &err);
	delete_rmb_page(page);
	delete_rmb_ring(ring);
	for (size_t i = 0; i < bytes.size; i++)
		after += ((const unsigned char *)bytes.data)[i];
	ck_assert_uint_eq(before, after);
	ck_assert_uint_eq(before, 143853);
	rmb_unref(bytes.owner);
}
END_TEST

START_TEST(arrays_of_an_index_stay_when_it_grows)
{
	struct rmb_ring *ring = image();
	struct rmb_index *index = new_rmb_index();
	struct rmb_page *page = rmb_ring_next_page(ring, &err);

	ck_assert_uint_eq(rmb_index_read_page(index, page, &err), 98);
	delete_rmb_page(page);

	struct rmb_bytes ts = rmb_index_ts_bytes(index);

	ck_assert_uint_eq(ts.size, 98 * sizeof(uint64_t));
	while ((page = rmb_ring_next_page(ring, &err))) {
		rmb_index_read_page(index, page, &err);
		no_error();
		delete_rmb_page(page);
	}
	delete_rmb_index(index);
	delete_rmb_ring(ring);
	ck_assert_uint_gt(*(const uint64_t *)ts.data, 0);
	rmb_unref(ts.owner);
}
END_TEST

static struct rmb_batch *next_batch(struct rmb_reader **ret)
{
	struct rmb_trace *trace = rmb_trace_open_file(WORKLOAD, NULL, &err);
	struct ringmap_table_opts *opts = new_ringmap_table_opts();

	opts->event = strdup("raw_syscalls:sys_enter");
	ringmap_table_opts_add_column(opts, "args", &err);
	ringmap_table_opts_add_column(opts, "ts", &err);
	*ret = new_rmb_reader(trace, opts, NULL, NULL, &err);
	no_error();
	delete_ringmap_table_opts(opts);
	delete_rmb_trace(trace);
	return rmb_reader_next_batch(*ret, 0, &err);
}

START_TEST(a_batch_that_was_moved_is_stale)
{
	struct rmb_reader *reader;
	struct rmb_batch *batch = next_batch(&reader);
	struct rmb_column *args = rmb_batch_column(batch, "args", &err);
	struct ArrowArray *array =
		(struct ArrowArray *)(uintptr_t)rmb_batch_array_address(batch);
	struct ArrowArray moved = *array;

	array->release = NULL;
	rmb_column_list_length(args, 0, &err);
	error_is(RINGMAP_E_STALE);
	rmb_column_items(args, &err);
	error_is(RINGMAP_E_STALE);
	ck_assert_uint_eq(rmb_batch_rows_get(batch), 0);
	delete_rmb_batch(batch);
	delete_rmb_column(args);
	moved.release(&moved);
	delete_rmb_reader(reader);
}
END_TEST

START_TEST(a_stream_outlives_its_reader_and_has_the_rows_alone)
{
	struct rmb_reader *reader;
	struct rmb_batch *batch = next_batch(&reader);
	struct rmb_stream *stream = rmb_reader_stream(reader, &err);
	struct ArrowArrayStream *arrow =
		(struct ArrowArrayStream *)(uintptr_t)rmb_stream_address(
			stream);
	struct ArrowArray rows;

	delete_rmb_batch(batch);
	ck_assert_ptr_null(rmb_reader_next_batch(reader, 0, &err));
	error_is(RINGMAP_E_BUSY);
	delete_rmb_reader(reader);
	ck_assert_int_eq(arrow->get_next(arrow, &rows), 0);
	if (rows.release)
		rows.release(&rows);
	delete_rmb_stream(stream);
}
END_TEST

START_TEST(a_field_of_another_event_is_refused)
{
	struct rmb_trace *trace = rmb_trace_open_file(WORKLOAD, NULL, &err);
	struct rmb_schema *schema = rmb_trace_schema(trace, &err);
	struct rmb_format *format =
		rmb_schema_format(schema, "sched:sched_switch", &err);
	struct rmb_field *field = rmb_format_field(format, "next_pid", &err);
	struct rmb_event *event = new_rmb_event();

	no_error();
	rmb_field_number(field, event, &err);
	error_is(RINGMAP_E_CORRUPT);
	/* softirq_exit has 12 bytes. */
	ck_assert(rmb_trace_read_event(trace, event, &err));
	rmb_field_number(field, event, &err);
	error_is(RINGMAP_E_CORRUPT);
	delete_rmb_schema(schema);
	delete_rmb_format(format);
	delete_rmb_trace(trace);
	delete_rmb_field(field);
	delete_rmb_event(event);
}
END_TEST

/* Each walks the ring as if it were its own, and closes it. */
static void *use(void *arg)
{
	struct rmb_ring *ring = arg;

	for (int i = 0; i < 200; i++) {
		struct ringmap_error mine = {0};
		struct rmb_page *page = rmb_ring_next_page(ring, &mine);

		if (page) {
			struct rmb_index *index = rmb_page_index(page, &mine);

			delete_rmb_index(index);
			delete_rmb_page(page);
		}
		rmb_ring_stop(ring, &mine);
		if (i == 100)
			rmb_ring_close(ring, &mine);
		sched_yield();
	}
	delete_rmb_ring(ring);
	return NULL;
}

START_TEST(threads_that_share_a_ring_are_told_and_do_no_harm)
{
	for (int round = 0; round < 20; round++) {
		struct rmb_ring *ring = image();
		pthread_t thread;

		/* As many references as users. */
		rmb_ref(ring);
		ck_assert_int_eq(pthread_create(&thread, NULL, use, ring), 0);
		use(ring);
		pthread_join(thread, NULL);
	}
}
END_TEST

RM_MAIN(bytes_stay_while_their_owner_is_held,
	arrays_of_an_index_stay_when_it_grows, a_batch_that_was_moved_is_stale,
	a_stream_outlives_its_reader_and_has_the_rows_alone,
	a_field_of_another_event_is_refused,
	threads_that_share_a_ring_are_told_and_do_no_harm)
