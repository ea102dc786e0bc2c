// SPDX-License-Identifier: GPL-2.0-only
/*
 * faults.c - memory runs out at each allocation in turn
 *
 * /proc/self/fail-nth makes the nth allocation of the calling task fail. What
 * counts is what a failure leaves behind: nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cases.h"
#include "mapping.h"
#include "task.h"

#define DEBUGFS "/sys/kernel/debug"

static void put_setting(const char *injector, const char *name,
			const char *value)
{
	char path[100];

	snprintf(path, sizeof(path), DEBUGFS "/%s/%s", injector, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	EXPECT(fd >= 0, "cannot open %s: %s", path, strerrorname_np(errno));
	EXPECT(write(fd, value, strlen(value)) > 0, "cannot write %s: %s", path,
	       strerrorname_np(errno));
	close(fd);
}

/* Allocations that may sleep fail, too, and none is logged as a splat. */
static void need_faults(void)
{
	if (!ktap_opts()->guest)
		SKIP("faults are injected in a guest only");
	if (access("/proc/self/fail-nth", F_OK) ||
	    access(DEBUGFS "/failslab", F_OK) ||
	    access(DEBUGFS "/fail_page_alloc", F_OK))
		SKIP("this kernel injects no faults");
	put_setting("failslab", "ignore-gfp-wait", "N");
	put_setting("failslab", "verbose", "0");
	put_setting("failslab", "times", "-1");
	put_setting("fail_page_alloc", "ignore-gfp-wait", "N");
	put_setting("fail_page_alloc", "ignore-gfp-highmem", "N");
	put_setting("fail_page_alloc", "min-order", "0");
	put_setting("fail_page_alloc", "verbose", "0");
	put_setting("fail_page_alloc", "times", "-1");
}

static int open_fail_nth(void)
{
	int fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);

	EXPECT_OK(fd);
	return fd;
}

/* The nth allocation from here on fails. */
static void arm(int fd, unsigned int nth)
{
	char text[20];
	int length = snprintf(text, sizeof(text), "%u", nth);

	EXPECT_EQ(pwrite(fd, text, (size_t)length, 0), length);
}

/* Did it come to that? No more do from here on. */
static bool disarm(int fd)
{
	char text[20] = "";

	EXPECT(pread(fd, text, sizeof(text) - 1, 0) > 0, "fail-nth: %s",
	       strerrorname_np(errno));
	arm(fd, 0);
	return atoi(text) == 0;
}

enum {
	MOST_FAULTS = 3000
};

/* A ring that nobody holds. */
static void expect_free(const struct ring *r)
{
	struct mapping m;

	EXPECT(!ring_try_resize(r), "the ring cannot be resized any more");
	mapping_open(&m, r);
	ring_write_many(r, 0, 1, EVENT_SMALL);
	EXPECT(get_reader(&m).entries, "the event is not there");
	mapping_close(&m);
	ring_reset(r);
}

/* Maps @size bytes with each allocation failing in turn. */
static void map_with_faults(const struct ring *r, size_t size, bool mapped)
{
	int nth_file = open_fail_nth();
	int fd = ring_open(r, O_RDONLY);
	unsigned int refused = 0;

	for (unsigned int nth = 1;; nth++) {
		EXPECT(nth < MOST_FAULTS, "no end of allocations");
		arm(nth_file, nth);
		void *address = map_raw(size, PROT_READ, MAP_SHARED, fd, 0);
		int error = errno;
		bool injected = disarm(nth_file);

		if (address != MAP_FAILED) {
			EXPECT_OK(munmap(address, size));
			if (!injected)
				break;
			continue; /* it came without that allocation */
		}
		EXPECT(injected && error == ENOMEM, "fault %u: %s", nth,
		       strerrorname_np(error));
		refused++;
		if (!mapped)
			expect_free(r);
	}
	close(fd);
	close(nth_file);
	ktap_say("%u allocations refused a mapping", refused);
	/* At the least the ids, the meta page and the array of pages. */
	EXPECT(refused >= (mapped ? 1 : 3), "only %u faults were seen",
	       refused);
}

static void of_the_first_mapping(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	need_faults();
	ring_make_small(&r);
	mapping_open(&m, &r);
	size_t size = m.size;
	mapping_close(&m);
	map_with_faults(&r, size, false);
	expect_free(&r);
}

