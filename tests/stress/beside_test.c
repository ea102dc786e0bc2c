/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * beside_test.c - followers that are opened while, or after, others consume
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "tests/conformance/stage_live.h"
#include "tests/conformance/witness.h"
#include "tests/support/rm_check.h"

enum {
	SUBBUFS = 64,
	SUBBUF = 4096,
	/* Less than a sub-buffer, so that the kernel copies and keeps it. */
	PIECE = 1200,
	OPENS = 60,
	LOOKS = 40,
	BURST = 64,
	REST_NS = 50 * 1000,
	LOOK_NS = 500 * 1000,
	HEAD_START_NS = 3 * 1000 * 1000,
};

static void pause_ns(long ns)
{
	const struct timespec ts = {.tv_nsec = ns};

	nanosleep(&ts, NULL);
}

/* Calls read(2) @reads times, each for @piece bytes at the most. */
static void take(const struct stage *stage, size_t piece, int reads)
{
	uint8_t bytes[SUBBUF];
	int fd = stage_live_open_raw(stage);

	ck_assert_int_ge(fd, 0);
	while (reads--)
		ck_assert_int_gt(read(fd, bytes, piece), 0);
	close(fd);
}

/* Takes sub-buffers, and a piece of the next one. */
static void take_more(const struct stage *stage, size_t piece, int reads)
{
	take(stage, piece, reads);
	take(stage, PIECE, 1);
}

/* The follower sees again what was consumed, or not, but all that comes after. */
static void follow_after(struct stage *stage, uint64_t first_unread)
{
	struct witness w = {.ring = stage_open(stage, RINGMAP_MODE_FOLLOW)};

	stage_write(stage, 150);
	ck_assert(witness_drain(&w));
	ck_assert_msg(!w.wrong[0], "%s", w.wrong);
	ck_assert_uint_eq(w.holes, 0);
	ck_assert_uint_le(w.first, first_unread);
	ck_assert_uint_eq(w.last, stage->written - 1);
	ringmap_ring_unref(w.ring);
}

START_TEST(what_was_taken_in_pieces_before_the_open_hides_nothing)
{
	STAGE(stage, .subbufs = SUBBUFS);
	stage_write(stage, 1800);
	take_more(stage, PIECE, 80);
	follow_after(stage, 1800);
	stage_free(stage);
}
END_TEST

START_TEST(what_was_taken_beside_a_map_before_the_open_hides_nothing)
{
	STAGE(stage, .subbufs = SUBBUFS);
	int fd = stage_live_open_raw(stage);
	void *map = mmap(NULL, SUBBUF, PROT_READ, MAP_SHARED, fd, 0);

	ck_assert(map != MAP_FAILED);
	stage_write(stage, 1800);
	take_more(stage, SUBBUF, 20);
	munmap(map, SUBBUF);
	close(fd);
	follow_after(stage, 1800);
	stage_free(stage);
}
END_TEST

/* Some are copied, and stay in the ring; between them one is given away. */
START_TEST(what_was_given_away_before_the_open_hides_nothing)
{
	STAGE(stage, .subbufs = SUBBUFS);
	stage_write(stage, 1800);
	for (int i = 0; i < 4; i++) {
		take(stage, PIECE, 4);
		take(stage, SUBBUF, 1);
	}
	take(stage, PIECE, 1);
	follow_after(stage, 1800);
	stage_free(stage);
}
END_TEST

/* A writer and a reader with read(2), each a thread, until quit. */
struct others {
	struct stage *stage;
	long writer_ns; /* pause between two bursts; 0: none */
	atomic_bool quit;
	atomic_bool reads; /* the reader does; else it rests */
	pthread_t writer;
	pthread_t reader;
};

static void *write_on(void *ctx)
{
	struct others *others = ctx;
	struct stage *stage = others->stage;

	while (!others->quit) {
		for (int i = 0; i < BURST; i++)
			stage->written +=
				stage->backend->write(stage, stage->written, 1);
		if (others->writer_ns)
			pause_ns(others->writer_ns);
	}
	return NULL;
}

static void *read_on(void *ctx)
{
	struct others *others = ctx;
	int fd = stage_live_open_raw(others->stage);
	uint8_t subbuf[SUBBUF];

	while (fd >= 0 && !others->quit)
		if (!others->reads || read(fd, subbuf, sizeof(subbuf)) <= 0)
			pause_ns(REST_NS);
	if (fd >= 0)
		close(fd);
	return NULL;
}

/* The stage pinned this thread to the writer's CPU, which stays the writer's. */
static void leave_cpu(void)
{
	cpu_set_t set;

	memset(&set, 0xff, sizeof(set));
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		CPU_CLR(LIVE_CPU, &set);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(set), &set), 0);
}

/* Opens, and looks for a while. RINGMAP_E_BUSY: it was refused. */
static enum ringmap_status follow_beside(struct others *others, uint32_t start,
					 bool reader_stays)
{
	const struct ringmap_ring_opts opts = {
		.sz = sizeof(opts),
		.mode = RINGMAP_MODE_FOLLOW,
		.start = start,
	};
	struct stage *stage = others->stage;
	struct ringmap_error err;
	struct witness w = {0};
	enum ringmap_status s =
		stage->backend->open(stage, &opts, &w.ring, &err);

	others->reads = reader_stays;
	if (s == RINGMAP_E_BUSY)
		return s;
	rm_assert_ok_err(s, &err);
	for (int look = 0; look < LOOKS && !w.wrong[0]; look++) {
		while (!w.wrong[0] && witness_look(&w) != RINGMAP_DONE)
			;
		pause_ns(LOOK_NS);
	}
	ck_assert_msg(!w.wrong[0], "%s", w.wrong);
	ringmap_ring_unref(w.ring);
	return s;
}

static void open_beside(long writer_ns, bool reader_stays)
{
	STAGE(stage, .subbufs = SUBBUFS);
	struct others others = {.stage = stage, .writer_ns = writer_ns};
	int opened = 0;

	ck_assert(!pthread_create(&others.writer, NULL, write_on, &others));
	leave_cpu();
	ck_assert(!pthread_create(&others.reader, NULL, read_on, &others));
	for (uint32_t i = 0; i < OPENS; i++) {
		others.reads = true;
		pause_ns(HEAD_START_NS);
		opened += follow_beside(&others, i % 2, reader_stays) ==
			  RINGMAP_OK;
	}
	others.quit = true;
	pthread_join(others.writer, NULL);
	pthread_join(others.reader, NULL);
	ck_assert_int_gt(opened, 0);
	stage_free(stage);
}

START_TEST(opening_beside_a_reader_misses_nothing_silently)
{
	open_beside(100 * 1000, true);
}
END_TEST

START_TEST(opening_before_a_reader_ends_misses_nothing_silently)
{
	open_beside(100 * 1000, false);
}
END_TEST

START_TEST(opening_beside_a_reader_of_little_misses_nothing_silently)
{
	open_beside(500 * 1000, true);
}
END_TEST

START_TEST(opening_beside_a_reader_of_much_misses_nothing_silently)
{
	open_beside(0, true);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_was_taken_in_pieces_before_the_open_hides_nothing,
		what_was_taken_beside_a_map_before_the_open_hides_nothing,
		what_was_given_away_before_the_open_hides_nothing,
		opening_beside_a_reader_misses_nothing_silently,
		opening_before_a_reader_ends_misses_nothing_silently,
		opening_beside_a_reader_of_little_misses_nothing_silently,
		opening_beside_a_reader_of_much_misses_nothing_silently,
	};

	stage_backend = &backend_live;
	return rm_check_main(tests, sizeof(tests) / sizeof(*tests));
}
