// SPDX-License-Identifier: GPL-2.0-only
/*
 * access.c - mapped sub-buffers are ordinary memory to the rest of the kernel
 *
 * The pages are counted ones: other parts of the kernel may read them, and
 * hold them past the end of the mapping and of the ring.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "cases.h"
#include "mapping.h"

/* A mapped ring with something to read, and where that is. */
static const uint8_t *make_data(struct ring *r, struct mapping *m)
{
	ring_make_small(r);
	mapping_open(m, r);
	ring_write_many(r, 1, 100, EVENT_SMALL);
	return subbuf_of(m, get_reader(m).reader_id);
}

static void by_proc_mem(const void *arg)
{
	struct mapping m;
	struct ring r;
	uint8_t copy[4096];

	(void)arg;
	const uint8_t *subbuf = make_data(&r, &m);
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	EXPECT_OK(fd);
	EXPECT_EQ(pread(fd, copy, sizeof(copy), (off_t)subbuf), sizeof(copy));
	EXPECT(!memcmp(copy, subbuf, sizeof(copy)), "other bytes were read");
	mapping_close(&m);
}

/* Not even a debugger's write, which forces its way into private memory. */
static void not_writable_by_proc_mem(const void *arg)
{
	struct mapping m;
	struct ring r;
	uint8_t zero = 0;

	(void)arg;
	const uint8_t *subbuf = make_data(&r, &m);
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	EXPECT_OK(fd);
	EXPECT_EQ(pwrite(fd, &zero, 1, (off_t)subbuf), -1);
	EXPECT_EQ(pwrite(fd, &zero, 1, (off_t)m.base), -1);
	mapping_close(&m);
}

static void by_process_vm_readv(const void *arg)
{
	struct mapping m;
	struct ring r;
	uint8_t copy[4096];

	(void)arg;
	const uint8_t *subbuf = make_data(&r, &m);
	struct iovec to = {copy, sizeof(copy)};
	struct iovec from = {(void *)(uintptr_t)subbuf, sizeof(copy)};
	ssize_t n = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
	if (n < 0 && errno == ENOSYS)
		SKIP("this kernel has no process_vm_readv()");
	EXPECT_EQ(n, sizeof(copy));
	EXPECT(!memcmp(copy, subbuf, sizeof(copy)), "other bytes were read");
	mapping_close(&m);
}

static void by_write(const void *arg)
{
	struct mapping m;
	struct ring r;
	uint8_t copy[4096];
	int pipes[2];

	(void)arg;
	const uint8_t *subbuf = make_data(&r, &m);
	EXPECT_OK(pipe2(pipes, O_CLOEXEC));
	EXPECT_EQ(write(pipes[1], subbuf, sizeof(copy)), sizeof(copy));
	EXPECT_EQ(read(pipes[0], copy, sizeof(copy)), sizeof(copy));
	EXPECT(!memcmp(copy, subbuf, sizeof(copy)), "other bytes were written");
	mapping_close(&m);
}

/* O_DIRECT takes the pages themselves, where the file system can. */
static void by_direct_write(const void *arg)
{
	char path[] = "/tmp/ringmap_k_XXXXXX";
	struct mapping m;
	struct ring r;
	uint8_t copy[4096];

	(void)arg;
	const uint8_t *subbuf = make_data(&r, &m);
	int plain = mkstemp(path);
	if (plain < 0)
		SKIP("/tmp is not writable");
	int fd = open(path, O_WRONLY | O_DIRECT | O_CLOEXEC);
	int error = errno;
	EXPECT_OK(unlink(path));
	if (fd < 0)
		SKIP("no O_DIRECT in /tmp: %s", strerrorname_np(error));
	EXPECT_EQ(write(fd, subbuf, sizeof(copy)), sizeof(copy));
	EXPECT_EQ(read(plain, copy, sizeof(copy)), sizeof(copy));
	EXPECT(!memcmp(copy, subbuf, sizeof(copy)), "other bytes were written");
	mapping_close(&m);
}

/* A pipe that holds the page keeps it when mapping and ring are gone. */
static void held_past_the_end(const void *arg)
{
	struct mapping m;
	struct ring r;
	uint8_t before[4096], after[4096];
	int pipes[2];

	(void)arg;
	const uint8_t *subbuf = make_data(&r, &m);
	memcpy(before, subbuf, sizeof(before));
	EXPECT_OK(pipe2(pipes, O_CLOEXEC));
	struct iovec from = {(void *)(uintptr_t)subbuf, sizeof(before)};
	EXPECT_EQ(vmsplice(pipes[1], &from, 1, 0), sizeof(before));
	mapping_close(&m);
	close(r.marker);
	EXPECT_OK(rmdir(r.dir));
	EXPECT_EQ(read(pipes[0], after, sizeof(after)), sizeof(after));
	EXPECT(!memcmp(before, after, sizeof(after)),
	       "the held page changed when the ring was freed");
}

const struct kcase access_cases[] = {
	{"access.by_proc_mem", by_proc_mem, NULL},
	{"access.not_writable_by_proc_mem", not_writable_by_proc_mem, NULL},
	{"access.by_process_vm_readv", by_process_vm_readv, NULL},
	{"access.by_write", by_write, NULL},
	{"access.by_direct_write", by_direct_write, NULL},
	{"access.held_past_the_end", held_past_the_end, NULL},
	{NULL, NULL, NULL},
};
