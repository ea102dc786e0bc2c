/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * consume_test.c - what consumers lose, and what a snapshot beside them shows
 */
#include "tests/support/numbered.h"
#include "tests/support/rm_check.h"
#include "tests/support/simring.h"

enum {
	/* Four of them fill a sub-buffer, but for room for a count of losses. */
	QUARTER = 1000,
	/* Pages that AUTO takes through the map before it tries read(2). */
	TRIAL_PAGES = 32,
};

static struct ringmap_error err;

static struct ringmap_page take_page(struct ringmap_ring *ring)
{
	struct ringmap_page page;

	rm_assert_ok(ringmap_ring_borrow_page(ring, &page));
	rm_assert_ok(ringmap_ring_return_page(ring, &page));
	return page;
}

static struct ringmap_ring *open_mode(struct simring *sim, uint32_t mode)
{
	const struct ringmap_ring_opts opts = {.sz = sizeof(opts),
					       .mode = mode};
	struct ringmap_ring *ring;

	rm_assert_ok_err(simring_open(sim, &opts, &ring, &err), &err);
	return ring;
}

static struct ringmap_ring *consume(struct simring *sim)
{
	return open_mode(sim, RINGMAP_MODE_CONSUME);
}

/* Reads all there is; returns the number of events. None may be lost. */
static uint64_t drain(struct ringmap_ring *ring)
{
	struct ringmap_page page;
	uint64_t events = 0;

	while (ringmap_ring_borrow_page(ring, &page) == RINGMAP_OK) {
		rm_assert_ok(ringmap_ring_return_page(ring, &page));
		ck_assert_uint_eq(page.lost, 0);
		events += page.events;
	}
	return events;
}

START_TEST(loss_before_a_sub_buffer_that_is_being_left_is_told)
{
	const struct simring_opts opts = {.nr_subbufs = 3};
	struct simring *sim = simring_new(&opts);
	struct ringmap_ring *ring = consume(sim);

	simring_fill(sim, QUARTER);
	ck_assert_uint_eq(take_page(ring).lost, 0);
	simring_fill(sim, QUARTER);
	/* The padding behind what was read. */
	ck_assert_uint_eq(take_page(ring).events, 0);
	simring_fill(sim, QUARTER);
	simring_begin(sim, QUARTER, false);
	ck_assert(simring_step_to(sim, SIMRING_AT_PADDED));
	ck_assert_uint_eq(simring_counts(sim).overrun, 4);
	ck_assert_uint_eq(take_page(ring).lost, RINGMAP_LOST_UNKNOWN);
	simring_finish(sim);
	/* Whether the count grew before the swap or after is not known. */
	take_page(ring);
	simring_fill(sim, QUARTER);
	simring_fill(sim, QUARTER);
	take_page(ring);
	ck_assert_uint_eq(take_page(ring).lost, 0);
	ringmap_ring_unref(ring);
	simring_free(sim);
}
END_TEST

/* read(2) leaves the meta page as it is while the ring is mapped. */
START_TEST(events_that_read_took_before_the_open_are_not_handed_out)
{
	const struct simring_opts opts = {.nr_subbufs = 4};
	struct simring *sim = simring_new(&opts);
	struct ringmap_ring *follower = open_mode(sim, RINGMAP_MODE_FOLLOW);

	simring_fill(sim, 16);
	for (int i = 0; i < 10; i++)
		simring_write(sim, 16);
	struct ringmap_ring *reader = open_mode(sim, RINGMAP_MODE_READ);
	ck_assert_uint_gt(drain(reader), 10);
	ringmap_ring_unref(reader);
	for (int i = 0; i < 5; i++)
		simring_write(sim, 16);
	struct ringmap_ring *ring = consume(sim);
	ck_assert_uint_eq(drain(ring), 5);
	ringmap_ring_unref(ring);
	ringmap_ring_unref(follower);
	simring_free(sim);
}
END_TEST

/* An interrupt overwrites the head while the ioctl looks for it. */
static void overwrite_head(void *ctx)
{
	struct simring *sim = ctx;

	if (!simring_op_under_way(sim) || simring_depth(sim) != 1)
		return;
	for (int i = 0; i < 4; i++) {
		ck_assert(simring_begin(sim, QUARTER, false));
		ck_assert(simring_step_to(sim, SIMRING_AT_END));
	}
}

/*
 * The sub-buffer that is swapped in has nothing committed yet, so the kernel
 * keeps the count for a later one.
 */
