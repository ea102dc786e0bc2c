// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpu.c - CPUs that go, come back, or were never there
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cases.h"
#include "consumer.h"
#include "mapping.h"
#include "task.h"

/* Returns 0 or an errno. */
static int set_online(int cpu, bool online)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online",
		 cpu);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	int error = write(fd, online ? "1" : "0", 1) < 0 ? errno : 0;
	close(fd);
	return error;
}

/* The number of a CPU that can be taken offline. */
static int need_hotplug(void)
{
	char path[80];

	if (!ktap_opts()->guest)
		SKIP("CPUs are taken offline in a guest only");
	/* A case that failed may have left it away; without one: no matter. */
	set_online(1, true);
	int cpu = ring_second_cpu();
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online",
		 cpu);
	if (access(path, W_OK))
		SKIP("this kernel takes no CPUs offline");
	return cpu;
}

/* Mapping, ioctl and events stay; no new ones come until it is back. */
static void goes_and_comes_back(const void *arg)
{
	struct consumer c;
	struct mapping m;
	struct ring r;
	uint32_t seq = 0;

	(void)arg;
	int cpu = need_hotplug();
	ring_make(&r, 64, 0);
	struct ring other = ring_of(&r, cpu);
	mapping_open(&m, &other);
	consumer_init(&c, &m);
	for (int round = 0; round < 3; round++) {
		pin_to(cpu);
		ring_write_many(&other, seq, 30, EVENT_LARGE);
		seq += 30;
		pin_to(0);
		if (round % 2)
			consumer_step(&c);
		EXPECT_EQ(set_online(cpu, false), 0);
		EXPECT_EQ(meta_of(&m).meta_struct_len, sizeof(struct meta));
		EXPECT_EQ(ring_try_resize(&r), EBUSY);
		consumer_drain(&c);
		EXPECT_EQ(c.events, seq);
		consumer_drain(&c);
		EXPECT_EQ(set_online(cpu, true), 0);
		consumer_drain(&c);
		EXPECT_EQ(c.events, seq);
	}
	EXPECT_EQ(c.gaps, 0);
	mapping_close(&m);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

/* Mapped first while it is away, and unmapped while it is away. */
static void mapped_while_away(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	int cpu = need_hotplug();
	ring_make(&r, 64, 0);
	need_mapping(&r);
	struct ring other = ring_of(&r, cpu);
	pin_to(cpu);
	ring_write_many(&other, 0, 10, EVENT_LARGE);
	pin_to(0);
	EXPECT_EQ(set_online(cpu, false), 0);
	mapping_open(&m, &other);
	EXPECT_EQ(get_reader(&m).entries, 10);
	mapping_close(&m);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
	mapping_open(&m, &other);
	EXPECT_EQ(set_online(cpu, true), 0);
	EXPECT_EQ(get_reader(&m).nr_subbufs, m.subbufs);
	mapping_close(&m);
	EXPECT(!ring_try_resize(&r), "the ring cannot be resized any more");
}

struct plug {
	int cpu;
	volatile bool stop;
};

static void plug_on(void *context)
{
	struct plug *p = context;

	while (!p->stop) {
		EXPECT_EQ(set_online(p->cpu, false), 0);
		EXPECT_EQ(set_online(p->cpu, true), 0);
	}
}

/* Mappings and resizes beside a CPU that goes and comes. */
static void goes_during_all_that(const void *arg)
{
	struct plug *p = task_shared(sizeof(*p));
	struct mapping m;
	struct ring r;

	(void)arg;
	p->cpu = need_hotplug();
	ring_make(&r, 64, 0);
	need_mapping(&r);
	struct ring other = ring_of(&r, p->cpu);
	pid_t pid = task_start(plug_on, p);
	for (int i = 0; i < 200; i++) {
		mapping_open(&m, &other);
		get_reader(&m);
		EXPECT_EQ(ring_try_resize(&r), EBUSY);
		mapping_close(&m);
		EXPECT_EQ(ring_try_resize(&r), 0);
	}
	p->stop = true;
	task_join(pid);
}

/* The last of a list such as "0-1,3" in a file of /sys/devices/system/cpu. */
static int last_cpu(const char *name)
{
	char path[80], text[200] = "";

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/%s", name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		SKIP("this kernel does not list its CPUs");
	close(fd);
	char *at = text;
	for (char *c = text; *c; c++)
		if (*c == '-' || *c == ',')
			at = c + 1;
	return atoi(at);
}

/* A ring that was never made: the CPU is possible, and never came up. */
static void make_never_online(struct ring *r)
{
	ring_make_small(r);
	need_mapping(r);
	int possible = last_cpu("possible");
	/* In a guest these cases alone take CPUs offline, and not for long. */
	if (possible <= last_cpu(ktap_opts()->guest ? "online" : "present"))
		SKIP("no possible CPU was never online");
	r->cpu = possible;
}

static void never_online_mmap(const void *arg)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct ring r;

	(void)arg;
	make_never_online(&r);
	int fd = ring_open(&r, O_RDONLY);
	for (uint64_t pgoff = 0; pgoff < 3; pgoff++)
		EXPECT_ERRNO((long)map_raw(page, PROT_READ, MAP_SHARED, fd,
					   pgoff * page),
			     EINVAL);
	close(fd);
	EXPECT(!ring_try_resize(&r), "the rings cannot be resized any more");
}

static void never_online_get_reader(const void *arg)
{
	struct ring r;

	(void)arg;
	make_never_online(&r);
	int fd = ring_open(&r, O_RDONLY);
	EXPECT_ERRNO(ioctl(fd, GET_READER), EINVAL);
	EXPECT_OK(fcntl(fd, F_SETFL, 0));
	EXPECT_ERRNO(ioctl(fd, GET_READER), ENODEV);
}

static void never_online_poll(const void *arg)
{
	struct ring r;

	(void)arg;
	make_never_online(&r);
	struct pollfd p = {.fd = ring_open(&r, O_RDONLY), .events = POLLIN};
	EXPECT_EQ(poll(&p, 1, 0), 1);
	EXPECT_EQ(p.revents, POLLERR);
}

const struct kcase cpu_cases[] = {
	{"cpu.goes_and_comes_back", goes_and_comes_back, NULL},
	{"cpu.mapped_while_away", mapped_while_away, NULL},
	{"cpu.goes_during_all_that", goes_during_all_that, NULL},
	{"cpu.never_online_mmap", never_online_mmap, NULL},
	{"cpu.never_online_get_reader", never_online_get_reader, NULL},
	{"cpu.never_online_poll", never_online_poll, NULL},
	{NULL, NULL, NULL},
};
