/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * rig.c - an instance with writers, through the library and tracefs
 */
#define _GNU_SOURCE
#include "tests/support/rig.h"

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRACEFS "/sys/kernel/tracing"
#define LOAD_EVENT "raw_syscalls:sys_enter"
#define LOAD_FILES TRACEFS "/events/raw_syscalls/sys_enter/"

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
	FILE *file = fopen(LOAD_FILES "format", "re");
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

int rm_rig_possible(char *text, size_t size)
{
	uint32_t cpus[2];

	if (rm_rig_cpus(cpus, 2) < 2) {
		snprintf(text, size, "a writer and a reader need two CPUs");
		return 0;
	}
	if (!can_follow(text, size))
		return 0;
	if (!format_fits()) {
		snprintf(text, size,
			 LOAD_FILES
			 "format is missing or not as on a 64-bit kernel: "
			 "CONFIG_FTRACE_SYSCALLS is needed");
		return 0;
	}
	return 1;
}

static void instance_path(const struct rm_rig *rig, const char *file,
			  char *path, size_t size)
{
	snprintf(path, size, "%s/instances/%s/per_cpu/cpu%u/%s", TRACEFS,
		 ringmap_session_instance(rig->session), rig->cpu, file);
}

static void set_ring_size(const struct rm_rig *rig, uint64_t kb)
{
	char path[256];
	FILE *file;

	instance_path(rig, "buffer_size_kb", path, sizeof(path));
	file = fopen(path, "we");
	if (!file)
		err(1, "cannot open %s", path);
	fprintf(file, "%" PRIu64, kb);
	if (fclose(file))
		err(1, "cannot make the ring %" PRIu64 " KiB large", kb);
}

static uint16_t load_event_type(void)
{
	FILE *file = fopen(LOAD_FILES "id", "re");
	unsigned int id;

	if (!file || fscanf(file, "%u", &id) != 1 || id > UINT16_MAX)
		errx(1, "cannot read the number in " LOAD_FILES "id");
	fclose(file);
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

void rm_rig_open(struct rm_rig *rig, const struct rm_rig_opts *opts)
{
	struct ringmap_session_opts session_opts = {
		.sz = sizeof(session_opts), .buffer_kb = OTHER_RINGS_KB};
	struct ringmap_error error;

	if (opts->writers < 1 || opts->writers > RM_RIG_WRITERS)
		errx(1, "%u writers are not possible", opts->writers);
	*rig = (struct rm_rig){.writers = opts->writers,
			       .cpu = opts->cpu,
			       .type = load_event_type()};
	for (uint32_t i = 0; i < rig->writers; i++) {
		struct rm_load_opts load = {
			.cpu = opts->cpu, .writer = i, .rate = opts->rate};

		rig->loads[i] = rm_load_spawn(&load);
	}
	must(ringmap_session_open(&session_opts, &rig->session, &error), &error,
	     "make an instance");
	set_ring_size(rig, opts->ring_kb);
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
	char path[256];
	int fd;

	/* The truncation, not the closing, is what empties it. */
	instance_path(rig, "trace", path, sizeof(path));
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		err(1, "cannot empty the ring through %s", path);
	close(fd);
}

struct rm_rig_counts rm_rig_counts(const struct rm_rig *rig)
{
	struct rm_rig_counts counts = {0};
	char path[256], line[128], name[64];
	uint64_t value;
	FILE *file;

	instance_path(rig, "stats", path, sizeof(path));
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

int rm_rig_open_raw(const struct rm_rig *rig)
{
	char path[256];
	int fd;

	instance_path(rig, "trace_pipe_raw", path, sizeof(path));
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		err(1, "cannot open %s", path);
	return fd;
}
