/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * decode_live.c - the columns of a live ring that stands still
 *
 * The library reads the ring where it lies. The others read a copy of it: the
 * same sub-buffers, and no system call in their time.
 */
#include "tests/bench/decode.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/rig.h"

static const char *const columns[] = {"ts", "common_pid", "id", "common_flags",
				      NULL};
static const char *const events[] = {"raw_syscalls:sys_enter", NULL};

static struct ringmap_ring *open_ring(const struct rm_rig *rig)
{
	const struct ringmap_ring_opts opts =
		rm_rig_ring_opts(rig, RINGMAP_MODE_FOLLOW);
	struct ringmap_ring *ring;
	struct ringmap_error error;

	if (ringmap_ring_open(&opts, &ring, &error))
		errx(1, "%s", error.text);
	return ring;
}

static struct outcome read_ring(const struct work *work,
				const struct rm_rig *rig)
{
	struct ringmap_ring *ring = open_ring(rig);
	struct ringmap_trace *trace;
	struct ringmap_error error;

	if (ringmap_trace_open_rings(&ring, 1, &trace, &error))
		errx(1, "%s", error.text);
	ringmap_ring_unref(ring);
	return decode_ringmap_trace(work, trace);
}

/* A copy of the ring, and where its events' formats are. */
static void copy_ring(struct capture *c, const struct rm_rig *rig)
{
	struct ringmap_ring *ring = open_ring(rig);
	size_t size;

	if (ringmap_ring_snapshot(ring, NULL, 0, &size))
		errx(1, "the ring tells no size");
	c->cpus[0] = aligned_alloc(CAPTURE_SUBBUF, size);
	if (!c->cpus[0])
		err(1, "no memory for a copy");
	if (ringmap_ring_snapshot(ring, c->cpus[0], size, &c->size))
		errx(1, "the ring cannot be copied");
	ringmap_ring_unref(ring);
	c->nr_cpus = 1;
	c->times = 1;
	strcpy(c->folder, "/sys/kernel/tracing");
}

static void one_round(struct rm_rig *rig, uint64_t ring_kb,
		      struct report *report)
{
	struct capture capture = {.nr_cpus = 0};
	const struct work work = {"ts3_live", &capture, events, columns};

	/* More than it holds, so that it is full. */
	rm_rig_reset(rig);
	rm_rig_go(rig, ring_kb * 1024 / sizeof(struct rm_load_event));
	rm_rig_wait(rig);
	/* A writer at rest makes a system call now and then, too. */
	ringmap_session_stop(rig->session, NULL);
	copy_ring(&capture, rig);
	struct outcome ours = read_ring(&work, rig);
	struct outcome theirs = decode_tep(&work);
	if (ours.rows != theirs.rows)
		errx(1, "live: %llu rows, the others have %llu",
		     (unsigned long long)ours.rows,
		     (unsigned long long)theirs.rows);
	report_add(report, "events/s", (double)ours.events / ours.seconds,
		   "decode/ts3_live/ringmap/1/events_per_s");
	report_add(report, "events/s", (double)theirs.rows / theirs.seconds,
		   "decode/ts3_live/libtraceevent/1/events_per_s");
	ringmap_session_start(rig->session, NULL);
	free(capture.cpus[0]);
}

bool decode_live(unsigned int rounds, uint64_t ring_kb, struct report *report,
		 char *why, size_t size)
{
	struct rm_rig_opts opts = {.writers = 1, .ring_kb = ring_kb};
	struct rm_rig rig;
	uint32_t cpu;

	if (!rm_rig_possible(1, why, size))
		return false;
	rm_rig_cpus(&cpu, 1);
	opts.cpu = cpu;
	rm_rig_open(&rig, &opts);
	for (unsigned int i = 0; i < rounds; i++)
		one_round(&rig, ring_kb, report);
	rm_rig_close(&rig);
	return true;
}
