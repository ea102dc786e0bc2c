/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * image_test.c - recorded sub-buffers as a ring
 */
#include "tests/support/rm_check.h"
#include "tests/unit/map_file.h"
#include "tests/unit/recording.h"
#include "tests/unit/walk.h"

static struct ringmap_error err;

static struct ringmap_ring_stats stats_of(struct ringmap_ring *ring)
{
	struct ringmap_ring_stats stats;

	rm_assert_ok(ringmap_ring_stats(ring, &stats, sizeof(stats)));
	return stats;
}

/* Borrows the next page, walks it, and returns it intact. */
static struct ringmap_page take_page(struct ringmap_ring *ring,
				     const struct rm_generated *g)
{
	struct ringmap_page page;
	struct ringmap_event event;

	rm_assert_ok(ringmap_ring_borrow_page(ring, &page));
	for (size_t i = 0; i < g->count; i++) {
		rm_assert_ok(ringmap_page_next(&page, &event));
		ck_assert_uint_eq(event.ts, g->events[i].ts);
		ck_assert_uint_eq(event.size, g->events[i].size);
		ck_assert_uint_eq((size_t)((const uint8_t *)event.data -
					   (const uint8_t *)page.data),
				  g->events[i].offset);
	}
	rm_assert_status(ringmap_page_next(&page, &event), RINGMAP_DONE);
	rm_assert_ok(ringmap_ring_return_page(ring, &page));
	return page;
}

static void assert_done(struct ringmap_ring *ring)
{
	struct ringmap_page page;

	for (int again = 0; again < 2; again++)
		rm_assert_status(ringmap_ring_borrow_page(ring, &page),
				 RINGMAP_DONE);
}

START_TEST(pages_come_in_the_order_of_the_image)
{
	for (int i = 0; i < RM_SHAPES; i++) {
		struct ringmap_image_opts shape = rm_shapes[i];
		struct rm_recording r;

		shape.cpu = 3;
		rm_record(&r, &shape,
			  RM_SCRIPTS(
				  "TS 100; EVENT +1 'abcd'; EVENT +2 'efgh'",
				  "TS 200; LONG +1 300; REST",
				  "TS 300; EVENT 'ijkl'; EXTEND 5; EVENT 'm'"));
		struct ringmap_ring *ring = rm_recording_open(&r);
		for (uint32_t n = 0; n < 3; n++) {
			struct ringmap_page page =
				take_page(ring, r.subbufs[n]);

			ck_assert_uint_eq(page.subbuf, n);
			ck_assert_uint_eq(page.seq, n + 1);
			ck_assert_uint_eq(page.cpu, 3);
			ck_assert_uint_eq(page.lost, 0);
			ck_assert_uint_eq(page.flags & RINGMAP_PAGE_FIRST,
					  RINGMAP_PAGE_FIRST);
			ck_assert_ptr_eq(page.data,
					 r.bytes + n * r.opts.subbuf_size +
						 r.opts.data_offset);
		}
		assert_done(ring);
		ringmap_ring_unref(ring);
		rm_recording_free(&r);
	}
}
END_TEST

START_TEST(stats_count_what_was_returned)
{
	struct rm_recording r;

	rm_record(&r, NULL,
		  RM_SCRIPTS("TS 100; EVENT 'abcd'; EVENT 'efgh'", "TS 150",
			     "TS 200; LONG 300; REST", "TS 300; EVENT 'ijkl'"));
	struct ringmap_ring *ring = rm_recording_open(&r);
	struct ringmap_page page;

	ck_assert_uint_eq(stats_of(ring).pages, 0);
	/* Also if nobody walked it. */
	rm_assert_ok(ringmap_ring_borrow_page(ring, &page));
	ck_assert_uint_eq(stats_of(ring).pages, 0);
	rm_assert_ok(ringmap_ring_return_page(ring, &page));
	ck_assert_uint_eq(stats_of(ring).events, 2);
	ck_assert_uint_eq(take_page(ring, r.subbufs[2]).subbuf, 2);
	take_page(ring, r.subbufs[3]);
	assert_done(ring);
	struct ringmap_ring_stats stats = stats_of(ring);
	ck_assert_uint_eq(stats.events, 4);
	ck_assert_uint_eq(stats.bytes, 16 + 4080 + 8);
	ck_assert_uint_eq(stats.pages, 3);
	ck_assert_uint_eq(stats.subbufs, 3);
	ck_assert_uint_eq(stats.overwritten, 0);
	ck_assert_uint_eq(stats.gaps, 0);
	ck_assert_uint_eq(stats.lost, 0);
	ck_assert_uint_eq(stats.syscalls, 0);
	ck_assert_uint_eq(stats.sleeps, 0);
	ck_assert_uint_eq(stats.kernel_entries, RINGMAP_LOST_UNKNOWN);
	ck_assert_uint_eq(stats.kernel_overrun, RINGMAP_LOST_UNKNOWN);
	ck_assert_uint_eq(stats.kernel_read, RINGMAP_LOST_UNKNOWN);
	ck_assert_uint_eq(stats.kernel_dropped, RINGMAP_LOST_UNKNOWN);
	ringmap_ring_unref(ring);
	rm_recording_free(&r);
}
END_TEST

