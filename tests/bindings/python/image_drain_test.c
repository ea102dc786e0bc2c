/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * image_drain_test.c - a copy of a followed ring holds no overwritten page
 *
 * The linker puts the two functions below between image.c and the library, so
 * that the simulated kernel overwrites a page at the worst moment: after it
 * was borrowed and before it is copied, or after that and before it goes back.
 */
#include "extras.h"
#include "tests/conformance/witness.h"
#include "tests/support/rm_check.h"
#include "tests/support/simring.h"

enum {
	EVENT = 60,
	/* More than the ring holds. */
	LAP = 400,
};

enum moment {
	NEVER,
	BEFORE_THE_COPY,
	AFTER_THE_COPY,
	MOMENTS
};

static struct {
	struct simring *sim;
	enum moment moment;
	unsigned int pages_before; /* pages that are left alone */
} writer;

static struct ringmap_error err;

/* Also in the rings that a witness looks at; nobody writes then. */
enum ringmap_status __real_ringmap_ring_borrow_page(struct ringmap_ring *ring,
						    struct ringmap_page *page);
enum ringmap_status __wrap_ringmap_ring_borrow_page(struct ringmap_ring *ring,
						    struct ringmap_page *page);
enum ringmap_status __real_ringmap_ring_return_page(struct ringmap_ring *ring,
						    struct ringmap_page *page);
enum ringmap_status __wrap_ringmap_ring_return_page(struct ringmap_ring *ring,
						    struct ringmap_page *page);

static void write_events(unsigned int count)
{
	while (count--)
		simring_write(writer.sim, EVENT);
}

enum ringmap_status __wrap_ringmap_ring_borrow_page(struct ringmap_ring *ring,
						    struct ringmap_page *page)
{
	enum ringmap_status s = __real_ringmap_ring_borrow_page(ring, page);

	if (s == RINGMAP_OK && writer.moment == BEFORE_THE_COPY &&
	    !writer.pages_before)
		write_events(LAP);
	return s;
}

enum ringmap_status __wrap_ringmap_ring_return_page(struct ringmap_ring *ring,
						    struct ringmap_page *page)
{
	if (writer.moment == AFTER_THE_COPY && !writer.pages_before)
		write_events(LAP);
	/* Once is enough. */
	if (writer.moment && !writer.pages_before--)
		writer.moment = NEVER;
	return __real_ringmap_ring_return_page(ring, page);
}

struct fixture {
	struct ringmap_ring *ring;
	struct ringmap_py_image image;
};

static void set_up(struct fixture *f, enum ringmap_mode mode)
{
	const struct simring_opts so = {.nr_subbufs = 5};
	const struct ringmap_ring_opts opts = {
		.sz = sizeof(opts), .instance = "sim", .mode = mode};

	memset(f, 0, sizeof(*f));
	writer.sim = simring_new(&so);
	rm_assert_ok_err(simring_open(writer.sim, &opts, &f->ring, &err), &err);
}

static void tear_down(struct fixture *f)
{
	ringmap_py_image_free(&f->image);
	ringmap_ring_unref(f->ring);
	simring_free(writer.sim);
}

static void drain(struct fixture *f)
{
	rm_assert_ok(ringmap_py_image_drain(&f->image, f->ring));
}

/* Each of the ring's sub-buffers is one of the copy: stamps begin there. */
static void check_sub_buffers(struct fixture *f, uint64_t subbufs)
{
	ck_assert_uint_eq(f->image.size / f->image.opts.subbuf_size, subbufs);
}

static struct ringmap_ring_stats stats_of(const struct fixture *f)
{
	struct ringmap_ring_stats stats;

	rm_assert_ok(ringmap_ring_stats(f->ring, &stats, sizeof(stats)));
	return stats;
}

/* What was kept is true, in order, with every hole told, and is all there is. */
static struct witness look(struct fixture *f)
{
	struct ringmap_ring_stats stats = stats_of(f);
	struct witness w = {0};

	rm_assert_ok_err(ringmap_ring_open_image(f->image.data, f->image.size,
						 &f->image.opts, &w.ring, &err),
			 &err);
	witness_drain(&w);
	ck_assert_msg(!w.wrong[0], "%s", w.wrong);
	ringmap_ring_unref(w.ring);
	ck_assert_uint_eq(w.seen, stats.events);
	ck_assert_uint_eq(f->image.events, stats.events);
	ck_assert_uint_eq(f->image.pages, stats.pages);
	ck_assert_uint_eq(w.last, simring_counts(writer.sim).written - 1);
	return w;
}

