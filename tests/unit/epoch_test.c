/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * epoch_test.c - a ring that is emptied: nobody counts on, nothing comes twice
 */
#include "ring/ring.h"
#include "tests/support/numbered.h"
#include "tests/support/rm_check.h"
#include "tests/support/simring.h"

enum {
	SIZE = 64,
};

static struct ringmap_error err;

/* A ring of the library on a simulated one, and what came of it. */
struct fixture {
	struct simring *sim;
	struct ringmap_ring *ring;
	uint64_t seen;
	uint64_t next;  /* number after the last event that came */
	uint64_t told;  /* loss told with the first page since the last drain */
	uint64_t holes; /* numbers that did not come, by all pages */
};

static void set_up(struct fixture *f, enum ringmap_mode mode,
		   const struct simring_opts *opts)
{
	const struct ringmap_ring_opts o = {
		.sz = sizeof(o),
		.mode = mode,
		.flags = mode == RINGMAP_MODE_AUTO ? RINGMAP_RING_CONSUMING : 0,
	};

	memset(f, 0, sizeof(*f));
	f->sim = simring_new(opts);
	rm_assert_ok_err(simring_open(f->sim, &o, &f->ring, &err), &err);
}

static void tear_down(struct fixture *f)
{
	ringmap_ring_unref(f->ring);
	simring_free(f->sim);
}

static void write_events(struct fixture *f, uint64_t count)
{
	while (count--)
		ck_assert(simring_write(f->sim, SIZE));
}

/* Counts the events of a page; none may have come before. */
static void count(struct fixture *f, struct ringmap_page *page)
{
	struct ringmap_event event;
	uint64_t number;

	while (ringmap_page_next(page, &event) == RINGMAP_OK) {
		ck_assert(rm_numbered_check(&event, &number));
		ck_assert_uint_ge(number, f->next);
		if (number != f->next) {
			f->holes += number - f->next;
			ck_assert_msg(f->told != 0,
				      "%llu events are missing, none is told",
				      (unsigned long long)(number - f->next));
		}
		f->next = number + 1;
		f->seen++;
	}
}

static bool take_page(struct fixture *f)
{
	struct ringmap_page page;

	if (ringmap_ring_borrow_page(f->ring, &page) != RINGMAP_OK)
		return false;
	f->told = page.lost;
	count(f, &page);
	rm_assert_ok(ringmap_ring_return_page(f->ring, &page));
	return true;
}

/* Consuming modes stop at the writer's heels before they say that it is all. */
static void drain(struct fixture *f)
{
	for (int done = 0; done < 3;)
		done = take_page(f) ? 0 : done + 1;
}

static struct ringmap_ring_stats stats_of(struct fixture *f)
{
	struct ringmap_ring_stats stats;

	rm_assert_ok(ringmap_ring_stats(f->ring, &stats, sizeof(stats)));
	return stats;
}

static void assert_not_falsely_exact(struct fixture *f)
{
	uint64_t lost = stats_of(f).lost;

	if (lost != RINGMAP_LOST_UNKNOWN)
		ck_assert_uint_eq(lost,
				  simring_counts(f->sim).written - f->seen);
}

/*
 * What is wiped is more than a sub-buffer or less, what comes afterwards fewer
 * events than before, more, or laps of the ring.
 */
static void reset_in(enum ringmap_mode mode, bool zero_stamps)
{
	static const uint64_t before[] = {0, 1, 10, 100, 300};
	static const uint64_t wiped[] = {1, 200};
	static const uint64_t after[] = {1, 10, 100, 500, 3000};

	for (size_t i = 0; i < 5 * 2 * 5; i++) {
		const struct simring_opts opts = {.nr_subbufs = 8,
						  .zero_stamps = zero_stamps};
		struct fixture f;

		set_up(&f, mode, &opts);
		write_events(&f, before[i % 5]);
		drain(&f);
		ck_assert_uint_eq(f.seen, before[i % 5]);
		write_events(&f, wiped[i / 5 % 2]);
		simring_reset(f.sim);
		write_events(&f, after[i / 10]);
		drain(&f);
		ck_assert_uint_eq(f.next, simring_counts(f.sim).written);
		assert_not_falsely_exact(&f);
		ck_assert_uint_eq(stats_of(&f).resets, 1);
		/* And what comes then is whole. */
		f.holes = 0;
		write_events(&f, 100);
		drain(&f);
		ck_assert_uint_eq(f.holes, 0);
		assert_not_falsely_exact(&f);
		ck_assert_uint_eq(stats_of(&f).resets, 1);
		tear_down(&f);
	}
}

START_TEST(reset_is_told_by_a_follower)
{
	reset_in(RINGMAP_MODE_FOLLOW, false);
}
END_TEST