START_TEST(loss_that_was_revealed_is_not_counted_again)
{
	const struct simring_opts opts = {.nr_subbufs = 3};
	struct simring *sim = simring_new(&opts);
	struct ringmap_ring *ring = consume(sim);
	struct ringmap_page page;

	simring_fill(sim, QUARTER);
	simring_fill(sim, QUARTER);
	simring_begin(sim, QUARTER, false);
	ck_assert(simring_step_to(sim, SIMRING_AT_TAKEN));
	simring_between(sim, overwrite_head, sim);
	ck_assert_int_eq(ringmap_ring_borrow_page(ring, &page), RINGMAP_DONE);
	simring_between(sim, NULL, NULL);
	ck_assert_uint_eq(simring_counts(sim).overrun, 8);
	simring_finish(sim);
	page = take_page(ring);
	ck_assert_uint_eq(page.events, 4);
	ck_assert_uint_eq(page.lost, RINGMAP_LOST_UNKNOWN);
	simring_fill(sim, QUARTER);
	simring_write(sim, QUARTER);
	page = take_page(ring);
	ck_assert_uint_gt(page.events, 0);
	ck_assert_uint_eq(page.lost, RINGMAP_LOST_UNKNOWN);
	ringmap_ring_unref(ring);
	simring_free(sim);
}
END_TEST

/* ---- a consumer that swaps between the ioctl and our look at the map ------ */

struct race {
	struct simring *sim;
	struct ringmap_ring *ring;
	uint64_t last; /* number of the last event that came */
	uint64_t seen;
	uint32_t after; /* so many ioctls end before that */
	bool asking;    /* one is under way */
	bool raced;
	bool unknown; /* a page said that the loss before it is */
};

/* Returns false when there is nothing more. The numbers must rise. */
static bool take_rising(struct race *race)
{
	struct ringmap_page page;
	struct ringmap_event event;
	uint64_t number;

	if (ringmap_ring_borrow_page(race->ring, &page) == RINGMAP_DONE)
		return false;
	race->unknown |= page.lost == RINGMAP_LOST_UNKNOWN;
	while (ringmap_page_next(&page, &event) == RINGMAP_OK) {
		ck_assert(rm_numbered_check(&event, &number));
		if (race->seen)
			ck_assert_uint_gt(number, race->last);
		race->last = number;
		race->seen++;
	}
	rm_assert_ok(ringmap_ring_return_page(race->ring, &page));
	return true;
}

/*
 * Another consumer takes one event of the next sub-buffer, which puts ours back
 * into the full ring, where the writer fills it anew.
 */
static void race_once(void *ctx)
{
	struct race *race = ctx;

	bool ended = race->asking && !simring_op_under_way(race->sim);

	race->asking = simring_op_under_way(race->sim);
	if (race->raced || !ended || race->after--)
		return;
	race->raced = true;
	uint32_t ours = simring_reader_id(race->sim);
	ck_assert(simring_take_one(race->sim));
	while (simring_tail_id(race->sim) != ours)
		simring_write(race->sim, QUARTER);
}

/* The ring is full whenever the library takes a sub-buffer. */
static void begin_race(struct race *race, uint32_t mode, uint32_t flags,
		       uint32_t after)
{
	const struct simring_opts opts = {.nr_subbufs = 5, .newer_meta = true};
	const struct ringmap_ring_opts ring_opts = {
		.sz = sizeof(ring_opts), .mode = mode, .flags = flags};

	*race = (struct race){.sim = simring_new(&opts), .after = after};
	rm_assert_ok_err(simring_open(race->sim, &ring_opts, &race->ring, &err),
			 &err);
	for (int i = 0; i < 7; i++)
		simring_fill(race->sim, QUARTER);
	simring_between(race->sim, race_once, race);
	while (!race->raced) {
		ck_assert(take_rising(race));
		simring_fill(race->sim, QUARTER);
	}
}

static void end_race(struct race *race)
{
	struct ringmap_ring_stats stats;

	while (take_rising(race))
		;
	simring_write(race->sim, QUARTER);
	while (take_rising(race))
		;
	uint64_t written = simring_counts(race->sim).written;
	ck_assert_uint_eq(race->last + 1, written);
	rm_assert_ok(ringmap_ring_stats(race->ring, &stats, sizeof(stats)));
	ck_assert(stats.lost == RINGMAP_LOST_UNKNOWN ||
		  stats.lost == written - race->seen);
	ck_assert(race->unknown);
	ringmap_ring_unref(race->ring);
	simring_free(race->sim);
}

/* The fill that stands where ours stood comes early, and no older one after. */
START_TEST(fills_that_a_newer_one_overtook_are_left_out)
{
	struct race race;

	begin_race(&race, RINGMAP_MODE_CONSUME, 0, 3);
	end_race(&race);
}
END_TEST

