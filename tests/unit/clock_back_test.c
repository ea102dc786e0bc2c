/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * clock_back_test.c - a follower of a ring whose clock is set back, as "tai" may be
 */
#include "ring/ring.h"
#include "tests/support/numbered.h"
#include "tests/support/rm_check.h"
#include "tests/support/simring.h"

enum {
	SIZE = 64,
	/* More steps of the clock than any test takes. */
	TO_THE_BEGINNING = 1000 * 1000,
};

static struct ringmap_error err;

struct fixture {
	struct simring *sim;
	struct ringmap_ring *ring;
	uint64_t seen;
	uint64_t next;  /* number after the last event that came */
	uint64_t holes; /* numbers that did not come in between */
};

static void open_from(struct fixture *f, enum ringmap_start start)
{
	const struct ringmap_ring_opts opts = {
		.sz = sizeof(opts),
		.mode = RINGMAP_MODE_FOLLOW,
		.start = (uint32_t)start,
	};

	rm_assert_ok_err(simring_open(f->sim, &opts, &f->ring, &err), &err);
}

static void set_up(struct fixture *f, uint32_t nr_subbufs)
{
	const struct simring_opts opts = {.nr_subbufs = nr_subbufs};

	memset(f, 0, sizeof(*f));
	f->sim = simring_new(&opts);
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

/* Events come in the order of writing, and a page reports those that are missing. */
static void count(struct fixture *f, struct ringmap_page *page)
{
	struct ringmap_event event;
	uint64_t told = page->lost;
	uint64_t number;

	while (ringmap_page_next(page, &event) == RINGMAP_OK) {
		ck_assert(rm_numbered_check(&event, &number));
		ck_assert_uint_ge(number, f->next);
		if (f->seen && number != f->next) {
			ck_assert_uint_eq(told, RINGMAP_LOST_UNKNOWN);
			f->holes += number - f->next;
		}
		f->next = number + 1;
		f->seen++;
		told = 0;
	}
}

static bool take_page(struct fixture *f)
{
	struct ringmap_page page;

	if (ringmap_ring_borrow_page(f->ring, &page) != RINGMAP_OK)
		return false;
	count(f, &page);
	rm_assert_ok(ringmap_ring_return_page(f->ring, &page));
	return true;
}

static void drain(struct fixture *f)
{
	while (take_page(f))
		;
}

static struct ringmap_ring_stats stats_of(struct fixture *f)
{
	struct ringmap_ring_stats stats;

	rm_assert_ok(ringmap_ring_stats(f->ring, &stats, sizeof(stats)));
	return stats;
}

static void assert_all_came(struct fixture *f)
{
	ck_assert_uint_eq(f->next, simring_counts(f->sim).written);
	ck_assert_uint_eq(f->holes, 0);
	ck_assert_uint_eq(stats_of(f).lost, 0);
	ck_assert_uint_eq(stats_of(f).resets, 0);
}

/* From the middle of a sub-buffer or its end, before the ring came round or after. */
START_TEST(events_come_in_the_order_of_writing)
{
	static const uint64_t before[] = {1, 50, 56, 57, 400, 3000};
	static const uint64_t after[] = {5, 100, 400};
	static const uint64_t back[] = {3, 100, 700, TO_THE_BEGINNING};

	for (size_t i = 0; i < 6 * 3 * 4; i++) {
		struct fixture f;

		set_up(&f, 16);
		open_from(&f, RINGMAP_START_OLDEST);
		for (uint64_t n = 0; n < before[i % 6]; n++) {
			write_events(&f, 1);
			drain(&f);
		}
		simring_set_back(f.sim, back[i / 18]);
		for (int some = 0; some < 30; some++) {
			write_events(&f, after[i / 6 % 3]);
			rm_assert_ok(ringmap_ring_wait(f.ring, 0));
			drain(&f);
		}
		assert_all_came(&f);
		tear_down(&f);
	}
}
END_TEST

START_TEST(clock_may_go_back_again_and_again)
{
	struct fixture f;

	set_up(&f, 8);
	open_from(&f, RINGMAP_START_OLDEST);
	for (uint64_t i = 0; i < 300; i++) {
		write_events(&f, 1 + i * 7 % 150);
		simring_set_back(f.sim, i * 13 % 500);
		write_events(&f, i * 5 % 150);
		drain(&f);
	}
	assert_all_came(&f);
	tear_down(&f);
}
END_TEST

/* The ring came round behind a follower, before the clock was set back or after. */
START_TEST(loss_on_both_sides_of_it_is_told)
{
	for (uint64_t some = 50; some < 1500; some += 50) {
		struct fixture f;

		set_up(&f, 8);
		open_from(&f, RINGMAP_START_OLDEST);
		write_events(&f, 100);
		drain(&f);
		write_events(&f, 30 + some % 450);
		simring_set_back(f.sim, some * 7 % 400);
		write_events(&f, some);
		drain(&f);
		for (int i = 0; i < 40; i++) {
			write_events(&f, 50);
			drain(&f);
			uint64_t written = simring_counts(f.sim).written;
			ck_assert_uint_eq(f.next, written);
			if (stats_of(&f).lost != RINGMAP_LOST_UNKNOWN)
				ck_assert_uint_eq(stats_of(&f).lost,
						  written - f.seen);
		}
		ck_assert_uint_eq(stats_of(&f).resets, 0);
		tear_down(&f);
	}
}
END_TEST

/* Only stamps order the fills then, so the follower goes on behind a gap. */
START_TEST(beside_a_consumer_a_follower_goes_on_at_once)
{
	for (uint64_t some = 1; some < 400; some += 7) {
		struct fixture f;

		set_up(&f, 8);
		open_from(&f, RINGMAP_START_OLDEST);
		for (int i = 0; i < 8; i++) {
			write_events(&f, 90);
			ck_assert_int_eq(simring_get_reader(f.sim), 0);
			drain(&f);
		}
		simring_set_back(f.sim, TO_THE_BEGINNING);
		write_events(&f, some);
		drain(&f);
		write_events(&f, 1);
		drain(&f);
		uint64_t written = simring_counts(f.sim).written;
		ck_assert_uint_eq(f.next, written);
		if (stats_of(&f).lost != RINGMAP_LOST_UNKNOWN)
			ck_assert_uint_eq(stats_of(&f).lost, written - f.seen);
		tear_down(&f);
	}
}
END_TEST

/* The newest event has room behind it, and not the newest stamp. */
START_TEST(the_newest_event_is_found_when_the_ring_is_opened)
{
	for (uint64_t some = 10; some < 350; some += 30) {
		struct fixture f;

		set_up(&f, 8);
		write_events(&f, 600);
		simring_set_back(f.sim, TO_THE_BEGINNING);
		write_events(&f, some);
		open_from(&f, RINGMAP_START_NEWEST);
		write_events(&f, 100);
		drain(&f);
		ck_assert_uint_eq(f.seen, 100);
		assert_all_came(&f);
		tear_down(&f);
	}
}
END_TEST

RM_MAIN(events_come_in_the_order_of_writing, clock_may_go_back_again_and_again,
	loss_on_both_sides_of_it_is_told,
	beside_a_consumer_a_follower_goes_on_at_once,
	the_newest_event_is_found_when_the_ring_is_opened)
