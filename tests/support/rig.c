/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * rig.c - an instance with writers, through the library and tracefs
 */
#define _GNU_SOURCE
#include "tests/support/rig.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRACEFS "/sys/kernel/tracing"
#define LOAD_EVENT "raw_syscalls:sys_enter"
#define LOAD_FILES "raw_syscalls/sys_enter"
#define LOAD_FORMAT TRACEFS "/events/" LOAD_FILES "/format"

/* Rings of the other CPUs stay empty: as small as the kernel makes them. */
#define OTHER_RINGS_KB 16

uint32_t rm_rig_cpus(uint32_t *ret, uint32_t cap)
{
	cpu_set_t set;
	uint32_t count = 0;

	if (sched_getaffinity(0, sizeof(set), &set))
		err(1, "cannot tell the CPUs of this process");
	for (uint32_t cpu = 0; cpu < CPU_SETSIZE && count < cap; cpu++)
		if (CPU_ISSET(cpu, &set))
			ret[count++] = cpu;
	return count;
}

void rm_rig_pin(uint32_t cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "cannot run on CPU %u", cpu);
}

/* Whether struct rm_load_event is what this kernel writes. */
static int format_fits(void)
{
	char text[2048];
	FILE *file = fopen(LOAD_FORMAT, "re");
	size_t size;

	if (!file)
		return 0;
	size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[size] = '\0';
	return strstr(text, "id;\toffset:8;\tsize:8;") &&
	       strstr(text, "args[6];\toffset:16;\tsize:48;");
}

/* A follower is the most that is asked of a kernel: try one. */
static int can_follow(char *text, size_t size)
{
	struct ringmap_ring_opts opts = {.sz = sizeof(opts),
					 .mode = RINGMAP_MODE_FOLLOW};
	struct ringmap_session_opts session_opts = {
		.sz = sizeof(session_opts), .buffer_kb = OTHER_RINGS_KB};
	struct ringmap_session *session;
	struct ringmap_ring *ring = NULL;
	struct ringmap_error error = {0};
	enum ringmap_status status;

	status = ringmap_session_open(&session_opts, &session, &error);
	if (status == RINGMAP_OK) {
		opts.instance = ringmap_session_instance(session);
		rm_rig_cpus(&opts.cpu, 1);
		status = ringmap_ring_open(&opts, &ring, &error);
		ringmap_ring_unref(ring);
		ringmap_session_close(session, NULL);
	}
	snprintf(text, size, "%s", error.text);
	return status != RINGMAP_E_PERMISSION && status != RINGMAP_E_NOENT &&
	       status != RINGMAP_E_UNSUPPORTED;
}

int rm_rig_possible(int calls, char *text, size_t size)
{
	uint32_t cpus[2];

	if (rm_rig_cpus(cpus, 2) < 2) {
		snprintf(text, size, "a writer and a reader need two CPUs");
		return 0;
	}
	if (!can_follow(text, size))
		return 0;
	if (calls && !format_fits()) {
		snprintf(text, size,
			 LOAD_FORMAT
			 " is missing or not as on a 64-bit kernel: "
			 "CONFIG_FTRACE_SYSCALLS is needed");
		return 0;
	}
	return 1;
}

static void ring_path(const struct rm_rig *rig, uint32_t cpu, const char *file,
		      char *path, size_t size)
{
	snprintf(path, size, "%s/instances/%s/per_cpu/cpu%u/%s", TRACEFS,
		 ringmap_session_instance(rig->session), cpu, file);
}

int rm_rig_put(const struct rm_rig *rig, const char *file, const char *text)
{
	size_t size = strlen(text);
	char path[256];
	int fd, error = 0;

	snprintf(path, sizeof(path), "%s/instances/%s/%s", TRACEFS,
		 ringmap_session_instance(rig->session), file);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (size && write(fd, text, size) != (ssize_t)size)
		error = errno;
	close(fd);
	return error;
}

static void set_ring_size(const struct rm_rig *rig, uint32_t cpu, uint64_t kb)
{
	char file[64], text[32];
	int error;

	snprintf(file, sizeof(file), "per_cpu/cpu%u/buffer_size_kb", cpu);
	snprintf(text, sizeof(text), "%" PRIu64, kb);
	error = rm_rig_put(rig, file, text);
	if (error)
		errx(1, "cannot make the ring %s KiB large: %s", text,
		     strerror(error));
}

uint16_t rm_rig_event_type(const char *event)
{
	char path[256], line[128];
	unsigned int id = 0;
	FILE *file;

	snprintf(path, sizeof(path), TRACEFS "/events/%s/format", event);
	file = fopen(path, "re");
	if (!file)
		err(1, "cannot open %s", path);
	while (fgets(line, sizeof(line), file) &&
	       sscanf(line, "ID: %u", &id) != 1)
		;
	fclose(file);
	if (!id || id > UINT16_MAX)
		errx(1, "%s has no ID", path);
	return (uint16_t)id;
}

static void must(enum ringmap_status status, const struct ringmap_error *error,
		 const char *what)
{
	if (status != RINGMAP_OK)
		errx(1, "cannot %s: %s (%s)", what, error->text,
		     ringmap_status_name(status));
}