/* The same at the last borrow through the map, before read(2) goes on. */
START_TEST(read_leaves_out_what_came_through_the_map)
{
	struct race race;

	begin_race(&race, RINGMAP_MODE_AUTO, RINGMAP_RING_CONSUMING,
		   TRIAL_PAGES - 1);
	end_race(&race);
}
END_TEST

/* The kernel reports them to the consumer that takes the next sub-buffer. */
START_TEST(overwritten_events_that_others_were_told_of_are_not_left_out)
{
	const struct simring_opts opts = {.nr_subbufs = 3};
	struct simring *sim = simring_new(&opts);
	struct ringmap_ring_stats stats;
	static uint8_t other[4096];
	uint64_t seen = 0;

	simring_fill(sim, QUARTER);
	struct ringmap_ring *ring = open_mode(sim, RINGMAP_MODE_READ);
	seen += take_page(ring).events;
	for (int i = 0; i < 6; i++)
		simring_fill(sim, QUARTER);
	ck_assert_uint_gt(simring_counts(sim).overrun, 0);
	/* What is left of the sub-buffer that was read, and the next one. */
	ck_assert_int_gt(simring_read(sim, other), 0);
	ck_assert_int_gt(simring_read(sim, other), 0);
	for (int done = 0; done < 2;) {
		struct ringmap_page page;

		if (ringmap_ring_borrow_page(ring, &page)) {
			done++;
			continue;
		}
		rm_assert_ok(ringmap_ring_return_page(ring, &page));
		seen += page.events;
	}
	rm_assert_ok(ringmap_ring_stats(ring, &stats, sizeof(stats)));
	ck_assert_msg(stats.lost == RINGMAP_LOST_UNKNOWN,
		      "lost is %llu, of %llu events %llu came",
		      (unsigned long long)stats.lost,
		      (unsigned long long)simring_counts(sim).written,
		      (unsigned long long)seen);
	ringmap_ring_unref(ring);
	simring_free(sim);
}
END_TEST

START_TEST(loss_that_is_marked_is_told_as_it_is)
{
	const struct simring_opts opts = {.nr_subbufs = 3};
	struct simring *sim = simring_new(&opts);
	struct ringmap_ring *ring = consume(sim);

	simring_fill(sim, QUARTER);
	ck_assert_uint_eq(take_page(ring).lost, 0);
	for (int i = 0; i < 3; i++)
		simring_fill(sim, QUARTER);
	ck_assert_uint_eq(take_page(ring).events, 0);
	ck_assert_uint_eq(take_page(ring).lost, 4);
	ck_assert_uint_eq(take_page(ring).lost, 0);
	ringmap_ring_unref(ring);
	simring_free(sim);
}
END_TEST

/*
 * The writer has passed the head over the oldest sub-buffer and not emptied it
 * yet, while a consumer takes and empties the one after it.
 */
START_TEST(snapshot_leaves_out_what_has_a_hole_behind_it)
{
	static uint64_t image[5 * 4096 / sizeof(uint64_t)];
	const struct simring_opts opts = {.nr_subbufs = 5};
	const struct ringmap_ring_opts follow = {.sz = sizeof(follow),
						 .mode = RINGMAP_MODE_FOLLOW};
	struct simring *sim = simring_new(&opts);
	struct ringmap_ring *ring;
	size_t size;

	rm_assert_ok_err(simring_open(sim, &follow, &ring, &err), &err);
	for (int i = 0; i < 4; i++)
		simring_fill(sim, QUARTER);
	simring_begin(sim, QUARTER, false);
	ck_assert(simring_step_to(sim, SIMRING_AT_PUSHED));
	for (int i = 0; i < 2; i++)
		simring_get_reader(sim);
	rm_assert_ok(ringmap_ring_snapshot(ring, image, sizeof(image), &size));
	ck_assert_uint_eq(size, 2 * 4096);
	simring_finish(sim);
	ringmap_ring_unref(ring);
	simring_free(sim);
}
END_TEST

RM_MAIN(loss_before_a_sub_buffer_that_is_being_left_is_told,
	loss_that_was_revealed_is_not_counted_again,
	events_that_read_took_before_the_open_are_not_handed_out,
	overwritten_events_that_others_were_told_of_are_not_left_out,
	fills_that_a_newer_one_overtook_are_left_out,
	read_leaves_out_what_came_through_the_map,
	loss_that_is_marked_is_told_as_it_is,
	snapshot_leaves_out_what_has_a_hole_behind_it)
