/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * fork_test.c - a child is told that its parent's rings are not its own
 */
#include "tests/support/probe.h"
#include "tests/support/rm_check.h"
#include "tests/unit/map_file.h"
#include "tests/unit/merge.h"

#include <sys/wait.h>
#include <unistd.h>

static struct ringmap_error err;

/*
 * Runs @fn in a child and returns what it returned: 0, or the number of the
 * call that did not do what it should.
 */
static int in_child(int (*fn)(void *ctx), void *ctx)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (!pid)
		_exit(fn(ctx));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "the child was killed by signal %d",
		      WTERMSIG(status));
	return WEXITSTATUS(status);
}

struct borrowed {
	struct ringmap_ring *ring;
	struct ringmap_page page; /* out in the parent */
};

/* Every call of a ring that has a status for it. */
static int use_ring(void *ctx)
{
	struct borrowed *b = ctx;
	struct ringmap_page page = b->page;
	struct ringmap_ring_stats stats;
	size_t size;

	if (ringmap_ring_borrow_page(b->ring, &page) != RINGMAP_E_FORKED)
		return 1;
	ringmap_ring_error(b->ring, &err);
	if (err.status != RINGMAP_E_FORKED || !err.text[0])
		return 2;
	if (ringmap_ring_return_page(b->ring, &b->page) != RINGMAP_E_FORKED)
		return 3;
	if (ringmap_ring_wait(b->ring, -1) != RINGMAP_E_FORKED)
		return 4;
	if (ringmap_ring_stop(b->ring) != RINGMAP_E_FORKED)
		return 5;
	if (ringmap_ring_stats(b->ring, &stats, sizeof(stats)) !=
	    RINGMAP_E_FORKED)
		return 6;
	if (ringmap_ring_snapshot(b->ring, NULL, 0, &size) != RINGMAP_E_FORKED)
		return 7;
	ringmap_ring_unref(ringmap_ring_ref(b->ring));
	ringmap_ring_unref(b->ring);
	return 0;
}

static void assert_ring_survives(struct ringmap_ring *ring, int letters)
{
	struct borrowed b = {.ring = ring};
	struct ringmap_event event;

	for (int i = 0; i < letters; i++) {
		rm_assert_ok(ringmap_ring_borrow_page(ring, &b.page));
		ck_assert_int_eq(in_child(use_ring, &b), 0);
		rm_assert_ok(ringmap_page_next(&b.page, &event));
		ck_assert_int_eq(*(const char *)event.data, 'a' + i);
		rm_assert_ok(ringmap_ring_return_page(ring, &b.page));
	}
	ck_assert_int_eq(in_child(use_ring, &b), 0);
	rm_assert_status(ringmap_ring_borrow_page(ring, &b.page), RINGMAP_DONE);
}

START_TEST(image_is_the_parents)
{
	struct rm_recording r;

	RM_NEEDS_WIPE_ON_FORK();
	rm_record(&r, NULL, RM_SCRIPTS("TS 1; EVENT 'a'", "TS 2; EVENT 'b'"));
	struct ringmap_ring *ring = rm_recording_open(&r);
	assert_ring_survives(ring, 2);
	ringmap_ring_unref(ring);
	rm_recording_free(&r);
}
END_TEST

START_TEST(mapped_ring_is_the_parents)
{
	const struct ringmap_ring_opts opts = {.sz = sizeof(opts),
					       .mode = RINGMAP_MODE_FOLLOW};
	struct rm_still still = {.freed = 0};
	struct rm_map_file file;
	struct ringmap_ring *ring;

	RM_NEEDS_WIPE_ON_FORK();
	rm_map_file_make(&file,
			 RM_SCRIPTS("TS 1", "TS 2; EVENT 'a'",
				    "TS 3; EVENT 'b'", "TS 4; EVENT 'c'"));
	rm_assert_ok_err(rm_still_open(&still, &file, &opts, &ring, &err),
			 &err);
	assert_ring_survives(ring, 3);
	ck_assert_int_eq(still.freed, 0);
	ringmap_ring_unref(ring);
	ck_assert_int_eq(still.freed, 1);
	rm_map_file_free(&file);
}
END_TEST

