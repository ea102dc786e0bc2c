/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * settle_test.c - a follower on a machine where stores arrive out of order
 *
 * The stores that are late arrive in the wait, which is ours here. Sub-buffer
 * 0 is outside the ring; REST makes a sub-buffer full.
 */
#include "ring/ring.h"
#include "tests/support/rm_check.h"
#include "tests/unit/map_file.h"
#include "tests/unit/recording.h"

static struct ringmap_error err;

struct fixture {
	struct rm_map_file file;
	struct rm_still still;
	struct ringmap_ring *ring;
};

/* What arrives in the wait, and how many waits there were. */
static struct {
	struct rm_map_file *file;
	const char *script; /* NULL: nothing */
	const char *then;   /* in the next wait */
	uint32_t id;
	uint32_t then_id;
	int waits;
} late;

static void arrive(struct ringmap_ring *ring)
{
	(void)ring;
	late.waits++;
	if (late.script)
		rm_map_file_write(late.file, late.id, late.script);
	late.script = late.then;
	late.id = late.then_id;
	late.then = NULL;
}

static void set_up(struct fixture *f, enum ringmap_start start,
		   const char *const *scripts)
{
	const struct ringmap_ring_opts opts = {.sz = sizeof(opts),
					       .mode = RINGMAP_MODE_FOLLOW,
					       .start = (uint32_t)start};

	memset(f, 0, sizeof(*f));
	memset(&late, 0, sizeof(late));
	rm_map_file_make(&f->file, scripts);
	rm_assert_ok_err(
		rm_still_open(&f->still, &f->file, &opts, &f->ring, &err),
		&err);
	ck_assert(f->ring->follow.ordered);
	f->ring->follow.settle = arrive;
	late.file = &f->file;
}

static void tear_down(struct fixture *f)
{
	ringmap_ring_unref(f->ring);
	rm_map_file_free(&f->file);
}

static void will_arrive(uint32_t id, const char *script)
{
	late.id = id;
	late.script = script;
}

/* Reads all there is: @expected has the first byte of each event. */
static void read_all(struct fixture *f, const char *expected)
{
	char found[16] = "";
	size_t count = 0;
	struct ringmap_event event;
	struct ringmap_page page;

	while (ringmap_ring_borrow_page(f->ring, &page) == RINGMAP_OK) {
		ck_assert_uint_eq(page.lost, 0);
		while (ringmap_page_next(&page, &event) == RINGMAP_OK) {
			ck_assert_uint_lt(count, sizeof(found) - 1);
			found[count++] = *(const char *)event.data;
		}
		rm_assert_ok(ringmap_ring_return_page(f->ring, &page));
	}
	ck_assert_str_eq(found, expected);
}

START_TEST(full_commit_of_the_next_fill_does_not_make_ours_final)
{
	struct fixture f;

	set_up(&f, RINGMAP_START_OLDEST,
	       RM_SCRIPTS("TS 1", "TS 10; EVENT 'a'", "TS 20; EVENT 'b'; REST",
			  "TS 8; EVENT 'z'"));
	will_arrive(1, "TS 10; EVENT 'a'; EVENT +5 'late'; REST");
	read_all(&f, "zalb");
	tear_down(&f);
}
END_TEST

START_TEST(fill_is_not_left_before_its_last_commit_arrives)
{
	struct fixture f;

	set_up(&f, RINGMAP_START_NEWEST,
	       RM_SCRIPTS("TS 1", "TS 10; EVENT 'a'", "TS 5; EVENT 'y'",
			  "TS 8; EVENT 'z'"));
	read_all(&f, "");
	rm_map_file_write(&f.file, 2, "TS 20; EVENT 'b'; REST");
	will_arrive(1, "TS 10; EVENT 'a'; EVENT +5 'late'; REST");
	read_all(&f, "lb");
	tear_down(&f);
}
END_TEST

START_TEST(bytes_are_handed_out_once_they_arrived)
{
	struct fixture f;

	set_up(&f, RINGMAP_START_OLDEST,
	       RM_SCRIPTS("TS 1", "TS 10; EVENT 'a'; EVENT +5 'old.'; REST",
			  "TS 20; EVENT 'b'; REST", "TS 8; EVENT 'z'"));
	will_arrive(1, "TS 10; EVENT 'a'; EVENT +5 'late'; REST");
	read_all(&f, "zalb");
	tear_down(&f);
}
END_TEST

START_TEST(newest_events_are_handed_out_once_they_arrived)
{
	struct fixture f;

	set_up(&f, RINGMAP_START_OLDEST,
	       RM_SCRIPTS("TS 1", "TS 10; EVENT 'a'; EVENT +5 'old.'",
			  "TS 5; EVENT 'y'; REST", "TS 8; EVENT 'z'; REST"));
	will_arrive(1, "TS 10; EVENT 'a'; EVENT +5 'late'");
	read_all(&f, "yzal");
	tear_down(&f);
}
END_TEST

START_TEST(later_commit_with_room_saves_the_wait)
{
	struct fixture f;

	set_up(&f, RINGMAP_START_OLDEST,
	       RM_SCRIPTS("TS 1", "TS 10; EVENT 'a'; REST",
			  "TS 20; EVENT 'b'; REST", "TS 30; EVENT 'c'",
			  "TS 8; EVENT 'z'; REST"));
	read_all(&f, "zabc");
	ck_assert_int_eq(late.waits, 1); /* for c */
	tear_down(&f);
}
END_TEST

