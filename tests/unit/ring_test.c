/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * ring_test.c - references, borrowed pages, and what a ring tells of itself
 */
#define _GNU_SOURCE
#include "ring/ring.h"
#include "tests/support/rm_check.h"
#include "tests/unit/map_file.h"
#include "tests/unit/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

static struct ringmap_error err;

static const struct ringmap_ring_opts follow = {
	.sz = sizeof(follow), .cpu = 5, .mode = RINGMAP_MODE_FOLLOW};

/* A ring in follow mode over sub-buffers that stand still. */
struct fixture {
	struct rm_map_file file;
	struct rm_still still;
	struct ringmap_ring *ring;
};

static void set_up(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->still.stats.entries = 4;
	rm_map_file_make(&f->file,
			 RM_SCRIPTS("TS 1", "TS 10; EVENT 'a'; EVENT +1 'b'",
				    "TS 20; EVENT 'c'", "TS 30; EVENT 'd'"));
	rm_assert_ok_err(
		rm_still_open(&f->still, &f->file, &follow, &f->ring, &err),
		&err);
}

static void tear_down(struct fixture *f)
{
	ringmap_ring_unref(f->ring);
	rm_map_file_free(&f->file);
}

static struct ringmap_page borrow(struct fixture *f)
{
	struct ringmap_page page;

	rm_assert_ok(ringmap_ring_borrow_page(f->ring, &page));
	return page;
}

static enum ringmap_status last_error(const struct fixture *f)
{
	ringmap_ring_error(f->ring, &err);
	return (enum ringmap_status)err.status;
}