START_TEST(reset_that_zeroes_stamps_is_told_by_a_follower)
{
	reset_in(RINGMAP_MODE_FOLLOW, true);
}
END_TEST

START_TEST(reset_is_told_by_consume)
{
	reset_in(RINGMAP_MODE_CONSUME, false);
}
END_TEST

START_TEST(reset_is_told_by_read)
{
	reset_in(RINGMAP_MODE_READ, false);
}
END_TEST

/* Nothing came yet, and what was wiped is not there to see. */
START_TEST(reset_of_an_empty_ring_is_no_loss_of_zero)
{
	static const enum ringmap_mode modes[] = {
		RINGMAP_MODE_FOLLOW, RINGMAP_MODE_CONSUME, RINGMAP_MODE_READ};

	for (int i = 0; i < 3; i++) {
		const struct simring_opts opts = {.nr_subbufs = 8};
		struct fixture f;

		set_up(&f, modes[i], &opts);
		drain(&f);
		write_events(&f, 50);
		simring_reset(f.sim);
		ck_assert_uint_eq(stats_of(&f).lost, RINGMAP_LOST_UNKNOWN);
		drain(&f);
		ck_assert_uint_eq(stats_of(&f).lost, RINGMAP_LOST_UNKNOWN);
		tear_down(&f);
	}
}
END_TEST

/* A reset whose mark comes later than the events after it is one reset. */
START_TEST(mark_that_comes_late_is_no_second_reset)
{
	const struct simring_opts opts = {.nr_subbufs = 8};
	struct fixture f;

	set_up(&f, RINGMAP_MODE_FOLLOW, &opts);
	write_events(&f, 100);
	drain(&f);
	ck_assert(simring_begin_op(f.sim, SIMRING_RESET));
	do
		ck_assert_int_eq(simring_step_op(f.sim), SIMRING_MORE);
	while (!simring_begin(f.sim, SIZE, false));
	simring_finish(f.sim);
	drain(&f);
	ck_assert_uint_eq(stats_of(&f).resets, 1);
	ck_assert_int_eq(simring_step_op(f.sim), SIMRING_DONE);
	write_events(&f, 3000);
	drain(&f);
	ck_assert_uint_eq(stats_of(&f).resets, 1);
	ck_assert_uint_eq(stats_of(&f).lost, RINGMAP_LOST_UNKNOWN);
	tear_down(&f);
}
END_TEST

/*
 * Takes a page with read(2) after a reset, which may not be noticed yet because
 * there was neither a rest nor a tick, and goes on through the map.
 */
static void return_to_the_map(struct fixture *f)
{
	struct ringmap_page page;

	f->told = RINGMAP_LOST_UNKNOWN;
	rm_assert_ok(ringmap_ring_borrow_page(f->ring, &page));
	count(f, &page);
	rm_assert_ok(ringmap_ring_return_page(f->ring, &page));
	write_events(f, 10);
	f->ring->ops = &rm_consume_ops;
	f->ring->subbuf_size = f->ring->map.subbuf_size;
	rm_consume_rejoin(f->ring);
	drain(f);
}

/* The events of the reader sub-buffer that read(2) gave, before the map does. */
START_TEST(reset_before_the_map_is_used_again_gives_nothing_twice)
{
	const struct simring_opts opts = {.nr_subbufs = 8, .newer_meta = true};
	struct fixture f;

	for (uint64_t some = 1; some < 120; some += 7) {
		set_up(&f, RINGMAP_MODE_AUTO, &opts);
		f.ring->choice.active = false;
		f.ring->choice.trying = false;
		f.ring->ops = &rm_read_ops;
		write_events(&f, 200);
		ck_assert(take_page(&f));
		simring_reset(f.sim);
		write_events(&f, some);
		return_to_the_map(&f);
		write_events(&f, 300);
		drain(&f);
		ck_assert_uint_eq(f.next, simring_counts(f.sim).written);
		ck_assert_uint_eq(stats_of(&f).lost, RINGMAP_LOST_UNKNOWN);
		tear_down(&f);
	}
}
END_TEST

/* The same if the map was used before, so that its counts go back. */
START_TEST(counts_of_the_map_that_went_back_give_nothing_twice)
{
	const struct simring_opts opts = {.nr_subbufs = 8, .newer_meta = true};
	struct fixture f;

	for (uint64_t some = 1; some < 40; some++) {
		set_up(&f, RINGMAP_MODE_AUTO, &opts);
		f.ring->choice.active = false;
		f.ring->choice.trying = false;
		write_events(&f, 200);
		drain(&f);
		f.ring->ops = &rm_read_ops;
		write_events(&f, 200);
		ck_assert(take_page(&f));
		simring_reset(f.sim);
		write_events(&f, some);
		return_to_the_map(&f);
		ck_assert_uint_eq(f.next, simring_counts(f.sim).written);
		ck_assert_uint_eq(stats_of(&f).lost, RINGMAP_LOST_UNKNOWN);
		tear_down(&f);
	}
}
END_TEST

