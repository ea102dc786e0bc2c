/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring.h - a tracing instance of the case's own, and one CPU's ring in it
 *
 * Its only events are the numbered ones that the case writes. Nothing here
 * returns an error that a case does not ask for: what goes wrong fails it.
 */
#ifndef RING_H
#define RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TRACEFS "/sys/kernel/tracing"

struct ring {
	char dir[96];
	int cpu;
	int marker; /* trace_marker_raw */
};

/*
 * What is written for an event. The kernel puts a struct trace_entry before
 * it, and some kernels a word that nobody sets behind it.
 */
struct numbered {
	uint16_t bytes; /* of this, with the filler */
	uint16_t magic; /* with the above the "id" of the event */
	uint32_t seq;
	uint8_t filler[];
};

enum {
	NUMBERED_MAGIC = 0x6d72,
	TRACE_ENTRY_SIZE = 8,
	/* Bytes written for an event. */
	EVENT_SMALL = 16,
	EVENT_LARGE = 980 /* four a sub-buffer of 4 KiB, and room left */
};

/*
 * Makes the instance, @kb a CPU, and pins the process to @cpu, whose ring it
 * is. Skips the case where this machine has no tracefs or no such CPU.
 */
void ring_make(struct ring *r, unsigned int kb, int cpu);

/* The ring of CPU 0 with eight sub-buffers or so. */
void ring_make_small(struct ring *r);

/*
 * Takes the clock that counts, one up an event: no two sub-buffers then have
 * the same stamp, however coarse the machine's own clocks are.
 */
void ring_count_time(const struct ring *r);

/* Another CPU's ring of the same instance. */
struct ring ring_of(const struct ring *r, int cpu);

/* Skips the case where there is no second CPU to run on. */
int ring_second_cpu(void);

void pin_to(int cpu);

/* Opens a file of the instance, "%d" in @name standing for the CPU. */
int ring_open_file(const struct ring *r, const char *name, int flags);
bool ring_has(const struct ring *r, const char *name);

/* Opens trace_pipe_raw: O_RDONLY | O_NONBLOCK | O_CLOEXEC, and @flags. */
int ring_open(const struct ring *r, int flags);

/* Writes @text to the file and closes it. Returns 0 or an errno. */
int ring_try(const struct ring *r, const char *name, const char *text);
void ring_put(const struct ring *r, const char *name, const char *text);

/* The first line of the file. */
void ring_get(const struct ring *r, const char *name, char *text, size_t size);

/* A line "name: number" of per_cpu/cpuN/stats. */
uint64_t ring_stat(const struct ring *r, const char *name);

/* Empties the instance's rings. */
void ring_reset(const struct ring *r);

/* Writes @size bytes of an event numbered @seq. False: it was dropped. */
bool ring_write(const struct ring *r, uint32_t seq, size_t size);
void ring_write_many(const struct ring *r, uint32_t first, uint32_t count,
		     size_t size);

/* What the kernel adds to the bytes written, by trying; empties the ring. */
size_t ring_event_overhead(const struct ring *r);

/* read(2) of at most one sub-buffer, as another consumer does it. */
ssize_t ring_steal(const struct ring *r, void *to, size_t size);

/* Changes the rings' size and back: 0, or the errno of the refusal. */
int ring_try_resize(const struct ring *r);

#endif
