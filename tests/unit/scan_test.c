/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * scan_test.c - sub-buffers in the order they were filled, beside a writer
 */
#include "ring/scan.h"

#include "tests/support/rm_check.h"
#include "tests/unit/map_file.h"
#include "tests/unit/recording.h"

#include <signal.h>
#include <unistd.h>

static struct ringmap_error err;

struct fixture {
	struct rm_map_file file;
	struct rm_map map;
	struct rm_scan scan;
};

static void set_up(struct fixture *f, const char *const *scripts)
{
	memset(f, 0, sizeof(*f));
	rm_map_file_make(&f->file, scripts);
	rm_assert_ok_err(rm_map_open(&f->map, f->file.fd, NULL, &err), &err);
	rm_assert_ok(rm_scan_init(&f->scan, f->map.nr_subbufs));
}

static void tear_down(struct fixture *f)
{
	rm_scan_free(&f->scan);
	rm_map_close(&f->map);
	rm_map_file_free(&f->file);
}

static void scan(struct fixture *f, uint64_t floor, bool all)
{
	rm_scan_run(&f->scan, &f->map, &f->file.layout, floor, all);
}

/* The fills come out so: pairs of id and stamp, up to an id of -1. */
static void assert_fills(struct fixture *f, const int *pairs)
{
	struct rm_fill fill;

	for (; *pairs >= 0; pairs += 2) {
		ck_assert(rm_scan_pop(&f->scan, &fill));
		ck_assert_uint_eq(fill.id, (unsigned int)pairs[0]);
		ck_assert_uint_eq(fill.ts, (unsigned int)pairs[1]);
	}
	ck_assert(!rm_scan_pop(&f->scan, &fill));
	ck_assert(!rm_scan_pop(&f->scan, &fill));
}

#define FILLS(...) ((const int[]){__VA_ARGS__, -1})
#define NONE ((const int[]){-1})

START_TEST(fills_come_oldest_first)
{
	struct fixture f;

	set_up(&f, RM_SCRIPTS("TS 50; EVENT 'a'", "TS 20; EVENT 'b'",
			      "TS 40; EVENT 'c'", "TS 10; EVENT 'd'",
			      "TS 30; EVENT 'e'"));
	scan(&f, 0, true);
	ck_assert_uint_eq(f.scan.count, 5);
	assert_fills(&f, FILLS(3, 10, 1, 20, 4, 30, 2, 40, 0, 50));
	tear_down(&f);
}
END_TEST

START_TEST(only_fills_above_the_floor_are_taken)
{
	struct fixture f;

	set_up(&f, RM_SCRIPTS("TS 10; EVENT 'a'", "TS 20; EVENT 'b'",
			      "TS 30; EVENT 'c'"));
	scan(&f, 9, false);
	assert_fills(&f, FILLS(0, 10, 1, 20, 2, 30));
	scan(&f, 10, false);
	assert_fills(&f, FILLS(1, 20, 2, 30));
	scan(&f, 29, false);
	assert_fills(&f, FILLS(2, 30));
	scan(&f, 30, false);
	assert_fills(&f, NONE);
	/* No stamp was seen: what the commit is of is not known. */
	rm_map_file_write(&f.file, 1, "TS 0; EVENT 'b'");
	scan(&f, 0, false);
	assert_fills(&f, FILLS(0, 10, 2, 30));
	scan(&f, 0, true);
	assert_fills(&f, FILLS(0, 10, 2, 30));
	tear_down(&f);
}
END_TEST

START_TEST(fills_up_to_the_floor_are_counted_unless_passed)
{
	struct fixture f;

	set_up(&f, RM_SCRIPTS("TS 10; EVENT 'a'", "TS 20; EVENT 'b'",
			      "TS 30; EVENT 'c'", "TS 40; EVENT 'd'", "TS 15"));
	scan(&f, 30, false);
	ck_assert_uint_eq(f.scan.behind, 3);
	rm_scan_pass(&f.scan, &f.map, &f.file.layout, 20);
	scan(&f, 30, false);
	ck_assert_uint_eq(f.scan.behind, 1);
	scan(&f, 30, true);
	ck_assert_uint_eq(f.scan.behind, 0);
	tear_down(&f);
}
END_TEST

START_TEST(only_fills_that_were_emptied_are_forgotten)
{
	struct fixture f;

	set_up(&f, RM_SCRIPTS("TS 10; EVENT 'a'", "TS 20; EVENT 'b'",
			      "TS 30; EVENT 'c'"));
	rm_scan_pass(&f.scan, &f.map, &f.file.layout, 30);
	rm_map_file_write(&f.file, 0, "TS 10");
	rm_map_file_write(&f.file, 1, "TS 5; EVENT 'd'");
	rm_scan_forget_emptied(&f.scan, &f.map, &f.file.layout);
	rm_map_file_write(&f.file, 0, "TS 10; EVENT 'e'");
	scan(&f, 0, true);
	assert_fills(&f, FILLS(1, 5, 0, 10));
	tear_down(&f);
}
END_TEST