static const struct rm_source_ops *small;

/* The sub-buffers are twice as large, and half empty. */
static ssize_t read_large(void *ctx, int fd, void *buf, size_t size)
{
	ssize_t n = small->read(ctx, fd, buf, size);

	if (n <= 0)
		return n;
	memset((uint8_t *)buf + n, 0, (size_t)n);
	return 2 * n;
}

/* A new size discards what was in the ring, and nobody counts that. */
START_TEST(new_size_of_sub_buffers_is_told_by_read)
{
	const struct simring_opts opts = {.nr_subbufs = 8};
	struct rm_source_ops large;
	struct fixture f;

	set_up(&f, RINGMAP_MODE_READ, &opts);
	write_events(&f, 200);
	ck_assert(take_page(&f));
	ck_assert_uint_eq(f.told, 0);
	small = f.ring->source.ops;
	large = *small;
	large.read = read_large;
	f.ring->source.ops = &large;
	ck_assert(take_page(&f));
	ck_assert_uint_eq(f.told, RINGMAP_LOST_UNKNOWN);
	ck_assert(take_page(&f));
	ck_assert_uint_eq(f.told, 0);
	ck_assert_uint_eq(stats_of(&f).lost, RINGMAP_LOST_UNKNOWN);
	tear_down(&f);
}
END_TEST

/* No page of a coarse clock comes, whatever the follower saw before. */
START_TEST(coarse_clock_ends_a_follower_before_a_page_of_it)
{
	static const uint64_t before[] = {0, 10, 200};
	struct ringmap_page page;

	for (int i = 0; i < 3 * 2; i++) {
		const struct simring_opts opts = {.nr_subbufs = 8,
						  .zero_stamps = i % 2};
		struct fixture f;

		set_up(&f, RINGMAP_MODE_FOLLOW, &opts);
		write_events(&f, before[i / 2]);
		drain(&f);
		write_events(&f, 10);
		simring_set_clock(f.sim, 5000000, 1, 1000000);
		write_events(&f, 500);
		/* The first look may find that the ring was emptied. */
		if (ringmap_ring_borrow_page(f.ring, &page) == RINGMAP_DONE)
			rm_assert_ok(ringmap_ring_wait(f.ring, -1));
		rm_assert_status(ringmap_ring_borrow_page(f.ring, &page),
				 RINGMAP_E_UNSUPPORTED);
		/* It is over, even if the clock is a good one again. */
		rm_assert_ok(ringmap_ring_wait(f.ring, -1));
		simring_set_clock(f.sim, UINT64_C(1) << 40, 1000, 0);
		write_events(&f, 100);
		rm_assert_ok(ringmap_ring_wait(f.ring, -1));
		rm_assert_status(ringmap_ring_borrow_page(f.ring, &page),
				 RINGMAP_E_UNSUPPORTED);
		ck_assert_uint_eq(stats_of(&f).lost, RINGMAP_LOST_UNKNOWN);
		tear_down(&f);
	}
}
END_TEST

/* To a coarse clock and back, before the follower looks. */
START_TEST(clock_that_was_coarse_is_a_reset)
{
	const struct simring_opts opts = {.nr_subbufs = 8};
	struct fixture f;

	set_up(&f, RINGMAP_MODE_FOLLOW, &opts);
	write_events(&f, 100);
	drain(&f);
	simring_set_clock(f.sim, 5000000, 1, 1000000);
	write_events(&f, 500);
	simring_set_clock(f.sim, UINT64_C(1) << 40, 1000, 0);
	write_events(&f, 100);
	drain(&f);
	ck_assert_uint_eq(f.next, simring_counts(f.sim).written);
	ck_assert_uint_eq(stats_of(&f).resets, 1);
	ck_assert_uint_eq(stats_of(&f).lost, RINGMAP_LOST_UNKNOWN);
	tear_down(&f);
}
END_TEST

RM_MAIN(reset_is_told_by_a_follower,
	reset_that_zeroes_stamps_is_told_by_a_follower,
	reset_is_told_by_consume, reset_is_told_by_read,
	reset_of_an_empty_ring_is_no_loss_of_zero,
	mark_that_comes_late_is_no_second_reset,
	reset_before_the_map_is_used_again_gives_nothing_twice,
	counts_of_the_map_that_went_back_give_nothing_twice,
	new_size_of_sub_buffers_is_told_by_read,
	coarse_clock_ends_a_follower_before_a_page_of_it,
	clock_that_was_coarse_is_a_reset)
