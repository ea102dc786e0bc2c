/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * demo_live.c - traces this machine for the demo
 *
 * Events are analysed while they are recorded, so that memory does not grow
 * with time. The first Ctrl-C ends the recording early. A second one ends the
 * program, and the guard of the session then removes the instance.
 */
#define _GNU_SOURCE
#include "core/tool/demo_source.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_TRACEFS "/sys/kernel/tracing"

/* The size of a CPU's ring: all together take 1/16 of memory at most, unless
 * that is less than LEAST_RING_KB for each CPU. */
#define RING_KB 8192
#define LEAST_RING_KB 512
#define PART_OF_MEMORY 16

/* The clock is read after this many events or milliseconds. */
#define EVENTS_AT_A_TIME 4096
#define WAIT_MS 100

struct live {
	struct ringmap_session *session;
	struct ringmap_trace *trace;
	struct demo_result *result;
	struct ringmap_error *err;
	double begin;
	double end;
	bool terminal; /* the line of progress can be overwritten */
	double shown;  /* the time when progress was last shown */
};

/* Globals, because a signal handler has no argument for them. */
static struct ringmap_trace *interruptible;
static volatile sig_atomic_t interrupted;

static const struct {
	const char *name;
	bool needed;
} events[] = {
	{"sched:sched_switch", true},
	{"sched:sched_waking", false},
	{"sched:sched_wakeup", true},
	{"sched:sched_wakeup_new", true},
	{"irq", false},
	{"raw_syscalls:sys_enter", false},
	{"raw_syscalls:sys_exit", false},
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- setting up ---------------------------------------------------------- */

/*
 * Mounts tracefs at its default mount point if the user is root and it is not
 * mounted. A mount point that the user named is left alone. If the mount fails,
 * ringmap_session_open() reports what is missing.
 */
static void mount_tracefs(void)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	struct statfs fs;

	if (geteuid() || statfs(DEFAULT_TRACEFS, &fs) ||
	    fs.f_type == TRACEFS_MAGIC)
		return;
	if (mount("nodev", DEFAULT_TRACEFS, "tracefs", flags, NULL))
		fprintf(stderr, "demo: cannot mount tracefs at %s: %s\n",
			DEFAULT_TRACEFS, strerror(errno));
	else
		fprintf(stderr, "demo: mounted tracefs at %s\n",
			DEFAULT_TRACEFS);
}

static uint64_t ring_kb(void)
{
	long pages = sysconf(_SC_PHYS_PAGES);
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	long page = sysconf(_SC_PAGESIZE);
	long kb = pages / PART_OF_MEMORY / cpus * (page / 1024);

	if (kb > RING_KB)
		kb = RING_KB;
	return (uint64_t)(kb < LEAST_RING_KB ? LEAST_RING_KB : kb);
}

static enum ringmap_status enable_events(struct live *l)
{
	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++) {
		enum ringmap_status s = ringmap_session_enable(
			l->session, events[i].name, NULL, l->err);

		if (s == RINGMAP_E_NOENT && !events[i].needed) {
			char *missing = l->result->missing;
			size_t used = strlen(missing);

			snprintf(missing + used,
				 sizeof(l->result->missing) - used, "%s%s",
				 used ? ", " : "", events[i].name);
		} else if (s) {
			return s;
		}
	}
	return RINGMAP_OK;
}

static enum ringmap_status open_trace(struct live *l, const char *tracefs)
{
	struct ringmap_trace_opts opts = {
		.sz = sizeof(opts),
		.tracefs = tracefs,
		.instance = ringmap_session_instance(l->session),
	};
	struct ringmap_ring_info info;
	struct ringmap_ring *ring;

	enum ringmap_status s = ringmap_trace_open(&opts, &l->trace, l->err);
	for (size_t i = 0; !s && (ring = ringmap_trace_ring(l->trace, i));
	     i++) {
		s = ringmap_ring_info(ring, &info, sizeof(info));
		if (s || info.mode == RINGMAP_MODE_FOLLOW)
			continue;
		/* mode_reason says why RINGMAP_MODE_AUTO chose another mode. */
		s = RINGMAP_E_UNSUPPORTED;
		*l->err = (struct ringmap_error){.status = s};
		snprintf(l->err->text, sizeof(l->err->text),
			 "the rings cannot be followed: %s",
			 ringmap_ring_mode_reason(ring));
	}
	return s;
}

static enum ringmap_status load_formats(struct live *l, const char *tracefs,
					struct demo_formats *formats)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s/instances/%s",
		 tracefs ? tracefs : DEFAULT_TRACEFS,
		 ringmap_session_instance(l->session));
	int error = demo_formats_load(formats, dir);
	if (!error) {
		l->result->analysis = demo_analysis_new(
			formats, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
		if (l->result->analysis)
			return RINGMAP_OK;
		demo_formats_free(formats);
		error = ENOMEM;
	}
	*l->err = (struct ringmap_error){
		.status = RINGMAP_E_OS,
		.os_errno = error,
		.text = "cannot read the formats of the events",
	};
	return RINGMAP_E_OS;
}

/* ---- recording ----------------------------------------------------------- */

static void show_progress(struct live *l, double at)
{
	const struct demo_analysis *a = l->result->analysis;
	double seconds = at - l->begin;
	struct ringmap_trace_stats stats = {0};

	if (at - l->shown < (l->terminal ? 0.1 : 1))
		return;
	l->shown = at;
	ringmap_trace_stats(l->trace, &stats, sizeof(stats));
	fprintf(stderr,
		"%s  recording: %.1f s, %s events, %.1f MB/s, %s lost%s",
		l->terminal ? "\r" : "", seconds, demo_number(a->events).text,
		(double)a->bytes / 1e6 / seconds,
		stats.lost == RINGMAP_LOST_UNKNOWN
			? "an unknown number"
			: demo_number(stats.lost).text,
		l->terminal ? "   " : "\n");
}