START_TEST(stored_losses_add_up)
{
	struct rm_recording r;

	rm_record(&r, NULL,
		  RM_SCRIPTS("TS 100; EVENT 'abcd'",
			     "TS 200; EVENT 'abcd'; LOST 17; HIGH 0xffffffff",
			     "TS 300; EVENT 'abcd'",
			     "TS 400; EVENT 'a'; LOST 5"));
	struct ringmap_ring *ring = rm_recording_open(&r);
	static const uint64_t lost[] = {0, 17, 0, 5};

	for (int i = 0; i < 4; i++)
		ck_assert_uint_eq(take_page(ring, r.subbufs[i]).lost, lost[i]);
	ck_assert_uint_eq(stats_of(ring).lost, 22);
	ck_assert_uint_eq(stats_of(ring).gaps, 2);
	ringmap_ring_unref(ring);
	rm_recording_free(&r);
}
END_TEST

START_TEST(unknown_loss_makes_the_sum_unknown)
{
	struct rm_recording r;

	rm_record(&r, NULL,
		  RM_SCRIPTS("TS 100; EVENT 'abcd'; LOST 3",
			     "TS 200; EVENT 'abcd'; LOST ?",
			     "TS 300; EVENT 'abcd'; LOST 5"));
	struct ringmap_ring *ring = rm_recording_open(&r);
	static const uint64_t lost[] = {3, RINGMAP_LOST_UNKNOWN, 5};

	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(take_page(ring, r.subbufs[i]).lost, lost[i]);
	ck_assert_uint_eq(stats_of(ring).lost, RINGMAP_LOST_UNKNOWN);
	ck_assert_uint_eq(stats_of(ring).gaps, 3);
	ringmap_ring_unref(ring);
	rm_recording_free(&r);
}
END_TEST

START_TEST(counts_too_large_to_add_up_are_unknown)
{
	struct rm_recording r;

	rm_record(&r, NULL,
		  RM_SCRIPTS("TS 100; LOST 0x8000000000000000",
			     "TS 200; EVENT 'a'; LOST 0x8000000000000000",
			     "TS 300; EVENT 'b'; LOST 0x8000000000000000"));
	struct ringmap_ring *ring = rm_recording_open(&r);

	ck_assert_uint_eq(take_page(ring, r.subbufs[1]).lost,
			  RINGMAP_LOST_UNKNOWN);
	take_page(ring, r.subbufs[2]);
	ck_assert_uint_eq(stats_of(ring).lost, RINGMAP_LOST_UNKNOWN);
	ck_assert_uint_eq(stats_of(ring).gaps, 2);
	ringmap_ring_unref(ring);
	rm_recording_free(&r);
}
END_TEST

START_TEST(loss_before_an_empty_sub_buffer_goes_to_the_next_page)
{
	struct rm_recording r;

	rm_record(&r, NULL,
		  RM_SCRIPTS("TS 100; LOST 3", "TS 200; LOST 4",
			     "TS 300; EVENT 'abcd'; LOST 5", "TS 400; LOST 6"));
	struct ringmap_ring *ring = rm_recording_open(&r);

	ck_assert_uint_eq(take_page(ring, r.subbufs[2]).lost, 12);
	assert_done(ring);
	/* The last one has no page behind it, but is lost all the same. */
	ck_assert_uint_eq(stats_of(ring).lost, 18);
	ck_assert_uint_eq(stats_of(ring).gaps, 2);
	ringmap_ring_unref(ring);
	rm_recording_free(&r);
}
END_TEST