START_TEST(fills_that_make_room_are_passed)
{
	struct rm_fill fill;
	struct fixture f;

	set_up(&f, RM_SCRIPTS("TS 10; EVENT 'a'", "TS 20; EVENT 'b'",
			      "TS 30; EVENT 'c'"));
	scan(&f, 0, true);
	ck_assert(rm_scan_pop(&f.scan, &fill));
	rm_scan_leave_room(&f.scan, &fill);
	ck_assert_uint_eq(fill.ts, 20);
	rm_scan_leave_room(&f.scan, &fill);
	ck_assert_uint_eq(fill.ts, 20);
	scan(&f, 0, true);
	assert_fills(&f, FILLS(1, 20, 2, 30));
	tear_down(&f);
}
END_TEST

START_TEST(sub_buffers_without_a_commit_are_counted_apart)
{
	struct fixture f;

	set_up(&f, RM_SCRIPTS("TS 99", "TS 20; EVENT 'b'", "TS 30", "TS 40"));
	scan(&f, 0, true);
	ck_assert_uint_eq(f.scan.empty, 3);
	assert_fills(&f, FILLS(1, 20));
	rm_map_file_write(&f.file, 1, "TS 20");
	scan(&f, 0, true);
	ck_assert_uint_eq(f.scan.empty, 4);
	assert_fills(&f, NONE);
	/* A consumer's mark is no commit. */
	rm_map_file_write(&f.file, 2, "TS 30; LOST ?");
	scan(&f, 0, true);
	ck_assert_uint_eq(f.scan.empty, 4);
	tear_down(&f);
}
END_TEST

/* The clock goes back from 30 to 11; sub-buffer 1 is outside of the ring. */
START_TEST(fills_that_were_passed_never_come_again)
{
	struct fixture f;

	set_up(&f, RM_SCRIPTS("TS 20; EVENT 'a'", "TS 10; EVENT 'b'",
			      "TS 30; EVENT 'c'", "TS 40; EVENT 'd'"));
	rm_scan_pass(&f.scan, &f.map, &f.file.layout, 30);
	scan(&f, 0, true);
	assert_fills(&f, FILLS(3, 40));
	rm_map_file_write(&f.file, 0, "TS 11; EVENT 'e'");
	scan(&f, 0, true);
	assert_fills(&f, FILLS(0, 11, 3, 40));
	rm_map_file_write(&f.file, 3, "TS 13; EVENT 'f'");
	scan(&f, 11, false);
	ck_assert_uint_eq(f.scan.newest, 13);
	assert_fills(&f, FILLS(3, 13));
	rm_scan_forget(&f.scan, &f.map);
	scan(&f, 0, true);
	assert_fills(&f, FILLS(1, 10, 0, 11, 3, 13, 2, 30));
	tear_down(&f);
}
END_TEST

START_TEST(each_scan_begins_anew)
{
	struct fixture f;
	struct rm_fill fill;

	set_up(&f, RM_SCRIPTS("TS 10; EVENT 'a'", "TS 20; EVENT 'b'",
			      "TS 30; EVENT 'c'"));
	scan(&f, 0, true);
	ck_assert(rm_scan_pop(&f.scan, &fill));
	scan(&f, 0, true);
	assert_fills(&f, FILLS(0, 10, 1, 20, 2, 30));
	tear_down(&f);
}
END_TEST

START_TEST(random_stamps_come_sorted)
{
	const char *scripts[RM_RECORDING_MAX] = {NULL};
	uint64_t state = 0x082efa98ec4e6c89;
	struct fixture f;

	for (int i = 0; i < RM_RECORDING_MAX - 1; i++)
		scripts[i] = "TS 1; EVENT 'a'";
	set_up(&f, scripts);
	for (int round = 0; round < 200; round++) {
		for (uint32_t id = 0; id < f.map.nr_subbufs; id++) {
			char script[64];

			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			snprintf(script, sizeof(script), "TS %u; EVENT 'a'",
				 1 + (unsigned)state % 50);
			rm_map_file_write(&f.file, id, script);
		}
		scan(&f, 0, true);
		uint64_t before = 0;
		uint32_t seen = 0;
		for (struct rm_fill fill; rm_scan_pop(&f.scan, &fill);) {
			ck_assert_uint_ge(fill.ts, before);
			before = fill.ts;
			ck_assert_uint_eq(seen & 1u << fill.id, 0);
			seen |= 1u << fill.id;
		}
		ck_assert_uint_eq(seen, (1u << f.map.nr_subbufs) - 1);
	}
	tear_down(&f);
}
END_TEST

/* ---- a writer that moves between two looks of the scan ------------------ */

/*
 * Of the mapping that the scan looks at one sub-buffer at most can be read.
 * So each look at another one is a fault, and in the fault the writer may
 * write.
 */