/* The sum of what the pages of the copy say. */
static uint64_t told_lost(struct fixture *f)
{
	struct ringmap_ring *ring;
	struct ringmap_page page;
	uint64_t lost = 0;

	rm_assert_ok_err(ringmap_ring_open_image(f->image.data, f->image.size,
						 &f->image.opts, &ring, &err),
			 &err);
	while (ringmap_ring_borrow_page(ring, &page) == RINGMAP_OK) {
		ck_assert_uint_ne(page.lost, RINGMAP_LOST_UNKNOWN);
		lost += page.lost;
		rm_assert_ok(ringmap_ring_return_page(ring, &page));
	}
	ringmap_ring_unref(ring);
	return lost;
}

START_TEST(what_nobody_overwrites_is_all_kept)
{
	struct fixture f;

	set_up(&f, RINGMAP_MODE_FOLLOW);
	for (unsigned int i = 0; i < 8; i++) {
		/* From parts of a sub-buffer to several of them. */
		write_events(1u << i);
		drain(&f);
	}
	struct witness w = look(&f);
	ck_assert_uint_eq(w.first, 0);
	ck_assert_uint_eq(w.seen, 255);
	ck_assert_uint_eq(w.holes, 0);
	check_sub_buffers(&f, stats_of(&f).subbufs);
	tear_down(&f);
}
END_TEST

START_TEST(a_page_that_is_overwritten_meanwhile_is_dropped)
{
	for (int moment = BEFORE_THE_COPY; moment < MOMENTS; moment++) {
		/* The newest of four pages, and each one before it. */
		for (unsigned int page = 0; page < 4; page++) {
			struct fixture f;

			set_up(&f, RINGMAP_MODE_FOLLOW);
			write_events(200);
			writer.moment = (enum moment)moment;
			writer.pages_before = page;
			drain(&f);
			ck_assert_int_eq(writer.moment, NEVER);
			ck_assert_uint_eq(stats_of(&f).overwritten, 1);
			struct witness w = look(&f);
			/* Of the first page nothing is left to miss. */
			ck_assert_uint_eq(w.holes, page != 0);
			ck_assert(page ? w.first == 0 : w.first > 0);
			tear_down(&f);
		}
	}
}
END_TEST

/* The page is put behind another of its sub-buffer, which stays. */
START_TEST(a_part_that_is_overwritten_leaves_the_part_before_it)
{
	for (int moment = BEFORE_THE_COPY; moment < MOMENTS; moment++) {
		struct fixture f;

		set_up(&f, RINGMAP_MODE_FOLLOW);
		write_events(7);
		drain(&f);
		write_events(7);
		writer.moment = (enum moment)moment;
		writer.pages_before = 0;
		drain(&f);
		ck_assert_int_eq(writer.moment, NEVER);
		ck_assert_uint_eq(stats_of(&f).overwritten, 1);
		struct witness w = look(&f);
		ck_assert_uint_eq(w.first, 0);
		ck_assert_uint_eq(w.holes, 1);
		/* And what comes then is whole again. */
		write_events(7);
		drain(&f);
		ck_assert_uint_eq(look(&f).holes, 1);
		tear_down(&f);
	}
}
END_TEST

START_TEST(what_the_kernel_counted_as_lost_is_told)
{
	for (int i = 0; i < 2; i++) {
		struct fixture f;

		set_up(&f, i ? RINGMAP_MODE_READ : RINGMAP_MODE_CONSUME);
		for (int lap = 0; lap < 3; lap++) {
			write_events(LAP);
			drain(&f);
		}
		struct witness w = look(&f);
		struct simring_counts counts = simring_counts(writer.sim);
		ck_assert_uint_gt(counts.overrun, LAP);
		ck_assert_uint_eq(w.lost_before, w.first);
		ck_assert_uint_eq(w.holes, 2);
		ck_assert_uint_eq(told_lost(&f), counts.overrun);
		check_sub_buffers(&f, stats_of(&f).subbufs);
		tear_down(&f);
	}
}
END_TEST

/* The page begins where the one before it ended, but in another life. */
START_TEST(a_ring_that_was_emptied_begins_a_sub_buffer)
{
	struct fixture f;

	set_up(&f, RINGMAP_MODE_FOLLOW);
	for (int i = 0; i < 3; i++) {
		write_events(7);
		drain(&f);
		simring_reset(writer.sim);
		drain(&f);
	}
	struct witness w = look(&f);
	ck_assert_uint_eq(w.seen, 21);
	ck_assert_uint_eq(w.holes, 0);
	check_sub_buffers(&f, 3);
	tear_down(&f);
}
END_TEST

RM_MAIN(what_nobody_overwrites_is_all_kept,
	a_page_that_is_overwritten_meanwhile_is_dropped,
	a_part_that_is_overwritten_leaves_the_part_before_it,
	what_the_kernel_counted_as_lost_is_told,
	a_ring_that_was_emptied_begins_a_sub_buffer)
