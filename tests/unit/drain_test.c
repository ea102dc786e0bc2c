/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * drain_test.c - a follower beside a consumer drains the ring to its end
 */
#include "tests/support/rm_check.h"
#include "tests/support/simring.h"

enum {
	SUBBUFS = 16,
	/* Four of them fill a sub-buffer. */
	QUARTER = 1000,
	/* Far more pages than a drain here has. */
	ENDLESS = 1000,
};

static struct ringmap_error err;

struct scene {
	struct simring *sim;
	struct ringmap_ring *ring;
	uint64_t seen;
	bool writing; /* each system call finds one more sub-buffer filled */
};

static void write_meanwhile(void *ctx)
{
	struct scene *s = ctx;

	if (!s->writing)
		return;
	s->writing = false;
	simring_fill(s->sim, QUARTER);
	s->writing = true;
}

/* Returns false at the end of the drain. */
static bool take_page(struct scene *s)
{
	struct ringmap_page page;
	enum ringmap_status status = ringmap_ring_borrow_page(s->ring, &page);

	if (status == RINGMAP_DONE)
		return false;
	rm_assert_ok(status);
	rm_assert_ok(ringmap_ring_return_page(s->ring, &page));
	ck_assert_uint_eq(page.lost, 0);
	s->seen += page.events;
	return true;
}

/* Takes the padding of the sub-buffer that was read, then the next events. */
static void take_first_page(struct scene *s)
{
	uint64_t seen = s->seen;

	ck_assert(take_page(s));
	ck_assert_uint_eq(s->seen, seen);
	ck_assert(take_page(s));
	ck_assert_uint_gt(s->seen, seen);
}

static void take_all(struct simring *sim)
{
	while (simring_take_one(sim))
		;
}

static void drain(struct scene *s)
{
	int pages = 0;

	while (take_page(s))
		ck_assert_int_lt(++pages, ENDLESS);
}

/* A ring whose sub-buffers have changed places, drained to its end. */
static void set_up(struct scene *s)
{
	const struct simring_opts sim = {.nr_subbufs = SUBBUFS};
	const struct ringmap_ring_opts opts = {.sz = sizeof(opts),
					       .mode = RINGMAP_MODE_FOLLOW};

	*s = (struct scene){.sim = simring_new(&sim)};
	rm_assert_ok_err(simring_open(s->sim, &opts, &s->ring, &err), &err);
	/* Sub-buffer 0 is reached by the writer after one round. */
	for (int i = 0; i < 2 * SUBBUFS; i++) {
		simring_fill(s->sim, QUARTER);
		drain(s);
		take_all(s->sim);
	}
	drain(s);
	ck_assert_uint_eq(s->seen, simring_counts(s->sim).written);
}

static void tear_down(struct scene *s)
{
	ringmap_ring_unref(s->ring);
	simring_free(s->sim);
}

static uint64_t lost_now(const struct scene *s)
{
	struct ringmap_ring_stats stats;

	rm_assert_ok(ringmap_ring_stats(s->ring, &stats, sizeof(stats)));
	return stats.lost;
}

static void fill(struct scene *s, int subbufs)
{
	while (subbufs--)
		simring_fill(s->sim, QUARTER);
}

/* The writer has stopped. */
static void expect_all(struct scene *s)
{
	drain(s);
	ck_assert_uint_eq(s->seen, simring_counts(s->sim).written);
	ck_assert_uint_eq(lost_now(s), 0);
}

/* The writer goes on while the reader pauses between two pages, then stops. */
START_TEST(drain_that_began_before_the_writer_stopped_takes_everything)
{
	struct scene s;

	set_up(&s);
	fill(&s, 3);
	take_first_page(&s);
	fill(&s, 3);
	expect_all(&s);
	tear_down(&s);
}
END_TEST

START_TEST(drain_after_a_wait_takes_everything)
{
	struct scene s;

	set_up(&s);
	fill(&s, 3);
	ck_assert(take_page(&s));
	rm_assert_ok(ringmap_ring_wait(s.ring, 0));
	fill(&s, 3);
	expect_all(&s);
	tear_down(&s);
}
END_TEST

/*
 * All but the newest fill is consumed, so no fill is older than ours, and the
 * follower asks the kernel for its counts when it looks for newer fills.
 */
START_TEST(drain_beside_a_busy_writer_ends)
{
	struct scene s;

	set_up(&s);
	take_all(s.sim);
	simring_between(s.sim, write_meanwhile, &s);
	for (int i = 0; i < 3; i++) {
		uint64_t seen = s.seen;

		simring_fill(s.sim, QUARTER);
		s.writing = true;
		drain(&s);
		s.writing = false;
		ck_assert_uint_gt(s.seen, seen);
		ck_assert_uint_lt(s.seen, simring_counts(s.sim).written);
		drain(&s);
		ck_assert_uint_eq(s.seen, simring_counts(s.sim).written);
		take_all(s.sim);
	}
	tear_down(&s);
}
END_TEST

RM_MAIN(drain_that_began_before_the_writer_stopped_takes_everything,
	drain_after_a_wait_takes_everything, drain_beside_a_busy_writer_ends)