static struct stepper {
	struct fixture *f;
	uint8_t *open; /* the sub-buffer that can be read */
	int looks;
	void (*before_look)(struct fixture *f, int look);
} stepper;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	const struct rm_map *map = &stepper.f->map;
	size_t offset = (size_t)((uint8_t *)info->si_addr - map->addr);

	(void)context;
	/* Not ours: let it kill. */
	if ((uint8_t *)info->si_addr < map->addr || offset >= map->size) {
		signal(sig, SIG_DFL);
		return;
	}
	stepper.before_look(stepper.f, stepper.looks++);
	if (stepper.open)
		mprotect(stepper.open, map->subbuf_size, PROT_NONE);
	stepper.open = map->addr + offset / map->subbuf_size * map->subbuf_size;
	mprotect(stepper.open, map->subbuf_size, PROT_READ);
}

static void scan_step_by_step(struct fixture *f,
			      void (*before_look)(struct fixture *f, int look))
{
	struct sigaction action = {.sa_sigaction = on_fault,
				   .sa_flags = SA_SIGINFO};
	struct sigaction before;

	stepper = (struct stepper){.f = f, .before_look = before_look};
	ck_assert(!sigaction(SIGSEGV, &action, &before));
	ck_assert(!mprotect(f->map.addr, f->map.size, PROT_NONE));
	scan(f, 0, true);
	ck_assert(!mprotect(f->map.addr, f->map.size, PROT_READ));
	ck_assert(!sigaction(SIGSEGV, &before, NULL));
	/* Two passes. */
	ck_assert_int_eq(stepper.looks, 2 * (int)f->map.nr_subbufs);
}

/* What the scan sees of a new fill; may be called in a signal handler. */
static void fill(struct fixture *f, uint32_t id, uint64_t ts)
{
	uint8_t *subbuf = f->file.mem + f->map.meta_size +
			  (size_t)id * f->map.subbuf_size;
	uint32_t *commit = (void *)(subbuf + rm_commit_low(&f->file.layout));

	__atomic_store_n(commit, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n((uint64_t *)(void *)subbuf, ts, __ATOMIC_SEQ_CST);
	__atomic_store_n(commit, 8, __ATOMIC_SEQ_CST);
}

static void fill_two_behind_the_first_pass(struct fixture *f, int look)
{
	/* When sub-buffer 2 is about to be looked at for the first time. */
	if (look != 2)
		return;
	fill(f, 0, 400);
	fill(f, 3, 500);
}

START_TEST(fill_behind_the_first_pass_is_not_overlooked)
{
	struct fixture f;

	set_up(&f, RM_SCRIPTS("TS 100; EVENT 'a'", "TS 200; EVENT 'b'",
			      "TS 300; EVENT 'c'", "TS 1"));
	scan_step_by_step(&f, fill_two_behind_the_first_pass);
	/* 500 was seen, so 400, which came before it, is there too. */
	assert_fills(&f, FILLS(1, 200, 2, 300, 0, 400, 3, 500));
	tear_down(&f);
}
END_TEST

static void fill_two_between_the_passes(struct fixture *f, int look)
{
	if (look == 5)
		fill(f, 0, 400);
	if (look == 6)
		fill(f, 3, 500);
}

START_TEST(fill_after_the_first_pass_is_left_for_the_next_scan)
{
	struct fixture f;

	set_up(&f, RM_SCRIPTS("TS 100; EVENT 'a'", "TS 200; EVENT 'b'",
			      "TS 300; EVENT 'c'", "TS 1"));
	scan_step_by_step(&f, fill_two_between_the_passes);
	/* 500 could be seen, but 400 could not any more. */
	assert_fills(&f, FILLS(0, 100, 1, 200, 2, 300));
	scan(&f, 0, true);
	assert_fills(&f, FILLS(1, 200, 2, 300, 0, 400, 3, 500));
	tear_down(&f);
}
END_TEST

static void overwrite_in_the_second_pass(struct fixture *f, int look)
{
	if (look == 5)
		fill(f, 1, 400);
}

START_TEST(fill_that_was_overwritten_is_not_taken)
{
	struct fixture f;

	set_up(&f, RM_SCRIPTS("TS 100; EVENT 'a'", "TS 200; EVENT 'b'",
			      "TS 300; EVENT 'c'", "TS 1"));
	scan_step_by_step(&f, overwrite_in_the_second_pass);
	assert_fills(&f, FILLS(0, 100, 2, 300));
	tear_down(&f);
}
END_TEST

RM_MAIN(fills_come_oldest_first, only_fills_above_the_floor_are_taken,
	fills_up_to_the_floor_are_counted_unless_passed,
	only_fills_that_were_emptied_are_forgotten,
	fills_that_make_room_are_passed,
	sub_buffers_without_a_commit_are_counted_apart,
	fills_that_were_passed_never_come_again, each_scan_begins_anew,
	random_stamps_come_sorted, fill_behind_the_first_pass_is_not_overlooked,
	fill_after_the_first_pass_is_left_for_the_next_scan,
	fill_that_was_overwritten_is_not_taken)
