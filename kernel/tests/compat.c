// SPDX-License-Identifier: GPL-2.0-only
/*
 * compat.c - processes of 32 bits on a kernel of 64
 *
 * They map as others do. For GET_READER a kernel may have no entry for them,
 * which is upstream's state; then it must say so, and do nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cases.h"
#include "mapping.h"
#include "task.h"

/* As compat32.c has it. */
struct found {
	int32_t map;
	int32_t write_map;
	int32_t private_map;
	int32_t beyond_map;
	int32_t get_reader;
	int32_t unknown_ioctl;
	int32_t writable;
	int32_t unmap;
	uint32_t meta_struct_len;
	uint32_t subbufs;
	uint32_t commit;
};

struct job {
	int ring;
	int out;
};

static void execute(void *context)
{
	struct job *job = context;
	char path[400], *argv[] = {"compat32", NULL};
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 20);

	EXPECT(n > 0, "where is this program?");
	path[n] = '\0';
	strcpy(strrchr(path, '/') + 1, "compat32");
	/* Out of the way of the numbers that it expects. */
	int ring = fcntl(job->ring, F_DUPFD, 10);
	EXPECT_OK(dup2(job->out, 1));
	EXPECT_OK(dup2(ring, 3));
	execv(path, argv);
	if (errno == ENOEXEC)
		SKIP("this kernel runs no programs of 32 bits");
	FAIL("cannot execute %s: %s", path, strerrorname_np(errno));
}

/* What the program finds in a ring with three events. */
static struct found run_program(const struct ring *r)
{
	struct found found;
	int pipes[2];

	EXPECT_OK(pipe2(pipes, O_CLOEXEC));
	struct job job = {ring_open(r, O_RDONLY), pipes[1]};
	task_join(task_start(execute, &job));
	close(pipes[1]);
	EXPECT_EQ(read(pipes[0], &found, sizeof(found)), sizeof(found));
	return found;
}

static void in_a_program(const void *arg)
{
	struct ring r;

	(void)arg;
	ring_make_small(&r);
	need_mapping(&r);
	ring_write_many(&r, 0, 3, EVENT_SMALL);
	struct found found = run_program(&r);
	EXPECT_EQ(found.map, 0);
	EXPECT_EQ(found.meta_struct_len, sizeof(struct meta));
	EXPECT_EQ(found.write_map, -EACCES);
	EXPECT_EQ(found.private_map, -EPERM);
	EXPECT_EQ(found.beyond_map, -EINVAL);
	EXPECT_EQ(found.unknown_ioctl, -ENOTTY);
	EXPECT_EQ(found.writable, -EACCES);
	EXPECT_EQ(found.unmap, 0);
	EXPECT(found.commit, "no bytes in sub-buffer 1");
	EXPECT(found.get_reader == 0 || found.get_reader == -ENOTTY,
	       "GET_READER: %s", strerrorname_np(-found.get_reader));
	/* It did all of it or nothing. */
	EXPECT_EQ(ring_stat(&r, "read events"), found.get_reader ? 0 : 3);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

static sigjmp_buf no_such_calls;

static void on_segv(int number)
{
	(void)number;
	siglongjmp(no_such_calls, 1);
}

/* ioctl(2) as a process of 32 bits makes it. */
static long compat_ioctl(int fd, unsigned int cmd)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(54L), "b"((long)fd), "c"((long)cmd), "d"(0L)
			 : "r8", "r9", "r10", "r11", "memory");
	return (int)ret;
}

static void need_compat_calls(void)
{
	struct sigaction action = {.sa_handler = on_segv};

	sigaction(SIGSEGV, &action, NULL);
	if (sigsetjmp(no_such_calls, 1))
		SKIP("this kernel has no system calls of 32 bits");
	compat_ioctl(-1, 0);
}

/* By the old way into the kernel, which processes of 64 bits can go, too. */
static void by_int_0x80(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	need_compat_calls();
	ring_make_small(&r);
	mapping_open(&m, &r);
	ring_write_many(&r, 0, 3, EVENT_SMALL);
	long ret = compat_ioctl(m.fd, GET_READER);
	EXPECT(ret == 0 || ret == -ENOTTY, "GET_READER: %s",
	       strerrorname_np((int)-ret));
	EXPECT_EQ(meta_of(&m).entries, ret ? 0 : 3);
	EXPECT_EQ(meta_of(&m).read, ret ? 0 : 3);
	EXPECT_EQ(compat_ioctl(m.fd, GET_READER + 1), -ENOTTY);
	EXPECT_EQ(compat_ioctl(m.fd, 0x20005220), -ENOTTY);
	/* The next call of 64 bits is as ever. */
	EXPECT_EQ(get_reader(&m).read, 3);
	mapping_close(&m);
}

/* They have all that others have. */
static void get_reader_works(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	need_compat_calls();
	ring_make_small(&r);
	mapping_open(&m, &r);
	ring_write_many(&r, 0, 3, EVENT_SMALL);
	EXPECT_EQ(compat_ioctl(m.fd, GET_READER), 0);
	EXPECT_EQ(compat_ioctl(m.fd, 0), 0);
	EXPECT_EQ(meta_of(&m).read, 3);
	ring_write_many(&r, 3, 3, EVENT_SMALL);
	EXPECT_EQ(run_program(&r).get_reader, 0);
	EXPECT_EQ(meta_of(&m).read, 6);
	mapping_close(&m);
}

const struct kcase compat_cases[] = {
	{"compat.in_a_program", in_a_program, NULL},
	{"compat.by_int_0x80", by_int_0x80, NULL},
	{"compat.get_reader_works", get_reader_works, NULL},
	{NULL, NULL, NULL},
};
