// SPDX-License-Identifier: GPL-2.0-only
/*
 * held.c - what a mapping holds up, and what goes on beside it
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cases.h"
#include "mapping.h"

static void make_mapped(struct ring *r, struct mapping *m)
{
	ring_make_small(r);
	mapping_open(m, r);
}

/* The mapping works, and when it ends the ring can be resized. */
static void end_mapped(const struct ring *r, struct mapping *m)
{
	struct meta before = meta_of(m);

	ring_write_many(r, 0, 1, EVENT_SMALL);
	EXPECT_EQ(get_reader(m).entries, before.entries + 1);
	mapping_close(m);
	EXPECT(!ring_try_resize(r), "the ring cannot be resized any more");
}

static void no_resize_of_all(const void *arg)
{
	struct mapping m;
	struct ring r;
	char size[40];

	(void)arg;
	make_mapped(&r, &m);
	ring_get(&r, "buffer_size_kb", size, sizeof(size));
	EXPECT_EQ(ring_try(&r, "buffer_size_kb", "64"), EBUSY);
	EXPECT_EQ(ring_try(&r, "buffer_size_kb", "4"), EBUSY);
	/* Not even to what it is. */
	size[strcspn(size, " ")] = '\0';
	EXPECT_EQ(ring_try(&r, "buffer_size_kb", size), EBUSY);
	EXPECT_EQ(get_reader(&m).nr_subbufs, m.subbufs);
	end_mapped(&r, &m);
}

static void no_resize_of_this_cpu(const void *arg)
{
	const char *file = "per_cpu/cpu%d/buffer_size_kb";
	struct mapping m;
	struct ring r;
	char size[40], now[40];

	(void)arg;
	make_mapped(&r, &m);
	ring_get(&r, file, size, sizeof(size));
	EXPECT_EQ(ring_try(&r, file, "64"), EBUSY);
	EXPECT_EQ(ring_try(&r, file, "4"), EBUSY);
	EXPECT_EQ(ring_try(&r, file, size), 0);
	ring_get(&r, file, now, sizeof(now));
	EXPECT(!strcmp(size, now), "the size was %s and is %s", size, now);
	end_mapped(&r, &m);
}

static void resize_of_another_cpu(const void *arg)
{
	const char *file = "per_cpu/cpu%d/buffer_size_kb";
	int second = ring_second_cpu();
	struct mapping m;
	struct ring r;
	char size[40];

	(void)arg;
	make_mapped(&r, &m);
	struct ring other = ring_of(&r, second);
	EXPECT_EQ(ring_try(&other, file, "64"), 0);
	ring_get(&other, file, size, sizeof(size));
	/* In whole sub-buffers. */
	EXPECT(atoi(size) >= 64, "the size is %s, not 64", size);
	EXPECT_EQ(ring_try(&other, file, "28"), 0);
	end_mapped(&r, &m);
}

/* Its close sets the size to nothing, and cannot. */
static void no_freeing(const void *arg)
{
	const char *file = "per_cpu/cpu%d/buffer_size_kb";
	struct mapping m;
	struct ring r;
	char size[40], now[40];

	(void)arg;
	make_mapped(&r, &m);
	ring_get(&r, file, size, sizeof(size));
	int fd = ring_open_file(&r, "free_buffer", O_WRONLY);
	EXPECT_OK(fd);
	EXPECT_OK(close(fd));
	ring_get(&r, file, now, sizeof(now));
	EXPECT(!strcmp(size, now), "the size was %s and is %s", size, now);
	/* It may have stopped tracing. */
	ring_put(&r, "tracing_on", "1");
	end_mapped(&r, &m);
}

static void no_removal(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	make_mapped(&r, &m);
	close(r.marker);
	EXPECT_ERRNO(rmdir(r.dir), EBUSY);
	/* The mapping alone holds it. */
	EXPECT_OK(close(m.fd));
	EXPECT_ERRNO(rmdir(r.dir), EBUSY);
	EXPECT_OK(munmap(m.base, m.size));
	EXPECT_OK(rmdir(r.dir));
}

/* The name of a tracer that is not the current one; the case skips without. */
static void other_tracer(const struct ring *r, char *name, size_t size)
{
	char all[400];

	ring_get(r, "available_tracers", all, sizeof(all));
	for (char *word = strtok(all, " \n"); word;
	     word = strtok(NULL, " \n")) {
		if (!strcmp(word, "nop") || strlen(word) >= size)
			continue;
		strcpy(name, word);
		return;
	}
	SKIP("this kernel has no tracer but nop");
}

static void no_change_of_tracer(const void *arg)
{
	struct mapping m;
	struct ring r;
	char name[40], current[40];

	(void)arg;
	make_mapped(&r, &m);
	EXPECT_EQ(ring_try(&r, "current_tracer", "nop"), 0);
	other_tracer(&r, name, sizeof(name));
	int error = ring_try(&r, "current_tracer", name);
	/* EINVAL: no tracer for instances. */
	EXPECT(error == EBUSY || error == EINVAL, "current_tracer = %s: %s",
	       name, error ? strerrorname_np(error) : "success");
	ring_get(&r, "current_tracer", current, sizeof(current));
	EXPECT(!strcmp(current, "nop"), "the tracer is %s", current);
	end_mapped(&r, &m);
}