/* Page tables, too: 8 MiB need several. */
static void of_a_large_mapping(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	need_faults();
	ring_make(&r, 8192, 0);
	mapping_open(&m, &r);
	size_t size = m.size;
	mapping_close(&m);
	map_with_faults(&r, size, false);
	expect_free(&r);
}

static void of_another_mapping(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	need_faults();
	ring_make_small(&r);
	mapping_open(&m, &r);
	map_with_faults(&r, m.size, true);
	ring_write_many(&r, 0, 3, EVENT_SMALL);
	EXPECT_EQ(get_reader(&m).entries, 3);
	EXPECT_EQ(ring_try_resize(&r), EBUSY);
	mapping_close(&m);
	expect_free(&r);
}

/*
 * Takes the calling thread's restartable sequences from the kernel, which
 * writes to their area when a thread that was preempted or moved returns to
 * user space (__rseq_handle_notify_resume, kernel/rseq.c). After a fork that
 * write copies a page; where the fault injected falls on that page, the kernel
 * can only kill, with SIGSEGV.
 */
static void leave_rseq(void)
{
	if (!__rseq_size)
		return;
	void *area = (char *)__builtin_thread_pointer() + __rseq_offset;
	EXPECT_OK(syscall(SYS_rseq, area, sizeof(struct rseq),
			  RSEQ_FLAG_UNREGISTER, RSEQ_SIG));
}

/* fork() that fails half way copied some mappings, or none. */
static void of_a_fork(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	need_faults();
	leave_rseq();
	ring_make_small(&r);
	mapping_open(&m, &r);
	EXPECT_OK(madvise(m.base, m.size, MADV_DOFORK));
	int nth_file = open_fail_nth();
	unsigned int failed = 0;
	for (unsigned int nth = 1;; nth++) {
		EXPECT(nth < MOST_FAULTS, "no end of allocations");
		arm(nth_file, nth);
		pid_t pid = fork();
		if (pid == 0)
			_exit(0);
		bool injected = disarm(nth_file);
		if (pid > 0)
			task_join(pid);
		else
			failed++;
		if (!injected)
			break;
	}
	close(nth_file);
	ktap_say("%u allocations failed a fork", failed);
	EXPECT(failed > 3, "only %u forks failed", failed);
	EXPECT_EQ(ring_try_resize(&r), EBUSY);
	mapping_close(&m);
	expect_free(&r);
}

/* A move that fails leaves the mapping where it was. */
static void of_a_move(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	need_faults();
	ring_make_small(&r);
	mapping_open(&m, &r);
	int nth_file = open_fail_nth();
	for (unsigned int nth = 1;; nth++) {
		EXPECT(nth < MOST_FAULTS, "no end of allocations");
		uint8_t *to = mmap(NULL, m.size, PROT_NONE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		EXPECT(to != MAP_FAILED, "no memory");
		arm(nth_file, nth);
		void *moved = mremap(m.base, m.size, m.size,
				     MREMAP_MAYMOVE | MREMAP_FIXED, to);
		bool injected = disarm(nth_file);
		/* Where unmapping is refused memory, the kernel says nothing,
		 * and leaves the area that it wanted to be rid of. */
		EXPECT_OK(munmap(moved == MAP_FAILED ? to : m.base, m.size));
		if (moved != MAP_FAILED)
			m.base = moved;
		EXPECT_OK(ioctl(m.fd, GET_READER));
		EXPECT_EQ(meta_of(&m).meta_struct_len, sizeof(struct meta));
		EXPECT_EQ(ring_try_resize(&r), EBUSY);
		if (!injected)
			break;
	}
	close(nth_file);
	mapping_close(&m);
	expect_free(&r);
}

const struct kcase fault_cases[] = {
	{"faults.of_the_first_mapping", of_the_first_mapping, NULL},
	{"faults.of_a_large_mapping", of_a_large_mapping, NULL},
	{"faults.of_another_mapping", of_another_mapping, NULL},
	{"faults.of_a_fork", of_a_fork, NULL},
	{"faults.of_a_move", of_a_move, NULL},
	{NULL, NULL, NULL},
};