/* A consumer shortens commits, after it emptied the sub-buffer outside. */
START_TEST(room_that_a_consumer_made_proves_nothing)
{
	struct ringmap_page page;
	struct fixture f;

	set_up(&f, RINGMAP_START_OLDEST,
	       RM_SCRIPTS("TS 1", "TS 10; EVENT 'a'; EVENT +5 'old.'; REST",
			  "TS 20; EVENT 'b'; LOST 3", "TS 30; EVENT 'c'"));
	rm_map_file_write(&f.file, 0, "TS 2");
	will_arrive(1, "TS 10; EVENT 'a'; EVENT +5 'late'; REST");
	rm_assert_ok(ringmap_ring_borrow_page(f.ring, &page));
	ck_assert_int_eq(late.waits, 1);
	ck_assert(!memcmp(page.data + 12, "late", 4));
	tear_down(&f);
}
END_TEST

static void borrow_full_page(struct fixture *f, struct ringmap_page *ret)
{
	set_up(f, RINGMAP_START_OLDEST,
	       RM_SCRIPTS("TS 1", "TS 10; EVENT 'a'; REST", "TS 20; EVENT 'b'",
			  "TS 30; EVENT 'c'"));
	rm_assert_ok(ringmap_ring_borrow_page(f->ring, ret));
	ck_assert_int_eq(late.waits, 0);
	will_arrive(1, "TS 10; EVENT 'a'; LOST 3");
}

START_TEST(count_of_a_consumer_in_the_padding_undoes_the_page)
{
	struct ringmap_page page;
	struct fixture f;

	borrow_full_page(&f, &page);
	rm_map_file_write(&f.file, 0, "TS 2");
	rm_assert_status(ringmap_ring_return_page(f.ring, &page),
			 RINGMAP_E_OVERWRITTEN);
	tear_down(&f);
}
END_TEST

START_TEST(full_page_is_believed_at_once_while_nobody_consumes)
{
	struct ringmap_page page;
	struct fixture f;

	borrow_full_page(&f, &page);
	rm_assert_ok(ringmap_ring_return_page(f.ring, &page));
	ck_assert_int_eq(late.waits, 0);
	tear_down(&f);
}
END_TEST

START_TEST(snapshot_has_bytes_that_arrive_after_their_commit)
{
	uint32_t copy[4 * 65536 / 4];
	struct fixture f;
	size_t size;

	set_up(&f, RINGMAP_START_OLDEST,
	       RM_SCRIPTS("TS 1", "TS 10; EVENT 'a'; EVENT +5 'old.'; REST",
			  "TS 20; EVENT 'b'; REST", "TS 30; EVENT 'c'"));
	will_arrive(1, "TS 10; EVENT 'a'; EVENT +5 'late'; REST");
	rm_assert_ok(ringmap_ring_snapshot(f.ring, copy, sizeof(copy), &size));
	ck_assert_uint_eq(size, 3 * f.ring->subbuf_size);
	ck_assert(!memcmp((uint8_t *)copy + f.ring->layout.data_offset + 12,
			  "late", 4));
	tear_down(&f);
}
END_TEST

/* The newest fill grows after the wait for what the scan saw. */
START_TEST(snapshot_has_the_newest_bytes_too)
{
	uint32_t copy[4 * 65536 / 4];
	struct fixture f;
	size_t size;

	set_up(&f, RINGMAP_START_OLDEST,
	       RM_SCRIPTS("TS 1", "TS 10; EVENT 'a'", "TS 5; EVENT 'y'",
			  "TS 8; EVENT 'z'"));
	will_arrive(1, "TS 10; EVENT 'a'; EVENT +5 'old.'");
	late.then = "TS 10; EVENT 'a'; EVENT +5 'late'";
	late.then_id = 1;
	rm_assert_ok(ringmap_ring_snapshot(f.ring, copy, sizeof(copy), &size));
	ck_assert_uint_eq(size, 3 * f.ring->subbuf_size);
	ck_assert(!memcmp((uint8_t *)copy + 2 * f.ring->subbuf_size +
				  f.ring->layout.data_offset + 12,
			  "late", 4));
	tear_down(&f);
}
END_TEST

START_TEST(snapshot_drops_a_fill_with_a_count_in_its_padding)
{
	uint32_t copy[4 * 65536 / 4];
	struct fixture f;
	size_t size;

	set_up(&f, RINGMAP_START_OLDEST,
	       RM_SCRIPTS("TS 1", "TS 10; EVENT 'a'; REST", "TS 20; EVENT 'b'",
			  "TS 30; EVENT 'c'"));
	rm_map_file_write(&f.file, 0, "TS 2");
	will_arrive(3, "TS 30; EVENT 'c'");
	late.then = "TS 10; EVENT 'a'; LOST 3";
	late.then_id = 1;
	rm_assert_ok(ringmap_ring_snapshot(f.ring, copy, sizeof(copy), &size));
	ck_assert_uint_eq(size, 2 * f.ring->subbuf_size);
	tear_down(&f);
}
END_TEST

RM_MAIN(full_commit_of_the_next_fill_does_not_make_ours_final,
	fill_is_not_left_before_its_last_commit_arrives,
	bytes_are_handed_out_once_they_arrived,
	newest_events_are_handed_out_once_they_arrived,
	later_commit_with_room_saves_the_wait,
	room_that_a_consumer_made_proves_nothing,
	count_of_a_consumer_in_the_padding_undoes_the_page,
	full_page_is_believed_at_once_while_nobody_consumes,
	snapshot_has_bytes_that_arrive_after_their_commit,
	snapshot_has_the_newest_bytes_too,
	snapshot_drops_a_fill_with_a_count_in_its_padding)