START_TEST(sub_buffer_with_a_broken_header_is_skipped_with_a_gap)
{
	struct rm_recording r;

	rm_record(&r, NULL,
		  RM_SCRIPTS("TS 100; EVENT 'abcd'", "TS 200; COMMIT 4081",
			     "TS 300; EVENT 'efgh'"));
	struct ringmap_ring *ring = rm_recording_open(&r);
	struct ringmap_page page;

	take_page(ring, r.subbufs[0]);
	rm_assert_status(ringmap_ring_borrow_page(ring, &page),
			 RINGMAP_E_CORRUPT);
	ringmap_ring_error(ring, &err);
	ck_assert_int_eq(err.status, RINGMAP_E_CORRUPT);
	ck_assert_ptr_nonnull(strstr(err.text, "sub-buffer 1"));
	/* Where the commit word is. */
	ck_assert_ptr_nonnull(strstr(err.text, "byte 4104"));
	ck_assert_uint_eq(take_page(ring, r.subbufs[2]).lost,
			  RINGMAP_LOST_UNKNOWN);
	assert_done(ring);
	ck_assert_uint_eq(stats_of(ring).lost, RINGMAP_LOST_UNKNOWN);
	ck_assert_uint_eq(stats_of(ring).gaps, 1);
	ck_assert_uint_eq(stats_of(ring).pages, 2);
	ringmap_ring_unref(ring);
	rm_recording_free(&r);
}
END_TEST

START_TEST(events_before_a_broken_one_stand)
{
	struct rm_recording r;

	rm_record(&r, NULL,
		  RM_SCRIPTS("TS 100; EVENT 'a'; EVENT 'b'; HEADER 30 +1",
			     "TS 300; EVENT 'efgh'"));
	struct ringmap_ring *ring = rm_recording_open(&r);
	struct ringmap_page page;

	rm_assert_ok(ringmap_ring_borrow_page(ring, &page));
	rm_assert_status(ringmap_ring_return_page(ring, &page),
			 RINGMAP_E_CORRUPT);
	ck_assert_uint_eq(page.pos, 16);
	ck_assert_uint_eq(stats_of(ring).events, 2);
	ringmap_ring_error(ring, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "offset 16"));
	ck_assert_uint_eq(take_page(ring, r.subbufs[1]).lost,
			  RINGMAP_LOST_UNKNOWN);
	ck_assert_uint_eq(stats_of(ring).lost, RINGMAP_LOST_UNKNOWN);
	ck_assert_uint_eq(stats_of(ring).gaps, 1);
	ck_assert_uint_eq(stats_of(ring).overwritten, 0);
	ringmap_ring_unref(ring);
	rm_recording_free(&r);
}
END_TEST

START_TEST(image_that_ends_inside_a_sub_buffer_is_corrupt)
{
	struct rm_recording r;
	struct ringmap_ring *ring = NULL;

	rm_record(&r, NULL, RM_SCRIPTS("TS 1; EVENT 'a'", "TS 2; EVENT 'b'"));
	static const size_t sizes[] = {1, 15, 4095, 4100, 8191};
	for (int i = 0; i < 5; i++) {
		rm_assert_error(ringmap_ring_open_image(r.bytes, sizes[i],
							&r.opts, &ring, &err),
				RINGMAP_E_CORRUPT, &err);
		ck_assert_ptr_null(ring);
	}
	rm_recording_free(&r);
}
END_TEST

START_TEST(empty_image_is_done)
{
	struct ringmap_ring *ring;
	struct ringmap_ring_info info;

	rm_assert_ok(ringmap_ring_open_image(NULL, 0, NULL, &ring, &err));
	rm_assert_ok(ringmap_ring_info(ring, &info, sizeof(info)));
	ck_assert_uint_eq(info.nr_subbufs, 0);
	rm_assert_status(ringmap_ring_wait(ring, -1), RINGMAP_DONE);
	assert_done(ring);
	ringmap_ring_unref(ring);
}
END_TEST

