/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * simring.h - the kernel's side of one CPU's trace ring, in a memfd
 *
 * Does to shared memory what kernel/trace/ring_buffer.c does, store by store
 * and in its order: a ring on it is opened through the seam of source.h and
 * mapped as trace_pipe_raw is. Every event is numbered (numbered.h).
 *
 * Everything is a sequence of steps, each with at most one store that an
 * observer can see. Single-threaded, a test takes the steps one by one and
 * puts what it likes between them: an interrupt that writes too (simring_begin()
 * while a write is under way), another CPU that consumes, a look by an
 * observer. With threads, one thread may write while others consume: whole
 * calls are safe against each other, steps are not.
 */
#ifndef RM_SIMRING_H
#define RM_SIMRING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ring/source.h"

#include <ringmap/ringmap.h>

enum {
	/* Task, soft interrupt, hard interrupt, NMI. */
	SIMRING_DEPTH = 4,
};

struct simring;

struct simring_opts {
	uint32_t nr_subbufs;  /* with the reader sub-buffer: at least 3 */
	uint32_t subbuf_size; /* 0: 4096 */
	uint32_t meta_size;   /* 0: 4096 */
	uint64_t clock_step;  /* from one time stamp to the next; 0: 1000 */
	uint64_t coarse;      /* stamps are cut to its multiples; 0: not */
	bool overwrite_off;
	bool zero_stamps; /* emptied sub-buffers lose their stamp: 7.2 */
	bool persistent;  /* ids are places in memory, reader.id is any */
	bool newer_meta;  /* the meta page is longer than that of 7.3 */
	bool no_stats;    /* the files beside trace_pipe_raw are out of reach */
	bool threads;     /* calls come from several threads */
};

/* Where a write is: the last thing that it did. */
enum simring_point {
	SIMRING_AT_START,   /* committing counted, nothing else */
	SIMRING_AT_LOOKED,  /* page, place and time taken */
	SIMRING_AT_TAKEN,   /* write moved, so the place is ours */
	SIMRING_AT_TIMED,   /* the delta is known */
	SIMRING_AT_HEADER,  /* event header stored */
	SIMRING_AT_STAMP,   /* stamp of a new fill stored, if it is the first */
	SIMRING_AT_HALF,    /* half of the payload stored */
	SIMRING_AT_PAYLOAD, /* all of it */
	SIMRING_AT_COUNTED, /* entries counted, or the event discarded */
	SIMRING_AT_FULL,    /* no room on this page */
	SIMRING_AT_PUSHED,  /* head moved on, overrun counted */
	SIMRING_AT_CLEARED, /* the next page's counters zeroed */
	SIMRING_AT_ZEROED,  /* the next page's commit zeroed */
	SIMRING_AT_MOVED,   /* tail moved */
	SIMRING_AT_PADDED,  /* the rest of the full page is padding */
	SIMRING_AT_COMMIT,  /* about to publish, if it is the outermost */
	SIMRING_AT_PAGE,    /* commit of a page that is left stored */
	SIMRING_AT_LAST,    /* commit of the tail page stored */
	SIMRING_AT_LEAVE,   /* everything published */
	SIMRING_AT_END,     /* the write is over; no write is under way */
};

enum simring_op {
	SIMRING_GET_READER, /* the ioctl */
	SIMRING_READ,       /* read(2) of trace_pipe_raw */
	SIMRING_TAKE_ONE,   /* one event, as trace_pipe takes it */
	SIMRING_RESET,
};

enum simring_progress {
	SIMRING_DONE,
	SIMRING_MORE,    /* a step was made, others follow */
	SIMRING_BLOCKED, /* waits for the writer (reset: for its end) */
};

/* Since the last reset, but for written. */
struct simring_counts {
	uint64_t entries;
	uint64_t overrun;
	uint64_t read;
	uint64_t dropped;        /* overwrite off, ring full */
	uint64_t commit_overrun; /* interrupts came all the way round */
	uint64_t mislaid;        /* times that unread bytes were swapped away */
	uint64_t written;        /* events numbered since the beginning */
};