/* Control files that have nothing to do with the ring's memory. */
static void settings_work(const void *arg)
{
	static const char *const settings[][2] = {
		{"tracing_on", "0"},        {"tracing_on", "1"},
		{"options/overwrite", "0"}, {"options/overwrite", "1"},
		{"buffer_percent", "25"},   {"buffer_percent", "50"},
		{"tracing_cpumask", "1"},
	};
	struct mapping m;
	struct ring r;

	(void)arg;
	make_mapped(&r, &m);
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		ring_put(&r, settings[i][0], settings[i][1]);
	end_mapped(&r, &m);
}

/* Tracing that is off: the ring is readable to its end, and takes nothing. */
static void tracing_off(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	make_mapped(&r, &m);
	ring_write_many(&r, 0, 5, EVENT_SMALL);
	ring_put(&r, "tracing_on", "0");
	EXPECT(!ring_write(&r, 5, EVENT_SMALL), "an event was taken");
	struct meta meta = get_reader(&m);
	EXPECT_EQ(meta.entries, 5);
	EXPECT_EQ(meta.read, 5);
	ring_put(&r, "tracing_on", "1");
	end_mapped(&r, &m);
}

/* Reads all of a file. Returns how many bytes. */
static size_t read_through(const struct ring *r, const char *file)
{
	int fd = ring_open_file(r, file, O_RDONLY | O_NONBLOCK);
	char text[4096];
	size_t bytes = 0;
	ssize_t n;

	EXPECT(fd >= 0, "cannot open %s: %s", file, strerrorname_np(errno));
	while ((n = read(fd, text, sizeof(text))) > 0)
		bytes += (size_t)n;
	EXPECT(n == 0 || errno == EAGAIN, "cannot read %s: %s", file,
	       strerrorname_np(errno));
	close(fd);
	return bytes;
}

/* Other files that read the same ring. */
static void text_files_work(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	make_mapped(&r, &m);
	ring_write_many(&r, 0, 500, EVENT_SMALL);
	size_t all = read_through(&r, "trace");
	EXPECT(all > 500, "trace has %zu bytes", all);
	EXPECT_EQ(read_through(&r, "trace"), all);
	EXPECT_EQ(ring_stat(&r, "entries"), 500);
	EXPECT(read_through(&r, "per_cpu/cpu%d/stats") > 50, "no stats");
	EXPECT(read_through(&r, "per_cpu/cpu%d/trace_pipe") > 500,
	       "trace_pipe is empty");
	EXPECT_EQ(ring_stat(&r, "read events"), 500);
	struct meta meta = get_reader(&m);
	EXPECT_EQ(meta.entries, 500);
	EXPECT_EQ(meta.read, 500);
	end_mapped(&r, &m);
}

/* Text readers of a ring whose mapped reader page tells of losses. */
static void text_files_after_loss(const void *arg)
{
	struct mapping m;
	struct ring r;

	(void)arg;
	make_mapped(&r, &m);
	ring_write_many(&r, 0, 60, EVENT_LARGE);
	struct meta meta = get_reader(&m);
	EXPECT(meta.overrun, "nothing was lost");
	uint64_t unread = meta.entries - meta.overrun - meta.read;
	EXPECT_EQ(ring_stat(&r, "entries"), unread);
	EXPECT(read_through(&r, "trace") > 100, "trace is empty");
	EXPECT(read_through(&r, "per_cpu/cpu%d/trace") > 100,
	       "the CPU's trace is empty");
	EXPECT(read_through(&r, "per_cpu/cpu%d/trace_pipe") > 100,
	       "trace_pipe is empty");
	EXPECT_EQ(ring_stat(&r, "entries"), 0);
	EXPECT_EQ(read_through(&r, "per_cpu/cpu%d/trace_pipe"), 0);
	meta = get_reader(&m);
	EXPECT_EQ(meta.entries, meta.overrun + meta.read);
	end_mapped(&r, &m);
}

const struct kcase held_cases[] = {
	{"held.no_resize_of_all", no_resize_of_all, NULL},
	{"held.no_resize_of_this_cpu", no_resize_of_this_cpu, NULL},
	{"held.resize_of_another_cpu", resize_of_another_cpu, NULL},
	{"held.no_freeing", no_freeing, NULL},
	{"held.no_removal", no_removal, NULL},
	{"held.no_change_of_tracer", no_change_of_tracer, NULL},
	{"held.settings_work", settings_work, NULL},
	{"held.tracing_off", tracing_off, NULL},
	{"held.text_files_work", text_files_work, NULL},
	{"held.text_files_after_loss", text_files_after_loss, NULL},
	{NULL, NULL, NULL},
};
