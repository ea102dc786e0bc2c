/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * rig.h - a tracing instance in which loads write numbered events
 *
 * For programs that measure or torment a live ring. As with the load, what
 * goes wrong here ends the program with a sentence; the session's own guard
 * then removes the instance.
 */
#ifndef RM_RIG_H
#define RM_RIG_H

#include <ringmap/ringmap.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/support/load.h"

enum {
	RM_RIG_WRITERS = 4
};

struct rm_rig_opts {
	uint32_t cpu;         /* of the writers and the ring */
	uint32_t cpu2;        /* of every other writer, and of a second ring */
	uint32_t rings;       /* 2: cpu2 holds; else one ring, on cpu */
	uint32_t writers;     /* at most RM_RIG_WRITERS */
	uint64_t rate;        /* of each writer, as in struct rm_load_opts */
	uint64_t ring_kb;     /* of each ring */
	const char *instance; /* its name; NULL: a new unique one */
	const char *also;     /* events of the writers to record too; or NULL */
	int only_numbered; /* none of the few other calls; costs the writers */
	uint32_t marker;   /* bytes of a payload for the markers; 0: calls */
	uint32_t texts; /* bit i: writer i writes to trace_marker, not _raw */
	uint32_t interrupted; /* as in struct rm_load_opts */
};

/* The kernel's own account of the ring since its last reset. */
struct rm_rig_counts {
	uint64_t unread; /* events still in the ring */
	uint64_t overrun;
	uint64_t dropped;
	uint64_t read;
};

struct rm_rig {
	struct ringmap_session *session;
	struct rm_load *loads[RM_RIG_WRITERS];
	uint32_t writers;
	uint32_t rings;
	uint32_t cpu;
	uint32_t cpu2;
	uint16_t type; /* common_type of the loads' events, if they are calls */
};

/*
 * CPUs that this process may run on, at most @cap of them.
 */
uint32_t rm_rig_cpus(uint32_t *ret, uint32_t cap);

/* Pins the calling thread. */
void rm_rig_pin(uint32_t cpu);

/*
 * Tells in @text what this machine lacks, and returns 0; 1: nothing.
 * @calls: the loads make system calls; else they write to markers.
 */
int rm_rig_possible(int calls, char *text, size_t size);

/*
 * Forks the writers: as rm_load_spawn(). Tracing is on when it returns, and
 * nothing is written yet.
 */
void rm_rig_open(struct rm_rig *rig, const struct rm_rig_opts *opts);
void rm_rig_close(struct rm_rig *rig);

/* Runs of all writers; the sum of what they wrote, the longest of the times. */
void rm_rig_go(struct rm_rig *rig, uint64_t count_each);
void rm_rig_halt(struct rm_rig *rig);
struct rm_load_run rm_rig_wait(struct rm_rig *rig);

/* The common_type of an event, e.g. "ftrace/print". */
uint16_t rm_rig_event_type(const char *event);

/* The CPU that writer @i runs on. */
uint32_t rm_rig_cpu_of(const struct rm_rig *rig, uint32_t i);

/* Empties the ring on rig->cpu. */
void rm_rig_reset(const struct rm_rig *rig);

struct rm_rig_counts rm_rig_counts(const struct rm_rig *rig, uint32_t cpu);

/*
 * Writes @text to a file of the instance, which is truncated when it is opened.
 * Returns 0 or the errno.
 */
int rm_rig_put(const struct rm_rig *rig, const char *file, const char *text);

/* Options that open the ring on rig->cpu. */
struct ringmap_ring_opts rm_rig_ring_opts(const struct rm_rig *rig,
					  enum ringmap_mode mode);

/* Opens trace_pipe_raw, non-blocking. */
int rm_rig_open_raw(const struct rm_rig *rig, uint32_t cpu);

#endif