START_TEST(last_unref_lets_go_of_everything)
{
	const int descriptors = rm_open_descriptors();
	struct fixture f;

	set_up(&f);
	ck_assert_int_eq(rm_map_file_mappings(), 1);
	int fd = ringmap_ring_fd(f.ring);
	ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
	ck_assert_ptr_eq(ringmap_ring_ref(f.ring), f.ring);
	ringmap_ring_unref(f.ring);
	ck_assert_int_eq(f.still.freed, 0);
	ck_assert_int_eq(rm_map_file_mappings(), 1);
	ringmap_ring_unref(f.ring);
	ck_assert_int_eq(f.still.freed, 1);
	ck_assert_int_eq(rm_map_file_mappings(), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	rm_map_file_free(&f.file);
	ck_assert_int_eq(rm_open_descriptors(), descriptors);
}
END_TEST

START_TEST(unref_of_nothing_does_nothing)
{
	ringmap_ring_unref(NULL);
	ringmap_trace_unref(NULL);
}
END_TEST

START_TEST(page_stays_readable_while_a_reference_lives)
{
	struct fixture f;

	set_up(&f);
	struct ringmap_page page = borrow(&f);
	ringmap_ring_ref(f.ring);
	ringmap_ring_unref(f.ring);
	struct ringmap_event event;
	rm_assert_ok(ringmap_page_next(&page, &event));
	ck_assert_mem_eq(event.data, "a\0\0\0", 4);
	/* And a page that is out does not hold the ring. */
	tear_down(&f);
	ck_assert_int_eq(f.still.freed, 1);
}
END_TEST

static void *ref_and_unref(void *ring)
{
	for (int i = 0; i < 10000; i++)
		ringmap_ring_unref(ringmap_ring_ref(ring));
	ringmap_ring_unref(ring);
	return NULL;
}

START_TEST(references_may_be_taken_by_any_thread)
{
	pthread_t threads[4];
	struct fixture f;

	set_up(&f);
	for (int i = 0; i < 4; i++)
		ck_assert(!pthread_create(&threads[i], NULL, ref_and_unref,
					  ringmap_ring_ref(f.ring)));
	for (int i = 0; i < 4; i++)
		ck_assert(!pthread_join(threads[i], NULL));
	ck_assert_int_eq(f.still.freed, 0);
	tear_down(&f);
	ck_assert_int_eq(f.still.freed, 1);
}
END_TEST

START_TEST(descriptor_is_made_close_on_exec_and_not_duplicated)
{
	static const enum ringmap_mode modes[] = {RINGMAP_MODE_FOLLOW,
						  RINGMAP_MODE_CONSUME};

	for (int i = 0; i < 2; i++) {
		const struct ringmap_ring_opts opts = {
			.sz = sizeof(opts),
			.mode = (uint32_t)modes[i],
			.flags = RINGMAP_RING_OVERWRITES,
			.clock = "mono"};
		struct fixture f;
		struct ringmap_ring *ring;

		set_up(&f);
		int fd = dup(f.file.fd);
		ck_assert_int_eq(fcntl(fd, F_GETFD), 0);
		ck_assert(!fcntl(fd, F_SETFL, 0));
		const int descriptors = rm_open_descriptors();
		rm_assert_ok_err(rm_ring_open_raw(fd, &opts, &ring, &err),
				 &err);
		ck_assert_int_eq(ringmap_ring_fd(ring), fd);
		ck_assert_int_eq(rm_open_descriptors(), descriptors);
		ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
		/* Others may share the open file, and rely on the flag. */
		ck_assert_int_eq(!(fcntl(fd, F_GETFL) & O_NONBLOCK),
				 modes[i] == RINGMAP_MODE_FOLLOW);
		ringmap_ring_unref(ring);
		ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
		tear_down(&f);
	}
}
END_TEST

START_TEST(all_events_of_the_map_are_handed_out)
{
	char letters[8] = "";
	struct fixture f;
	struct ringmap_page page;

	set_up(&f);
	while (ringmap_ring_borrow_page(f.ring, &page) == RINGMAP_OK) {
		struct ringmap_event event;

		ck_assert_uint_eq(page.cpu, 5);
		while (ringmap_page_next(&page, &event) == RINGMAP_OK)
			strncat(letters, event.data, 1);
		rm_assert_ok(ringmap_ring_return_page(f.ring, &page));
	}
	ck_assert_str_eq(letters, "abcd");
	tear_down(&f);
}
END_TEST

START_TEST(borrow_twice_is_busy)
{
	struct fixture f;
	struct ringmap_page again;

	set_up(&f);
	struct ringmap_page page = borrow(&f);
	for (int i = 0; i < 2; i++) {
		rm_assert_status(ringmap_ring_borrow_page(f.ring, &again),
				 RINGMAP_E_BUSY);
		rm_assert_status(last_error(&f), RINGMAP_E_BUSY);
	}
	rm_assert_ok(ringmap_ring_return_page(f.ring, &page));
	again = borrow(&f);
	ck_assert_uint_eq(again.seq, page.seq + 1);
	tear_down(&f);
}
END_TEST

START_TEST(return_twice_is_stale)
{
	struct fixture f;

	set_up(&f);
	struct ringmap_page page = borrow(&f);
	struct ringmap_page copy = page;
	rm_assert_ok(ringmap_ring_return_page(f.ring, &page));
	rm_assert_status(ringmap_ring_return_page(f.ring, &page),
			 RINGMAP_E_STALE);
	rm_assert_status(ringmap_ring_return_page(f.ring, &copy),
			 RINGMAP_E_STALE);
	rm_assert_status(last_error(&f), RINGMAP_E_STALE);
	tear_down(&f);
}
END_TEST

START_TEST(page_of_an_earlier_borrow_is_stale)
{
	struct fixture f;

	set_up(&f);
	struct ringmap_page first = borrow(&f);
	rm_assert_ok(ringmap_ring_return_page(f.ring, &first));
	struct ringmap_page second = borrow(&f);
	rm_assert_status(ringmap_ring_return_page(f.ring, &first),
			 RINGMAP_E_STALE);
	/* The page that is out is none the worse for it. */
	rm_assert_ok(ringmap_ring_return_page(f.ring, &second));
	tear_down(&f);
}
END_TEST

START_TEST(page_that_was_never_borrowed_is_stale)
{
	struct ringmap_page none = {.data = NULL};
	struct fixture f;

	set_up(&f);
	rm_assert_status(ringmap_ring_return_page(f.ring, &none),
			 RINGMAP_E_STALE);
	struct ringmap_page page = borrow(&f);
	rm_assert_status(ringmap_ring_return_page(f.ring, &none),
			 RINGMAP_E_STALE);
	struct ringmap_page other = page;
	other.data = (const uint8_t *)page.data + 4;
	rm_assert_status(ringmap_ring_return_page(f.ring, &other),
			 RINGMAP_E_STALE);
	other = page;
	other.size += 4;
	rm_assert_status(ringmap_ring_return_page(f.ring, &other),
			 RINGMAP_E_STALE);
	other = page;
	other.seq++;
	rm_assert_status(ringmap_ring_return_page(f.ring, &other),
			 RINGMAP_E_STALE);
	rm_assert_ok(ringmap_ring_return_page(f.ring, &page));
	tear_down(&f);
}
END_TEST

START_TEST(overwritten_page_is_back_all_the_same)
{
	struct ringmap_ring_stats stats;
	struct fixture f;

	set_up(&f);
	struct ringmap_page page = borrow(&f);
	rm_map_file_write(&f.file, page.subbuf, "TS 40; EVENT 'x'; EVENT 'y'");
	rm_assert_status(ringmap_ring_return_page(f.ring, &page),
			 RINGMAP_E_OVERWRITTEN);
	rm_assert_status(ringmap_ring_return_page(f.ring, &page),
			 RINGMAP_E_STALE);
	page = borrow(&f);
	ck_assert_uint_eq(page.lost, RINGMAP_LOST_UNKNOWN);
	rm_assert_ok(ringmap_ring_stats(f.ring, &stats, sizeof(stats)));
	ck_assert_uint_eq(stats.overwritten, 1);
	ck_assert_uint_eq(stats.events, 0);
	tear_down(&f);
}
END_TEST

START_TEST(error_is_zero_while_there_was_none)
{
	static const struct ringmap_error none;
	struct fixture f;

	set_up(&f);
	memset(&err, 0xff, sizeof(err));
	ringmap_ring_error(f.ring, &err);
	ck_assert_mem_eq(&err, &none, sizeof(err));
	tear_down(&f);
}
END_TEST

START_TEST(info_and_stats_fit_callers_of_any_age)
{
	struct {
		struct ringmap_ring_info info;
		uint64_t newer;
	} large;
	struct {
		struct ringmap_ring_stats stats;
		uint64_t newer;
	} many;
	struct ringmap_ring_info small;
	struct fixture f;

	set_up(&f);
	memset(&large, 0xff, sizeof(large));
	rm_assert_ok(ringmap_ring_info(f.ring, &large.info, sizeof(large)));
	ck_assert_uint_eq(large.newer, 0);
	ck_assert_uint_eq(large.info.cpu, 5);
	ck_assert_uint_eq(large.info.mode, RINGMAP_MODE_FOLLOW);
	ck_assert_uint_eq(large.info.nr_subbufs, 4);
	memset(&small, 0xff, sizeof(small));
	rm_assert_ok(ringmap_ring_info(f.ring, &small, 8));
	ck_assert_mem_eq(&small, &large.info, 8);
	ck_assert_uint_eq(small.subbuf_size, UINT32_MAX);
	memset(&many, 0xff, sizeof(many));
	rm_assert_ok(ringmap_ring_stats(f.ring, &many.stats, sizeof(many)));
	ck_assert_uint_eq(many.newer, 0);
	ck_assert_uint_eq(many.stats.kernel_entries, 4);
	ck_assert_uint_eq(many.stats.kernel_overrun, 0);
	memset(&many, 0xff, sizeof(many));
	rm_assert_ok(ringmap_ring_stats(f.ring, &many.stats, 8));
	ck_assert_uint_eq(many.stats.events, 0);
	ck_assert_uint_eq(many.stats.bytes, UINT64_MAX);
	tear_down(&f);
}
END_TEST

START_TEST(info_and_stats_refuse_nothing)
{
	struct ringmap_ring_info info;
	struct ringmap_ring_stats stats;
	struct fixture f;

	set_up(&f);
	rm_assert_status(ringmap_ring_info(NULL, &info, sizeof(info)),
			 RINGMAP_E_INVAL);
	rm_assert_status(ringmap_ring_info(f.ring, NULL, sizeof(info)),
			 RINGMAP_E_INVAL);
	rm_assert_status(ringmap_ring_info(f.ring, &info, 0), RINGMAP_E_INVAL);
	rm_assert_status(ringmap_ring_stats(NULL, &stats, sizeof(stats)),
			 RINGMAP_E_INVAL);
	rm_assert_status(ringmap_ring_stats(f.ring, NULL, sizeof(stats)),
			 RINGMAP_E_INVAL);
	rm_assert_status(ringmap_ring_stats(f.ring, &stats, 0),
			 RINGMAP_E_INVAL);
	tear_down(&f);
}
END_TEST

START_TEST(kernel_counts_that_cannot_be_had_are_unknown)
{
	struct ringmap_ring_stats stats;
	struct fixture f;

	set_up(&f);
	f.still.stats_error = EACCES;
	rm_assert_ok(ringmap_ring_stats(f.ring, &stats, sizeof(stats)));
	ck_assert_uint_eq(stats.kernel_entries, RINGMAP_LOST_UNKNOWN);
	ck_assert_uint_eq(stats.kernel_overrun, RINGMAP_LOST_UNKNOWN);
	ck_assert_uint_eq(stats.kernel_read, RINGMAP_LOST_UNKNOWN);
	ck_assert_uint_eq(stats.kernel_dropped, RINGMAP_LOST_UNKNOWN);
	tear_down(&f);
}
END_TEST

START_TEST(failed_open_leaves_source_and_descriptor_alone)
{
	struct rm_map_file file;
	struct rm_still still = {.freed = 0};
	struct ringmap_ring *ring = NULL;

	rm_map_file_make(&file, RM_SCRIPTS("TS 1", "TS 2"));
	const int descriptors = rm_open_descriptors();
	still.info.overwrite_off = true;
	rm_assert_error(rm_still_open(&still, &file, &follow, &ring, &err),
			RINGMAP_E_UNSUPPORTED, &err);
	still.info = (struct rm_source_info){.coarse_clock = true};
	rm_assert_error(rm_still_open(&still, &file, &follow, &ring, &err),
			RINGMAP_E_UNSUPPORTED, &err);
	file.meta->reader_id = 2;
	still.info = (struct rm_source_info){.coarse_clock = false};
	rm_assert_error(rm_still_open(&still, &file, &follow, &ring, &err),
			RINGMAP_E_CORRUPT, &err);
	ck_assert_ptr_null(ring);
	ck_assert_int_eq(still.freed, 0);
	ck_assert_int_eq(rm_open_descriptors(), descriptors);
	ck_assert_int_eq(rm_map_file_mappings(), 0);
	ck_assert_int_eq(fcntl(file.fd, F_GETFL) & O_NONBLOCK, 0);
	rm_map_file_free(&file);
}
END_TEST

START_TEST(null_is_refused_by_calls_that_say_so)
{
	struct ringmap_page page;
	struct fixture f;

	set_up(&f);
	rm_assert_status(ringmap_ring_borrow_page(NULL, &page),
			 RINGMAP_E_INVAL);
	rm_assert_status(ringmap_ring_borrow_page(f.ring, NULL),
			 RINGMAP_E_INVAL);
	rm_assert_status(ringmap_ring_return_page(NULL, &page),
			 RINGMAP_E_INVAL);
	rm_assert_status(ringmap_ring_return_page(f.ring, NULL),
			 RINGMAP_E_INVAL);
	rm_assert_ok(ringmap_ring_borrow_page(f.ring, &page));
	rm_assert_status(ringmap_ring_return_page(f.ring, NULL),
			 RINGMAP_E_INVAL);
	rm_assert_ok(ringmap_ring_return_page(f.ring, &page));
	rm_assert_status(ringmap_ring_wait(NULL, 0), RINGMAP_E_INVAL);
	rm_assert_status(ringmap_ring_stop(NULL), RINGMAP_E_INVAL);
	tear_down(&f);
}
END_TEST

RM_MAIN(last_unref_lets_go_of_everything, unref_of_nothing_does_nothing,
	page_stays_readable_while_a_reference_lives,
	references_may_be_taken_by_any_thread,
	descriptor_is_made_close_on_exec_and_not_duplicated,
	all_events_of_the_map_are_handed_out, borrow_twice_is_busy,
	return_twice_is_stale, page_of_an_earlier_borrow_is_stale,
	page_that_was_never_borrowed_is_stale,
	overwritten_page_is_back_all_the_same,
	error_is_zero_while_there_was_none,
	info_and_stats_fit_callers_of_any_age, info_and_stats_refuse_nothing,
	kernel_counts_that_cannot_be_had_are_unknown,
	failed_open_leaves_source_and_descriptor_alone,
	null_is_refused_by_calls_that_say_so)