/* The kernel gives a child no mapping: it may have put its own there. */
static int unref_beside_own_memory(void *ctx)
{
	struct borrowed *b = ctx;
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *place = (uint8_t *)((uintptr_t)b->page.data & ~(size - 1));
	uint8_t *own = mmap(place, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (own != place)
		return 1;
	*own = 77;
	ringmap_ring_unref(b->ring);
	return *own == 77 ? 0 : 2;
}

START_TEST(unref_leaves_the_childs_own_memory_alone)
{
	const struct ringmap_ring_opts opts = {.sz = sizeof(opts),
					       .mode = RINGMAP_MODE_FOLLOW};
	struct rm_still still = {.freed = 0};
	struct rm_map_file file;
	struct borrowed b;

	RM_NEEDS_WIPE_ON_FORK();
	rm_map_file_make(&file, RM_SCRIPTS("TS 1", "TS 2; EVENT 'a'", "TS 1"));
	rm_assert_ok_err(rm_still_open(&still, &file, &opts, &b.ring, &err),
			 &err);
	rm_assert_ok(ringmap_ring_borrow_page(b.ring, &b.page));
	ck_assert_int_eq(in_child(unref_beside_own_memory, &b), 0);
	rm_assert_ok(ringmap_ring_return_page(b.ring, &b.page));
	ringmap_ring_unref(b.ring);
	rm_map_file_free(&file);
}
END_TEST

static int use_trace(void *ctx)
{
	struct ringmap_trace *trace = ctx;
	struct ringmap_trace_stats stats;
	struct ringmap_trace_info info;
	struct ringmap_event event;

	if (ringmap_trace_next(trace, &event) != RINGMAP_E_FORKED)
		return 1;
	if (ringmap_trace_wait(trace, -1) != RINGMAP_E_FORKED)
		return 2;
	if (ringmap_trace_stop(trace) != RINGMAP_E_FORKED)
		return 3;
	if (ringmap_trace_stats(trace, &stats, sizeof(stats)) !=
	    RINGMAP_E_FORKED)
		return 4;
	if (ringmap_trace_info(trace, &info, sizeof(info)) != RINGMAP_E_FORKED)
		return 5;
	ringmap_trace_unref(trace);
	return 0;
}

START_TEST(trace_is_the_parents)
{
	struct rm_merge f = {.count = 0};

	RM_NEEDS_WIPE_ON_FORK();
	rm_merge_record(&f, RM_SCRIPTS("TS 1; EVENT 'a'", "TS 3; EVENT 'c'"));
	rm_merge_record(&f, RM_SCRIPTS("TS 2; EVENT 'b'"));
	rm_merge_open(&f);
	ck_assert_int_eq(in_child(use_trace, f.trace), 0);
	rm_merge_assert_letters(&f, "ab");
	ck_assert_int_eq(in_child(use_trace, f.trace), 0);
	rm_merge_assert_letters(&f, "c");
	rm_merge_assert_done(&f);
	rm_merge_close(&f);
}
END_TEST

/* A child's own ring is its own, though its parent has one too. */
static int use_own_ring(void *ctx)
{
	const struct rm_recording *r = ctx;
	struct ringmap_ring *ring;
	struct ringmap_page page;

	if (ringmap_ring_open_image(r->bytes, r->size, &r->opts, &ring, NULL) !=
	    RINGMAP_OK)
		return 1;
	if (ringmap_ring_borrow_page(ring, &page) != RINGMAP_OK)
		return 2;
	if (ringmap_ring_return_page(ring, &page) != RINGMAP_OK)
		return 3;
	ringmap_ring_unref(ring);
	return 0;
}

START_TEST(ring_that_a_child_opens_is_its_own)
{
	struct rm_recording r;

	rm_record(&r, NULL, RM_SCRIPTS("TS 1; EVENT 'a'"));
	struct ringmap_ring *ring = rm_recording_open(&r);
	ck_assert_int_eq(in_child(use_own_ring, &r), 0);
	ringmap_ring_unref(ring);
	rm_recording_free(&r);
}
END_TEST

RM_MAIN(image_is_the_parents, mapped_ring_is_the_parents,
	unref_leaves_the_childs_own_memory_alone, trace_is_the_parents,
	ring_that_a_child_opens_is_its_own)
