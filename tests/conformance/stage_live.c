/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * stage_live.c - on the running kernel
 *
 * An instance of our own, by plain file operations; its only events are the
 * numbered ones that we write to its trace_marker_raw, on one CPU. The name
 * tells whose it was, should a case be killed.
 */
#define _GNU_SOURCE
#include "tests/conformance/stage_live.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tests/support/numbered.h"

enum {
	LARGEST_EVENT = 4096,
	/* What older kernels take of a raw marker; they cut off the rest. */
	OLD_LARGEST_MARKER = 1024,
	/* Events that one system call writes. */
	BATCH = 16
};

struct live_stage {
	struct stage base;
	char path[128];
	int marker;
};

static void put(const struct live_stage *s, const char *file, const char *text)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/%s", s->path, file);
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	ck_assert_msg(fd >= 0 && write(fd, text, strlen(text)) >= 0,
		      "cannot write %s: %s", path, strerror(errno));
	close(fd);
}

/* Why there is no instance of ours here; NULL: there can be one. */
static const char *missing(void)
{
	if (geteuid() != 0)
		return "only root can make tracing instances";
	if (access(LIVE_TRACEFS "/instances", F_OK))
		return "tracefs is not mounted at " LIVE_TRACEFS;
	return NULL;
}

/* Asks the kernel itself: ours maps rings that other ones of 6.1 do not. */
static bool maps(const struct stage *stage)
{
	int fd = stage_live_open_raw(stage);

	ck_assert_int_ge(fd, 0);
	void *meta = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	int error = errno;
	close(fd);
	if (meta != MAP_FAILED) {
		munmap(meta, 4096);
		return true;
	}
	/* Whatever else it says is for the cases to stumble over. */
	return error != ENODEV;
}

static void pin(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(LIVE_CPU, &set);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(set), &set), 0);
}

static void live_end(struct stage *stage)
{
	struct live_stage *s = (struct live_stage *)stage;

	close(s->marker);
	ck_assert_msg(!rmdir(s->path), "cannot remove %s: %s", s->path,
		      strerror(errno));
	free(s);
}

const char *stage_live_instance(const struct stage *stage)
{
	return strrchr(((const struct live_stage *)stage)->path, '/') + 1;
}

int stage_live_open_raw(const struct stage *stage)
{
	const struct live_stage *s = (const struct live_stage *)stage;
	char path[192];

	snprintf(path, sizeof(path), "%s/per_cpu/cpu%d/trace_pipe_raw", s->path,
		 LIVE_CPU);
	return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static struct stage *live_make(const struct stage_opts *opts)
{
	static unsigned int count;
	const char *why = missing();
	char path[192], text[32];

	if (why) {
		rm_note_skip(why);
		return NULL;
	}
	pin();
	struct live_stage *s = calloc(1, sizeof(*s));
	ck_assert_ptr_nonnull(s);
	snprintf(s->path, sizeof(s->path),
		 LIVE_TRACEFS "/instances/ringmap_conf_%d_%u", (int)getpid(),
		 count++);
	ck_assert_msg(!mkdir(s->path, 0750), "cannot make %s: %s", s->path,
		      strerror(errno));
	snprintf(text, sizeof(text), "%u", (opts->subbufs - 1) * 4);
	put(s, "buffer_size_kb", text);
	put(s, "trace_clock", opts->coarse_clock ? "uptime" : "mono");
	if (opts->overwrite_off)
		put(s, "options/overwrite", "0");
	snprintf(path, sizeof(path), "%s/trace_marker_raw", s->path);
	s->marker = open(path, O_WRONLY | O_CLOEXEC);
	ck_assert_int_ge(s->marker, 0);
	if (!maps(&s->base)) {
		rm_note_skip("this kernel does not map rings");
		live_end(&s->base);
		return NULL;
	}
	return &s->base;
}

static enum ringmap_status live_open(struct stage *stage,
				     const struct ringmap_ring_opts *opts,
				     struct ringmap_ring **ret,
				     struct ringmap_error *err)
{
	struct ringmap_ring_opts o = *opts;

	o.cpu = LIVE_CPU;
	o.instance = stage_live_instance(stage);
	return ringmap_ring_open(&o, ret, err);
}

static bool is_old(void)
{
	struct utsname u;
	int major = 0, minor = 0;

	return !uname(&u) && sscanf(u.release, "%d.%d", &major, &minor) == 2 &&
	       major == 6 && minor < 12;
}

/*
 * The kernel writes one event for each part of a writev(2), and puts a
 * trace_entry in front of it. One system call for many events halves their
 * time, most of all in a guest that is emulated.
 */
static uint64_t live_write(struct stage *stage, uint64_t number, uint64_t count)
{
	struct live_stage *s = (struct live_stage *)stage;
	uint32_t payloads[BATCH][LARGEST_EVENT / 4];
	struct iovec parts[BATCH];
	uint32_t size = stage->event_size - RM_NUMBERED_ENTRY;

	if (size > OLD_LARGEST_MARKER && is_old())
		size = OLD_LARGEST_MARKER;
	if (count > BATCH)
		count = BATCH;
	for (uint64_t i = 0; i < count; i++) {
		rm_numbered_fill(payloads[i], number + i, 0,
				 size + RM_NUMBERED_ENTRY);
		parts[i].iov_base = (uint8_t *)payloads[i] + RM_NUMBERED_ENTRY;
		parts[i].iov_len = size;
	}
	ssize_t written = writev(s->marker, parts, (int)count);
	if (written < 0)
		return 0;
	ck_assert_msg(written % size == 0, "an event was cut off");
	return (uint64_t)written / size;
}

static void live_reset(struct stage *stage)
{
	put((struct live_stage *)stage, "trace", "");
}

static bool live_steal(struct stage *stage)
{
	uint8_t subbuf[4096];
	int fd = stage_live_open_raw(stage);

	ck_assert_int_ge(fd, 0);
	ssize_t n = read(fd, subbuf, sizeof(subbuf));
	close(fd);
	return n > 0;
}

const struct backend backend_live = {
	.name = "live",
	.live = true,
	.make = live_make,
	.end = live_end,
	.open = live_open,
	.write = live_write,
	.reset = live_reset,
	.steal = live_steal,
};