START_TEST(absurd_arguments_are_refused)
{
	_Alignas(8) static const uint8_t image[4096 + 4];
	struct ringmap_ring *ring = NULL;

	rm_assert_error(ringmap_ring_open_image(image, 4096, NULL, NULL, &err),
			RINGMAP_E_INVAL, &err);
	rm_assert_error(ringmap_ring_open_image(NULL, 4096, NULL, &ring, &err),
			RINGMAP_E_INVAL, &err);
	for (int odd = 1; odd < 4; odd++)
		rm_assert_error(ringmap_ring_open_image(image + odd, 4096, NULL,
							&ring, &err),
				RINGMAP_E_INVAL, &err);
	/* Without a place for the error's detail. */
	rm_assert_status(
		ringmap_ring_open_image(image + 1, 4096, NULL, &ring, NULL),
		RINGMAP_E_INVAL);
	ck_assert_ptr_null(ring);
	rm_assert_ok(
		ringmap_ring_open_image(image + 4, 4096, NULL, &ring, &err));
	ringmap_ring_unref(ring);
}
END_TEST

START_TEST(absurd_shapes_are_refused)
{
	_Alignas(8) static const uint8_t image[4096];
	const size_t sz = sizeof(struct ringmap_image_opts);
	const struct ringmap_image_opts absurd[] = {
		{.sz = 0},
		{.sz = sizeof(size_t) - 1},
		{.sz = sz, .subbuf_size = 4},
		{.sz = sz, .subbuf_size = 20},
		{.sz = sz, .subbuf_size = 4098},
		{.sz = sz, .subbuf_size = (1u << 20) + 4},
		{.sz = sz, .subbuf_size = 0xfffffffc},
		{.sz = sz, .long_size = 1},
		{.sz = sz, .long_size = 16},
		{.sz = sz, .data_offset = 4},
		{.sz = sz, .data_offset = 12},
		{.sz = sz, .data_offset = 17},
		{.sz = sz, .data_offset = 68},
		{.sz = sz, .data_offset = 0xfffffff0},
		{.sz = sz, .long_size = 4, .data_offset = 8},
		{.sz = sz, .big_endian = 2},
		{.sz = sz, .reserved = 1},
	};
	struct ringmap_ring *ring = NULL;

	for (size_t i = 0; i < sizeof(absurd) / sizeof(*absurd); i++) {
		ck_assert_msg(ringmap_ring_open_image(image, 0, &absurd[i],
						      &ring,
						      &err) == RINGMAP_E_INVAL,
			      "shape %zu was accepted", i);
		ck_assert_ptr_null(ring);
	}
}
END_TEST

START_TEST(options_of_an_older_caller_have_defaults)
{
	struct rm_recording r;
	struct ringmap_ring *ring;
	struct ringmap_ring_info info;
	struct ringmap_image_opts opts = {
		.sz = offsetof(struct ringmap_image_opts, subbuf_size),
		.cpu = 9,
		.subbuf_size = 1,
		.long_size = 1,
	};

	rm_record(&r, NULL, RM_SCRIPTS("TS 1; EVENT 'a'"));
	rm_assert_ok_err(
		ringmap_ring_open_image(r.bytes, r.size, &opts, &ring, &err),
		&err);
	rm_assert_ok(ringmap_ring_info(ring, &info, sizeof(info)));
	ck_assert_uint_eq(info.cpu, 9);
	ck_assert_uint_eq(info.subbuf_size, 4096);
	ck_assert_uint_eq(info.long_size, 8);
	take_page(ring, r.subbufs[0]);
	ringmap_ring_unref(ring);
	rm_recording_free(&r);
}
END_TEST

START_TEST(options_of_a_newer_caller_must_be_zero)
{
	_Alignas(8) static const uint8_t image[4096];
	struct {
		struct ringmap_image_opts known;
		uint64_t newer;
	} opts = {.known = {.sz = sizeof(opts)}};
	struct ringmap_ring *ring = NULL;

	rm_assert_ok(
		ringmap_ring_open_image(image, 4096, &opts.known, &ring, &err));
	ringmap_ring_unref(ring);
	ring = NULL;
	opts.newer = UINT64_C(1) << 63;
	rm_assert_error(
		ringmap_ring_open_image(image, 4096, &opts.known, &ring, &err),
		RINGMAP_E_INVAL, &err);
	ck_assert_ptr_null(ring);
}
END_TEST