static enum ringmap_status failed_to_read(struct live *l,
					  enum ringmap_status status)
{
	struct ringmap_ring *ring;

	*l->err = (struct ringmap_error){.status = status};
	snprintf(l->err->text, sizeof(l->err->text),
		 "cannot read the rings: %s", ringmap_status_name(status));
	for (size_t i = 0; (ring = ringmap_trace_ring(l->trace, i)); i++) {
		struct ringmap_error detail;

		ringmap_ring_error(ring, &detail);
		if (detail.status == (int32_t)status)
			*l->err = detail;
	}
	return status;
}

/* Analyses the available events, at most EVENTS_AT_A_TIME of them. */
static enum ringmap_status analyse_some(struct live *l)
{
	struct ringmap_event event;

	for (int i = 0; i < EVENTS_AT_A_TIME; i++) {
		enum ringmap_status s = ringmap_trace_next(l->trace, &event);

		if (s == RINGMAP_E_CORRUPT)
			l->result->damaged++;
		else if (s)
			return s;
		else if (demo_analysis_add(l->result->analysis, &event))
			return RINGMAP_E_NOMEM;
	}
	return RINGMAP_OK;
}

static enum ringmap_status record(struct live *l)
{
	for (double at; (at = now()) < l->end && !interrupted;) {
		double left_ms = (l->end - at) * 1e3;
		enum ringmap_status s = ringmap_trace_wait(
			l->trace, left_ms < WAIT_MS ? (int)left_ms : WAIT_MS);

		/* E_OS: a signal came; the loop checks if it was Ctrl-C. */
		if (s < 0 && s != RINGMAP_E_OS)
			return failed_to_read(l, s);
		do {
			s = analyse_some(l);
			show_progress(l, now());
		} while (!s && now() < l->end && !interrupted);
		if (s < 0)
			return failed_to_read(l, s);
	}
	return RINGMAP_OK;
}

static enum ringmap_status record_all(struct live *l, double seconds)
{
	double cpu = cpu_seconds();

	l->begin = l->shown = now();
	l->end = l->begin + seconds;
	enum ringmap_status s = ringmap_session_start(l->session, l->err);
	if (!s)
		s = record(l);
	if (l->terminal)
		fprintf(stderr, "\r%78s\r", "");
	if (!s)
		s = ringmap_session_stop(l->session, l->err);
	if (s)
		return s;
	l->result->wall_s = now() - l->begin;
	while (!(s = analyse_some(l)))
		;
	l->result->cpu_s = cpu_seconds() - cpu;
	if (s < 0 || demo_analysis_finish(l->result->analysis))
		return failed_to_read(l, s < 0 ? s : RINGMAP_E_NOMEM);
	return demo_result_take(l->result, l->trace, l->err);
}

/* ---- interruption -------------------------------------------------------- */

static void interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
	ringmap_trace_stop(interruptible);
}

static void catch_signals(struct ringmap_trace *trace)
{
	struct sigaction action = {
		.sa_handler = interrupt,
		.sa_flags = (int)SA_RESETHAND,
	};

	interruptible = trace;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void release_signals(void)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	interruptible = NULL;
}

/* saved_cmdlines at the top level has the names for all instances. */
static void name_tasks(struct live *l, const char *tracefs)
{
	char file[PATH_MAX];

	snprintf(file, sizeof(file), "%s/saved_cmdlines",
		 tracefs ? tracefs : DEFAULT_TRACEFS);
	demo_analysis_name(l->result->analysis, file);
}

/* ---- entry point --------------------------------------------------------- */

static enum ringmap_status run(struct live *l, const struct demo_opts *opts,
			       struct demo_formats *formats)
{
	enum ringmap_status s = enable_events(l);

	if (!s)
		s = open_trace(l, opts->tracefs);
	if (!s)
		s = load_formats(l, opts->tracefs, formats);
	if (s)
		return s;
	catch_signals(l->trace);
	s = record_all(l, opts->seconds);
	release_signals();
	if (!s)
		name_tasks(l, opts->tracefs);
	if (s) {
		demo_analysis_free(l->result->analysis);
		demo_formats_free(formats);
		l->result->analysis = NULL;
	}
	return s;
}

enum ringmap_status demo_live(const struct demo_opts *opts,
			      struct demo_formats *formats,
			      struct demo_result *result,
			      struct ringmap_error *err)
{
	struct ringmap_session_opts session_opts = {
		.sz = sizeof(session_opts),
		.tracefs = opts->tracefs,
		.buffer_kb = ring_kb(),
	};
	struct live l = {
		.result = result,
		.err = err,
		.terminal = isatty(STDERR_FILENO),
	};
	struct ringmap_error removal;

	*result = (struct demo_result){.live = true};
	if (!opts->tracefs)
		mount_tracefs();
	enum ringmap_status s =
		ringmap_session_open(&session_opts, &l.session, err);
	if (s)
		return s;
	s = run(&l, opts, formats);
	ringmap_trace_unref(l.trace);
	if (ringmap_session_close(l.session, &removal))
		fprintf(stderr, "demo: %s\n", removal.text);
	if (!s)
		snprintf(result->title, sizeof(result->title),
			 "THIS MACHINE, LIVE: %.1f s of %zu CPUs%s",
			 result->wall_s, result->analysis->nr_cpus,
			 interrupted ? ", interrupted" : "");
	return s;
}
