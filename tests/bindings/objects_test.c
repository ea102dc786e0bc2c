// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The objects below all languages, as a collector uses them: in any order, and
 * from other threads.
 */
#define _GNU_SOURCE
#include <objects.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

static struct rmb_reader *reader_of_calls(void)
{
	struct rmb_trace *trace = rmb_trace_open_file(WORKLOAD, NULL, &err);
	struct ringmap_table_opts *opts = new_ringmap_table_opts();

	opts->event = strdup("raw_syscalls:sys_enter");
	ringmap_table_opts_add_column(opts, "args", &err);
	ringmap_table_opts_add_column(opts, "ts", &err);

	struct rmb_reader *reader =
		new_rmb_reader(trace, opts, NULL, NULL, &err);

	no_error();
	delete_ringmap_table_opts(opts);
	delete_rmb_trace(trace);
	return reader;
}

static struct rmb_batch *next_batch(struct rmb_reader **ret)
{
	*ret = reader_of_calls();
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

static void expect_refused(struct rmb_bytes bytes)
{
	error_is(RINGMAP_E_INVAL);
	ck_assert_ptr_null(bytes.data);
	ck_assert_ptr_null(bytes.owner);
}

START_TEST(places_outside_a_page_or_index_are_refused)
{
	struct rmb_ring *ring = image();
	struct rmb_page *page = rmb_ring_next_page(ring, &err);
	struct rmb_index *index = rmb_page_index(page, &err);
	uint32_t size = rmb_page_size_get(page);
	uint32_t count = rmb_index_count_get(index);
	struct rmb_bytes none = rmb_page_bytes_at(page, size, 0, &err);

	no_error();
	ck_assert_uint_eq(none.size, 0);
	rmb_unref(none.owner);
	expect_refused(rmb_page_bytes_at(page, size, 1, &err));
	expect_refused(rmb_page_bytes_at(page, 1, size, &err));
	expect_refused(rmb_page_bytes_at(page, UINT32_MAX, 2, &err));
	ck_assert_uint_eq(count, 98);
	rmb_index_ts(index, count, &err);
	error_is(RINGMAP_E_INVAL);
	rmb_index_id(index, count - 1, &err);
	no_error();
	delete_rmb_index(index);
	delete_rmb_page(page);
	delete_rmb_ring(ring);
}
END_TEST

START_TEST(numbers_have_the_sign_and_byte_order_that_they_were_written_with)
{
	/* ts, commit; an event of 4 bytes, 5 after ts. */
	static const char big[4096] = {
		0, 0, 0, 0, 0,    0,    0,  7, /* ts */
		0, 0, 0, 0, 0,    0,    0,  8, /* commit */
		8, 0, 0, 5, 0x01, 0x02, -2, -3,
	};
	struct ringmap_image_opts *opts = new_ringmap_image_opts();

	opts->big_endian = 1;
	opts->long_size = 8;

	struct rmb_ring *ring =
		rmb_ring_open_image(big, sizeof(big), opts, &err);
	struct rmb_page *page = rmb_ring_next_page(ring, &err);

	no_error();
	ck_assert_int_eq(rmb_page_number(page, 4, 2, true, &err), 0x0102);
	ck_assert_int_eq(rmb_page_number(page, 6, 2, true, &err), -259);
	ck_assert_int_eq(rmb_page_number(page, 6, 2, false, &err), 0xfefd);

	struct rmb_event *event = rmb_page_next_event(page, &err);

	no_error();
	ck_assert_uint_eq(rmb_event_ts_get(event), 12);
	ck_assert_uint_eq(rmb_event_id_get(event), 0x0102);
	delete_rmb_event(event);
	delete_rmb_page(page);
	delete_rmb_ring(ring);
	delete_ringmap_image_opts(opts);
}
END_TEST

START_TEST(an_event_takes_whatever_comes)
{
	struct rmb_trace *trace = rmb_trace_open_file(WORKLOAD, NULL, &err);
	struct rmb_event *event = new_rmb_event();
	struct rmb_bytes first = {0};
	uint64_t bytes = 0;

	while (rmb_trace_read_event(trace, event, &err)) {
		bytes += rmb_event_size_get(event);
		if (!first.owner)
			first = rmb_event_bytes(event);
	}
	no_error();
	ck_assert_uint_eq(bytes, 1063556);
	delete_rmb_event(event);
	delete_rmb_trace(trace);
	/* irq:softirq_exit, of 12 bytes; others came where there was room. */
	ck_assert_uint_eq(first.size, 12);
	ck_assert_uint_ne(((const unsigned char *)first.data)[0], 0);
	rmb_unref(first.owner);
}
END_TEST

/* Writes the first @size bytes of a recording to a file without a name. */
static void cut_copy(size_t size, char *path, size_t room)
{
	FILE *from = fopen("tests/data/trace_dat/plain_v6.dat", "re");
	int fd = memfd_create("cut", MFD_CLOEXEC);
	char *bytes = malloc(size);

	ck_assert(from && bytes && fd >= 0);
	ck_assert_uint_eq(fread(bytes, 1, size, from), size);
	ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
	fclose(from);
	free(bytes);
	snprintf(path, room, "/proc/self/fd/%d", fd);
}

START_TEST(a_file_that_was_cut_says_where)
{
	char path[64];

	cut_copy(400000, path, sizeof(path));
	struct rmb_trace *trace = rmb_trace_open_file(path, NULL, &err);
	no_error();
	ck_assert_uint_eq(rmb_trace_flags(trace, &err), RINGMAP_TRACE_CUT);
	char *cut = rmb_trace_cut(trace, &err);
	no_error();
	ck_assert_ptr_nonnull(cut);
	ck_assert_ptr_nonnull(strstr(cut, path));
	ck_assert_ptr_nonnull(strstr(cut, "400000"));
	free(cut);
	delete_rmb_trace(trace);
	trace = rmb_trace_open_file(WORKLOAD, NULL, &err);
	ck_assert_uint_eq(rmb_trace_flags(trace, &err), 0);
	ck_assert_ptr_null(rmb_trace_cut(trace, &err));
	no_error();
	delete_rmb_trace(trace);
}
END_TEST

/* As other makers of Arrow arrays do; ours begin at 0, and none is bool. */
START_TEST(a_column_may_begin_anywhere_and_have_bits)
{
	struct rmb_reader *reader;
	struct rmb_batch *batch = next_batch(&reader);
	struct rmb_column *column = rmb_batch_column(batch, "ts", &err);
	struct ArrowArray *ts =
		((struct ArrowArray *)(uintptr_t)rmb_batch_array_address(batch))
			->children[1];
	struct ArrowSchema *schema =
		((struct ArrowSchema *)(uintptr_t)rmb_batch_schema_address(
			 batch))
			->children[1];
	const char *format = schema->format;
	int64_t first = rmb_column_number(column, 0, &err);
	int64_t second = rmb_column_number(column, 1, &err);

	ck_assert_int_lt(first, second);
	ts->offset = 1;
	ts->length--;
	ck_assert_int_eq(rmb_column_number(column, 0, &err), second);
	ts->offset = 0;
	schema->format = "b";
	for (unsigned i = 0; i < 64; i++)
		ck_assert_int_eq(rmb_column_number(column, i, &err),
				 first >> i & 1);
	ck_assert_str_eq(rmb_column_kind_get(column), "bool");
	schema->format = format;
	ts->length++;
	no_error();
	delete_rmb_column(column);
	delete_rmb_batch(batch);
	delete_rmb_reader(reader);
}
END_TEST

START_TEST(a_reader_that_is_stopped_says_so_once)
{
	struct rmb_reader *reader = reader_of_calls();

	rmb_reader_stop(reader, &err);
	ck_assert_ptr_null(rmb_reader_next_batch(reader, -1, &err));
	ck_assert(rmb_reader_stopped_get(reader));
	no_error();

	struct rmb_batch *batch = rmb_reader_next_batch(reader, -1, &err);

	ck_assert_ptr_nonnull(batch);
	ck_assert(!rmb_reader_stopped_get(reader));
	no_error();
	delete_rmb_batch(batch);
	delete_rmb_reader(reader);
}
END_TEST

/* ---- followed pages, without a kernel ------------------------------------------ */

/* Images say that they are followed; so many pages are overwritten then. */
static bool followed;
static unsigned overwritten;

/* The linker puts these between the objects and the library. */
enum ringmap_status __real_ringmap_ring_info(const struct ringmap_ring *ring,
					     struct ringmap_ring_info *info,
					     size_t size);
enum ringmap_status __wrap_ringmap_ring_info(const struct ringmap_ring *ring,
					     struct ringmap_ring_info *info,
					     size_t size);
enum ringmap_status
__real_ringmap_ring_return_page(struct ringmap_ring *ring,
				const struct ringmap_page *page);
enum ringmap_status
__wrap_ringmap_ring_return_page(struct ringmap_ring *ring,
				const struct ringmap_page *page);

enum ringmap_status __wrap_ringmap_ring_info(const struct ringmap_ring *ring,
					     struct ringmap_ring_info *info,
					     size_t size)
{
	enum ringmap_status status = __real_ringmap_ring_info(ring, info, size);

	if (followed)
		info->mode = RINGMAP_MODE_FOLLOW;
	return status;
}

enum ringmap_status
__wrap_ringmap_ring_return_page(struct ringmap_ring *ring,
				const struct ringmap_page *page)
{
	enum ringmap_status status =
		__real_ringmap_ring_return_page(ring, page);

	if (!overwritten)
		return status;
	overwritten--;
	return RINGMAP_E_OVERWRITTEN;
}

START_TEST(a_followed_page_that_was_overwritten_never_comes)
{
	followed = true;

	struct rmb_ring *ring = image();

	overwritten = 2;

	struct rmb_page *third = rmb_ring_next_page(ring, &err);

	no_error();
	ck_assert_uint_eq(overwritten, 0);
	followed = false;
	delete_rmb_ring(ring);

	/* The same pages as they are without that. */
	ring = image();
	for (int i = 0; i < 3; i++) {
		struct rmb_page *page = rmb_ring_next_page(ring, &err);

		ck_assert_int_eq(rmb_page_ts_get(page) ==
					 rmb_page_ts_get(third),
				 i == 2);
		delete_rmb_page(page);
	}
	no_error();
	delete_rmb_page(third);
	delete_rmb_ring(ring);
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
	places_outside_a_page_or_index_are_refused,
	numbers_have_the_sign_and_byte_order_that_they_were_written_with,
	an_event_takes_whatever_comes, a_file_that_was_cut_says_where,
	a_column_may_begin_anywhere_and_have_bits,
	a_reader_that_is_stopped_says_so_once,
	a_followed_page_that_was_overwritten_never_comes,
	threads_that_share_a_ring_are_told_and_do_no_harm)