START_TEST(info_says_what_was_opened)
{
	for (int i = 0; i < RM_SHAPES; i++) {
		struct rm_recording r;
		struct ringmap_ring_info info;

		rm_record(&r, &rm_shapes[i], RM_SCRIPTS("TS 1", "TS 2"));
		struct ringmap_ring *ring = rm_recording_open(&r);
		rm_assert_ok(ringmap_ring_info(ring, &info, sizeof(info)));
		ck_assert_uint_eq(info.mode, RINGMAP_MODE_IMAGE);
		ck_assert_uint_eq(info.cpu, 0);
		ck_assert_uint_eq(info.nr_subbufs, 2);
		ck_assert_uint_eq(info.subbuf_size, r.opts.subbuf_size);
		ck_assert_uint_eq(info.data_offset, r.opts.data_offset);
		ck_assert_uint_eq(info.long_size, r.opts.long_size);
		ck_assert_uint_eq(info.big_endian, r.opts.big_endian);
		ringmap_ring_unref(ring);
		rm_recording_free(&r);
	}
}
END_TEST

START_TEST(image_has_no_descriptor_and_no_snapshot)
{
	struct rm_recording r;
	size_t need = 7;

	rm_record(&r, NULL, RM_SCRIPTS("TS 1; EVENT 'a'"));
	const int descriptors = rm_open_descriptors();
	struct ringmap_ring *ring = rm_recording_open(&r);
	ck_assert_int_eq(rm_open_descriptors(), descriptors);
	ck_assert_int_eq(ringmap_ring_fd(ring), -1);
	rm_assert_status(ringmap_ring_snapshot(ring, NULL, 0, &need),
			 RINGMAP_E_UNSUPPORTED);
	ringmap_ring_error(ring, &err);
	ck_assert_int_eq(err.status, RINGMAP_E_UNSUPPORTED);
	ck_assert(ringmap_ring_mode_reason(ring)[0]);
	ringmap_ring_unref(ring);
	rm_recording_free(&r);
}
END_TEST

START_TEST(waiting_never_sleeps)
{
	struct rm_recording r;

	rm_record(&r, NULL, RM_SCRIPTS("TS 1; EVENT 'a'", "TS 2; EVENT 'b'"));
	struct ringmap_ring *ring = rm_recording_open(&r);
	rm_assert_ok(ringmap_ring_wait(ring, -1));
	/* There is nothing to stop, now or later. */
	rm_assert_ok(ringmap_ring_stop(ring));
	take_page(ring, r.subbufs[0]);
	rm_assert_ok(ringmap_ring_wait(ring, -1));
	take_page(ring, r.subbufs[1]);
	rm_assert_status(ringmap_ring_wait(ring, -1), RINGMAP_DONE);
	assert_done(ring);
	rm_assert_status(ringmap_ring_wait(ring, -1), RINGMAP_DONE);
	ck_assert_uint_eq(stats_of(ring).sleeps, 0);
	ringmap_ring_unref(ring);
	rm_recording_free(&r);
}
END_TEST

RM_MAIN(pages_come_in_the_order_of_the_image, stats_count_what_was_returned,
	stored_losses_add_up, unknown_loss_makes_the_sum_unknown,
	counts_too_large_to_add_up_are_unknown,
	loss_before_an_empty_sub_buffer_goes_to_the_next_page,
	sub_buffer_with_a_broken_header_is_skipped_with_a_gap,
	events_before_a_broken_one_stand,
	image_that_ends_inside_a_sub_buffer_is_corrupt, empty_image_is_done,
	absurd_arguments_are_refused, absurd_shapes_are_refused,
	options_of_an_older_caller_have_defaults,
	options_of_a_newer_caller_must_be_zero, info_says_what_was_opened,
	image_has_no_descriptor_and_no_snapshot, waiting_never_sleeps)