static void record(struct rm_rig *rig, const struct rm_rig_opts *opts)
{
	struct ringmap_error error;
	int32_t pids[RM_RIG_WRITERS];
	char filter[32];

	for (uint32_t i = 0; i < rig->writers; i++)
		pids[i] = rm_load_pid(rig->loads[i]);
	must(ringmap_session_set_pids(rig->session, pids, rig->writers, &error),
	     &error, "record the writers only");
	snprintf(filter, sizeof(filter), "id == %ld", (long)RM_LOAD_SYSCALL);
	if (!opts->marker)
		must(ringmap_session_enable(rig->session, LOAD_EVENT,
					    opts->only_numbered ? filter : NULL,
					    &error),
		     &error, "enable " LOAD_EVENT);
	if (opts->also)
		must(ringmap_session_enable(rig->session, opts->also, NULL,
					    &error),
		     &error, opts->also);
	must(ringmap_session_start(rig->session, &error), &error,
	     "switch tracing on");
}

uint32_t rm_rig_cpu_of(const struct rm_rig *rig, uint32_t i)
{
	return rig->rings == 2 && i % 2 ? rig->cpu2 : rig->cpu;
}

static void spawn(struct rm_rig *rig, uint32_t i,
		  const struct rm_rig_opts *opts)
{
	char marker[256];
	struct rm_load_opts load = {
		.cpu = rm_rig_cpu_of(rig, i),
		.writer = i,
		.rate = opts->rate,
		.size = opts->marker,
		.interrupted = opts->interrupted,
	};

	if (opts->marker) {
		snprintf(marker, sizeof(marker),
			 "%s/instances/%s/trace_marker%s", TRACEFS,
			 opts->instance, opts->texts >> i & 1 ? "" : "_raw");
		load.marker = marker;
	}
	rig->loads[i] = rm_load_spawn(&load);
}

void rm_rig_open(struct rm_rig *rig, const struct rm_rig_opts *opts)
{
	struct ringmap_session_opts session_opts = {.sz = sizeof(session_opts),
						    .instance = opts->instance,
						    .buffer_kb =
							    OTHER_RINGS_KB};
	struct ringmap_error error;

	if (opts->writers < 1 || opts->writers > RM_RIG_WRITERS)
		errx(1, "%u writers are not possible", opts->writers);
	if (opts->marker && !opts->instance)
		errx(1, "writers of markers need an instance with a name");
	*rig = (struct rm_rig){
		.writers = opts->writers,
		.rings = opts->rings == 2 ? 2 : 1,
		.cpu = opts->cpu,
		.cpu2 = opts->cpu2,
		.type = opts->marker ? 0 : rm_rig_event_type(LOAD_FILES)};
	for (uint32_t i = 0; i < rig->writers; i++)
		spawn(rig, i, opts);
	must(ringmap_session_open(&session_opts, &rig->session, &error), &error,
	     "make an instance");
	set_ring_size(rig, rig->cpu, opts->ring_kb);
	if (rig->rings == 2)
		set_ring_size(rig, rig->cpu2, opts->ring_kb);
	record(rig, opts);
}

void rm_rig_close(struct rm_rig *rig)
{
	struct ringmap_error error;

	must(ringmap_session_stop(rig->session, &error), &error,
	     "switch tracing off");
	for (uint32_t i = 0; i < rig->writers; i++)
		rm_load_end(rig->loads[i]);
	must(ringmap_session_close(rig->session, &error), &error,
	     "remove the instance");
}

void rm_rig_go(struct rm_rig *rig, uint64_t count_each)
{
	for (uint32_t i = 0; i < rig->writers; i++)
		rm_load_go(rig->loads[i], count_each);
}

void rm_rig_halt(struct rm_rig *rig)
{
	for (uint32_t i = 0; i < rig->writers; i++)
		rm_load_halt(rig->loads[i]);
}

struct rm_load_run rm_rig_wait(struct rm_rig *rig)
{
	struct rm_load_run all = {0};

	for (uint32_t i = 0; i < rig->writers; i++) {
		struct rm_load_run run = rm_load_wait(rig->loads[i]);

		all.written += run.written;
		if (run.ns > all.ns)
			all.ns = run.ns;
	}
	return all;
}

void rm_rig_reset(const struct rm_rig *rig)
{
	char file[64];
	int error;

	/* The truncation, not the closing, is what empties it. */
	snprintf(file, sizeof(file), "per_cpu/cpu%u/trace", rig->cpu);
	error = rm_rig_put(rig, file, "");
	if (error)
		errx(1, "cannot empty the ring through %s: %s", file,
		     strerror(error));
}

struct rm_rig_counts rm_rig_counts(const struct rm_rig *rig, uint32_t cpu)
{
	struct rm_rig_counts counts = {0};
	char path[256], line[128], name[64];
	uint64_t value;
	FILE *file;

	ring_path(rig, cpu, "stats", path, sizeof(path));
	file = fopen(path, "re");
	if (!file)
		err(1, "cannot open %s", path);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63[^:]: %" SCNu64, name, &value) != 2)
			continue;
		if (!strcmp(name, "entries"))
			counts.unread = value;
		else if (!strcmp(name, "overrun"))
			counts.overrun = value;
		else if (!strcmp(name, "dropped events"))
			counts.dropped = value;
		else if (!strcmp(name, "read events"))
			counts.read = value;
	}
	fclose(file);
	return counts;
}

struct ringmap_ring_opts rm_rig_ring_opts(const struct rm_rig *rig,
					  enum ringmap_mode mode)
{
	struct ringmap_ring_opts opts = {
		.sz = sizeof(opts),
		.instance = ringmap_session_instance(rig->session),
		.cpu = rig->cpu,
		.mode = mode,
	};

	return opts;
}

int rm_rig_open_raw(const struct rm_rig *rig, uint32_t cpu)
{
	char path[256];
	int fd;

	ring_path(rig, cpu, "trace_pipe_raw", path, sizeof(path));
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		err(1, "cannot open %s", path);
	return fd;
}