/* No memory for it ends the program. */
struct simring *simring_new(const struct simring_opts *opts);
void simring_free(struct simring *sim);

/* ---- opening ------------------------------------------------------------ */

/*
 * A ring of the library on this one. While none is mapped, and only then, a
 * mapping numbers the sub-buffers anew, as rb_setup_ids_meta_page() does.
 */
enum ringmap_status simring_open(struct simring *sim,
				 const struct ringmap_ring_opts *opts,
				 struct ringmap_ring **ret,
				 struct ringmap_error *err);

/* A mapping that nobody uses, so that ids stay; and its end. */
void simring_map(struct simring *sim);
void simring_unmap(struct simring *sim);

/* The shared memory: meta page, then the sub-buffers by id. */
uint8_t *simring_memory(struct simring *sim, size_t *size);

/* How to open a copy of its sub-buffers, which are as this machine's kernel's. */
static inline struct ringmap_image_opts simring_shape(void)
{
	return (struct ringmap_image_opts){
		.sz = sizeof(struct ringmap_image_opts),
		.long_size = sizeof(long),
		.big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
	};
}

/* ---- writing ------------------------------------------------------------ */

/* Writes one event of @size bytes of payload; false: it was dropped. */
bool simring_write(struct simring *sim, uint32_t size);

/* Writes until the tail sub-buffer has no room for an event of that size. */
void simring_fill(struct simring *sim, uint32_t size);

/*
 * Begins a write, in an interrupt if one is under way. False: SIMRING_DEPTH
 * are, or the ring is being reset.
 */
bool simring_begin(struct simring *sim, uint32_t size, bool discard);

/* Takes a step of the innermost write; returns where that is then. */
enum simring_point simring_step(struct simring *sim);

/* Steps until the innermost write is at @point; false: it never gets there. */
bool simring_step_to(struct simring *sim, enum simring_point point);

/* Ends all writes under way. */
void simring_finish(struct simring *sim);

/* Where the innermost write is, and how many are under way. */
enum simring_point simring_at(const struct simring *sim);
uint32_t simring_depth(const struct simring *sim);

/* ---- consuming ---------------------------------------------------------- */

int simring_get_reader(struct simring *sim);

/* @buf has room for a sub-buffer; NULL: the bytes are dropped. */
ssize_t simring_read(struct simring *sim, uint8_t *buf);

/* Takes one event; false: there was none. */
bool simring_take_one(struct simring *sim);

void simring_reset(struct simring *sim);

/* As writing to trace_clock: another time and unit, then a reset. */
void simring_set_clock(struct simring *sim, uint64_t now, uint64_t step,
		       uint64_t coarse);

/* Sets the clock back @steps times its step, and nothing is reset. */
void simring_set_back(struct simring *sim, uint64_t steps);

/*
 * The same in steps. False: an operation is under way, or the ioctl finds that
 * nobody maps the ring.
 */
bool simring_begin_op(struct simring *sim, enum simring_op op);
enum simring_progress simring_step_op(struct simring *sim);
bool simring_op_under_way(const struct simring *sim);

/* ---- looking ------------------------------------------------------------ */

struct simring_counts simring_counts(const struct simring *sim);

/* The largest number of an event that is committed and still in memory. */
bool simring_newest(const struct simring *sim, uint64_t *ret);

/* Which sub-buffer the writer is on, by id; which is outside the ring. */
uint32_t simring_tail_id(const struct simring *sim);
uint32_t simring_reader_id(const struct simring *sim);

/*
 * Called between the steps of what the library asks of the kernel, and after
 * the last one: the place for whatever may happen meanwhile.
 */
void simring_between(struct simring *sim, void (*fn)(void *ctx), void *ctx);

/* With threads: writes are interrupted by others with a chance of 1 in @n. */
void simring_interrupts(struct simring *sim, uint32_t n, uint64_t seed);

#endif
