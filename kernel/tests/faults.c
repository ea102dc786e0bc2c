// SPDX-License-Identifier: GPL-2.0-only
/*
 * faults.c - memory runs out at each allocation in turn
 *
 * /proc/self/fail-nth makes the nth allocation of the calling task fail. A
 * failure must leave nothing behind.
 *
 * The allocations of a mapping include page tables. Its address decides which
 * of them exist already, so each case names the address.
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

/* Returns true if the allocation failed. No later one fails. */
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

/*
 * Boundaries of 512 GiB (one entry of the top-level page table) that are
 * terabytes away from every area that the kernel places in a process: a static
 * program and its heap lie below them, and what is mapped, the stack, and
 * programs that are relocated lie above. An area across one of them shares no
 * page table with any other area.
 */
#define FAR ((uint8_t *)(UINT64_C(1) << 45))
#define FAR_TOO ((uint8_t *)(UINT64_C(1) << 44))

/* The tables above those of the lowest level, on either side of a boundary. */
enum {
	UPPER_TABLES = 4,
	/* The range of one page table of the lowest level. */
	TABLE_SPAN = 2 << 20
};

/* The address of @size bytes, half of them on either side of the boundary. */
static void *across(uint8_t *boundary, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return boundary - size / 2 / page * page;
}

/*
 * Maps and touches a page on either side of @size bytes across the boundary.
 * These pages keep the upper tables, so that a mapping between them allocates
 * only tables of the lowest level.
 */
static void keep_upper_tables(uint8_t *boundary, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t distance = size + TABLE_SPAN;

	for (int i = 0; i < 2; i++) {
		uint8_t *at = i ? boundary + distance : boundary - distance;
		uint8_t *kept = map_raw_at(at, page, PROT_READ | PROT_WRITE,
					   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		EXPECT(kept != MAP_FAILED, "no page at %p: %s", (void *)at,
		       strerrorname_np(errno));
		*kept = 1;
	}
}

/* The ring works, and no mapping holds it. */
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

/* The errors of mmap() while each allocation in turn failed. */
struct refusals {
	unsigned int enomem;
	unsigned int efault;
};

static void count_refusal(struct refusals *counts, unsigned int nth, int error)
{
	if (error == EFAULT)
		counts->efault++;
	else
		counts->enomem++;
	EXPECT(error == ENOMEM || error == EFAULT, "fault %u: %s", nth,
	       strerrorname_np(error));
}

/* Maps @size bytes across FAR with each allocation failing in turn. */
static struct refusals map_with_faults(const struct ring *r, size_t size,
				       bool mapped)
{
	int nth_file = open_fail_nth();
	int fd = ring_open(r, O_RDONLY);
	struct refusals counts = {0};

	for (unsigned int nth = 1;; nth++) {
		EXPECT(nth < MOST_FAULTS, "no end of allocations");
		arm(nth_file, nth);
		void *address = map_raw_at(across(FAR, size), size, PROT_READ,
					   MAP_SHARED, fd, 0);
		int error = errno;
		bool injected = disarm(nth_file);

		if (address != MAP_FAILED) {
			EXPECT_OK(munmap(address, size));
			if (!injected)
				break;
			continue; /* the mapping does without it */
		}
		EXPECT(injected, "refused without a fault: %s",
		       strerrorname_np(error));
		count_refusal(&counts, nth, error);
		if (!mapped)
			expect_free(r);
	}
	close(fd);
	close(nth_file);
	ktap_say("%u allocations refused a mapping, %u of them with EFAULT",
		 counts.enomem + counts.efault, counts.efault);
	return counts;
}

/*
 * All errors are ENOMEM, because the upper page tables exist. At least @least
 * allocations fail.
 */
static void expect_enomem(const struct ring *r, size_t size, bool mapped,
			  unsigned int least)
{
	keep_upper_tables(FAR, size);
	struct refusals counts = map_with_faults(r, size, mapped);
	EXPECT_EQ(counts.efault, 0);
	EXPECT(counts.enomem >= least, "only %u faults were seen",
	       counts.enomem);
}

/* Makes a ring of @kb KiB and returns the size of its mapping. */
static size_t make_ring(struct ring *r, unsigned int kb)
{
	struct mapping m;

	need_faults();
	ring_make(r, kb, 0);
	mapping_open(&m, r);
	size_t size = m.size;
	mapping_close(&m);
	return size;
}

static void of_the_first_mapping(const void *arg)
{
	struct ring r;

	(void)arg;
	size_t size = make_ring(&r, 28);
	/* These are at least the ids, the meta page and the array of pages. */
	expect_enomem(&r, size, false, 3);
	expect_free(&r);
}

/* 4 MiB across the boundary need four page tables of the lowest level. */
static void of_a_large_mapping(const void *arg)
{
	struct ring r;

	(void)arg;
	size_t size = make_ring(&r, 4096);
	expect_enomem(&r, size, false, 3 + 4);
	expect_free(&r);
}

/*
 * The upper page tables are allocated, too. insert_pages() in mm/memory.c
 * returns EFAULT if walk_to_pmd() gets no memory for them, and ENOMEM only for
 * the tables of the lowest level. The mapping of 6.10 and later returns the
 * error of vm_insert_pages(), and so does ours.
 */
static void of_upper_page_tables(const void *arg)
{
	struct ring r;

	(void)arg;
	size_t size = make_ring(&r, 28);
	struct refusals counts = map_with_faults(&r, size, false);
	EXPECT(counts.efault >= UPPER_TABLES, "only %u EFAULT for %u tables",
	       counts.efault, UPPER_TABLES);
	EXPECT(counts.enomem >= 3, "only %u ENOMEM", counts.enomem);
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
	expect_enomem(&r, m.size, true, 1);
	ring_write_many(&r, 0, 3, EVENT_SMALL);
	EXPECT_EQ(get_reader(&m).entries, 3);
	EXPECT_EQ(ring_try_resize(&r), EBUSY);
	mapping_close(&m);
	expect_free(&r);
}

/*
 * Unregisters the restartable sequences of the calling thread. The kernel
 * writes to their area when a thread that was preempted or moved returns to
 * user space (__rseq_handle_notify_resume, kernel/rseq.c). After a fork, that
 * write copies a page. If the injected fault hits this copy, the kernel kills
 * the thread with SIGSEGV.
 */
static void leave_rseq(void)
{
	if (!__rseq_size)
		return;
	void *area = (char *)__builtin_thread_pointer() + __rseq_offset;
	EXPECT_OK(syscall(SYS_rseq, area, sizeof(struct rseq),
			  RSEQ_FLAG_UNREGISTER, RSEQ_SIG));
}

/* A fork() that fails half-way has copied some mappings, or none. */
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

/*
 * A move that fails leaves the mapping where it was. A move across a boundary
 * allocates upper page tables.
 */
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
		uint8_t *to = across(FAR, m.size);
		if (m.base == to)
			to = across(FAR_TOO, m.size);
		arm(nth_file, nth);
		void *moved = mremap(m.base, m.size, m.size,
				     MREMAP_MAYMOVE | MREMAP_FIXED, to);
		bool injected = disarm(nth_file);
		/* If the kernel gets no memory to unmap an area, it reports no
		 * error and leaves the area mapped. */
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
	{"faults.of_upper_page_tables", of_upper_page_tables, NULL},
	{"faults.of_another_mapping", of_another_mapping, NULL},
	{"faults.of_a_fork", of_a_fork, NULL},
	{"faults.of_a_move", of_a_move, NULL},
	{NULL, NULL, NULL},
};
