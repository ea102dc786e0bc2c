// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring.c - instances and their files
 */
#define _GNU_SOURCE
#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ktap.h"

enum {
	LARGEST_EVENT = 3000
};

void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		SKIP("this process may not run on CPU %d", cpu);
}

int ring_second_cpu(void)
{
	cpu_set_t set;

	EXPECT_OK(sched_getaffinity(0, sizeof(set), &set));
	for (int cpu = 1; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET((size_t)cpu, &set))
			return cpu;
	SKIP("this needs two CPUs");
}

static void path_of(const struct ring *r, const char *name, char *path,
		    size_t size)
{
	char pattern[200];

	snprintf(pattern, sizeof(pattern), "%s/%s", r->dir, name);
	char *mark = strstr(pattern, "%d");
	if (!mark) {
		snprintf(path, size, "%s", pattern);
		return;
	}
	*mark = '\0';
	snprintf(path, size, "%s%d%s", pattern, r->cpu, mark + 2);
}

int ring_open_file(const struct ring *r, const char *name, int flags)
{
	char path[256];

	path_of(r, name, path, sizeof(path));
	return open(path, flags | O_CLOEXEC);
}

bool ring_has(const struct ring *r, const char *name)
{
	char path[256];

	path_of(r, name, path, sizeof(path));
	return access(path, F_OK) == 0;
}

int ring_open(const struct ring *r, int flags)
{
	int fd = ring_open_file(r, "per_cpu/cpu%d/trace_pipe_raw",
				O_NONBLOCK | flags);

	EXPECT(fd >= 0, "cannot open trace_pipe_raw of CPU %d: %s", r->cpu,
	       strerrorname_np(errno));
	return fd;
}

int ring_try(const struct ring *r, const char *name, const char *text)
{
	int fd = ring_open_file(r, name, O_WRONLY | O_TRUNC);
	int error = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		error = errno;
	close(fd);
	return error;
}

void ring_put(const struct ring *r, const char *name, const char *text)
{
	int error = ring_try(r, name, text);

	EXPECT(!error, "cannot write \"%s\" to %s: %s", text, name,
	       strerrorname_np(error));
}

void ring_get(const struct ring *r, const char *name, char *text, size_t size)
{
	int fd = ring_open_file(r, name, O_RDONLY);

	EXPECT(fd >= 0, "cannot open %s: %s", name, strerrorname_np(errno));
	ssize_t n = read(fd, text, size - 1);
	EXPECT(n >= 0, "cannot read %s: %s", name, strerrorname_np(errno));
	close(fd);
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

uint64_t ring_stat(const struct ring *r, const char *name)
{
	char text[1000];
	int fd = ring_open_file(r, "per_cpu/cpu%d/stats", O_RDONLY);

	EXPECT(fd >= 0, "cannot open stats: %s", strerrorname_np(errno));
	ssize_t n = read(fd, text, sizeof(text) - 1);
	EXPECT(n > 0, "cannot read stats: %s", strerrorname_np(errno));
	close(fd);
	text[n] = '\0';
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		size_t length = strlen(name);

		if (!strncmp(line, name, length) && line[length] == ':')
			return strtoull(line + length + 1, NULL, 10);
	}
	FAIL("stats has no line \"%s\"", name);
}

void ring_make(struct ring *r, unsigned int kb, int cpu)
{
	char name[40], text[20];

	if (geteuid())
		SKIP("only root can make tracing instances");
	if (access(TRACEFS "/instances", F_OK))
		SKIP("no tracefs at " TRACEFS);
	pin_to(cpu);
	ktap_instance_name(name, sizeof(name));
	snprintf(r->dir, sizeof(r->dir), TRACEFS "/instances/%s", name);
	EXPECT(!mkdir(r->dir, 0750), "cannot make %s: %s", r->dir,
	       strerrorname_np(errno));
	r->cpu = cpu;
	snprintf(text, sizeof(text), "%u", kb);
	ring_put(r, "buffer_size_kb", text);
	r->marker = ring_open_file(r, "trace_marker_raw", O_WRONLY);
	EXPECT(r->marker >= 0, "cannot open trace_marker_raw: %s",
	       strerrorname_np(errno));
}

void ring_make_small(struct ring *r)
{
	ring_make(r, 28, 0);
}

void ring_count_time(const struct ring *r)
{
	ring_put(r, "trace_clock", "counter");
}

struct ring ring_of(const struct ring *r, int cpu)
{
	struct ring other = *r;

	other.cpu = cpu;
	return other;
}

void ring_reset(const struct ring *r)
{
	ring_put(r, "trace", "");
}

bool ring_write(const struct ring *r, uint32_t seq, size_t size)
{
	_Alignas(4) uint8_t bytes[LARGEST_EVENT];
	struct numbered *event = (struct numbered *)(void *)bytes;

	/* The filler tells from what else may have been in that memory. */
	memset(bytes, (int)(seq % 251), size);
	event->bytes = (uint16_t)size;
	event->magic = NUMBERED_MAGIC;
	event->seq = seq;
	ssize_t n = write(r->marker, bytes, size);
	if (n < 0 && errno == EBADF)
		return false;
	EXPECT(n == (ssize_t)size, "trace_marker_raw: wrote %zd of %zu: %s", n,
	       size, strerrorname_np(errno));
	return true;
}

void ring_write_many(const struct ring *r, uint32_t first, uint32_t count,
		     size_t size)
{
	for (uint32_t i = 0; i < count; i++)
		EXPECT(ring_write(r, first + i, size), "event %u was dropped",
		       first + i);
}

ssize_t ring_steal(const struct ring *r, void *to, size_t size)
{
	int fd = ring_open(r, 0);
	ssize_t n = read(fd, to, size);
	int error = errno;

	close(fd);
	errno = error;
	return n;
}

size_t ring_event_overhead(const struct ring *r)
{
	uint8_t subbuf[4096];
	uint32_t commit;

	ring_write_many(r, 0, 1, EVENT_SMALL);
	EXPECT(ring_steal(r, subbuf, sizeof(subbuf)) > 0, "nothing to read: %s",
	       strerrorname_np(errno));
	memcpy(&commit, subbuf + 8, sizeof(commit));
	EXPECT(commit > EVENT_SMALL && commit < 3 * EVENT_SMALL,
	       "an event of %d bytes takes %u", EVENT_SMALL, commit);
	ring_reset(r);
	return commit - EVENT_SMALL;
}

int ring_try_resize(const struct ring *r)
{
	char before[40];
	int error;

	ring_get(r, "buffer_size_kb", before, sizeof(before));
	error = ring_try(r, "buffer_size_kb", "64");
	if (error)
		return error;
	before[strcspn(before, " ")] = '\0';
	return ring_try(r, "buffer_size_kb", before);
}
