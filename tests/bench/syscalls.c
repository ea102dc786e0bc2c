/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * syscalls.c - a thread's system calls, counted by the kernel
 */
#include "tests/bench/syscalls.h"

#include <err.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EVENT_ID "/sys/kernel/tracing/events/raw_syscalls/sys_enter/id"

int syscalls_count(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
	};
	FILE *file = fopen(EVENT_ID, "re");
	unsigned long long id = 0;

	if (!file)
		return -1;
	if (fscanf(file, "%llu", &id) != 1)
		errx(1, "cannot read the number in " EVENT_ID);
	fclose(file);
	attr.config = id;
	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1,
			    PERF_FLAG_FD_CLOEXEC);
}

uint64_t syscalls_counted(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) != sizeof(count))
		err(1, "cannot read the count of system calls");
	close(fd);
	/* The read(2) above was entered before it counted. */
	return count - 1;
}
