/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * load.h - a process that does nothing but numbered system calls
 *
 * raw_syscalls:sys_enter records the arguments of a system call, looked at by
 * the call or not: so a getppid(2) that is handed a number, a mark and the
 * writer's name is an event whose place among its siblings is known.
 *
 * Where it must be known of every event whether the kernel accepted it, a load
 * writes to a trace marker instead: write(2) fails while the ring refuses
 * events, and only what was accepted uses up a number. The payload is that of
 * numbered.h.
 *
 * A load is single-threaded and sleeps until rm_load_go(). What goes wrong in
 * its set-up ends the program with a sentence: there is no measurement
 * without it.
 */
#ifndef RM_LOAD_H
#define RM_LOAD_H

#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>

#define RM_LOAD_SYSCALL SYS_getppid
#define RM_LOAD_MAGIC UINT64_C(0x72696e676d61704c)
#define RM_LOAD_FOREVER UINT64_MAX

/*
 * Payload of raw_syscalls:sys_enter where long has 64 bits; the rig compares
 * it with the format file.
 */
struct rm_load_event {
	uint16_t type;
	uint8_t flags;
	uint8_t preempt_count;
	int32_t pid;
	int64_t id;      /* RM_LOAD_SYSCALL */
	uint64_t seq;    /* args[0]: 0, 1, 2, ... over the load's whole life */
	uint64_t magic;  /* args[1]: RM_LOAD_MAGIC */
	uint64_t writer; /* args[2]: rm_load_opts.writer */
	uint64_t args[3];
};

/* The number in a marker's payload: the writer above, the sequence below. */
#define RM_LOAD_WRITER_SHIFT 56

/* What the largest payload of a marker may have. */
#define RM_LOAD_LARGEST 512

struct rm_load_opts {
	uint32_t cpu;         /* pinned to it */
	uint32_t writer;      /* its name in every event */
	uint64_t rate;        /* events a second; 0: as fast as it can */
	const char *marker;   /* file to write to; NULL: makes system calls */
	uint32_t size;        /* of a marker's payload, as in numbered.h */
	uint32_t interrupted; /* by a timer, every so many µs; 0: by none */
};

/* One run: from rm_load_go() to its end. */
struct rm_load_run {
	uint64_t written; /* system calls made, or marks accepted */
	uint64_t ns;      /* that they took, on the monotonic clock */
};

struct rm_load;

/*
 * Forks. To be called while the program has one thread and no ring is open: a
 * child that exits with an inherited trace_pipe_raw would end the reads on it.
 */
struct rm_load *rm_load_spawn(const struct rm_load_opts *opts);

pid_t rm_load_pid(const struct rm_load *load);

/* Begins a run of @count events, RM_LOAD_FOREVER: until halted. */
void rm_load_go(struct rm_load *load, uint64_t count);

/*
 * Events written in all runs so far. One more may be under way while the load
 * runs.
 */
uint64_t rm_load_written(const struct rm_load *load);

/* Asks the run to end now. */
void rm_load_halt(struct rm_load *load);

/* Waits for the run to end. */
struct rm_load_run rm_load_wait(struct rm_load *load);

/* Kills and reaps; NULL does nothing. */
void rm_load_end(struct rm_load *load);

#endif
