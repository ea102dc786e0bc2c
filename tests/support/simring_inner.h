/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * simring_inner.h - what a simulated ring is inside
 *
 * simring.c          memory, numbering, opening, what the library asks
 * simring_write.c    reserving: the steps of a write up to its payload
 * simring_commit.c   publishing what was written
 * simring_consume.c  GET_READER, read(2), trace_pipe
 * simring_reset.c    emptying, and another clock
 *
 * A "page" is struct buffer_page: its place in the list and its counters. Its
 * bytes are the sub-buffer of its id. Names of fields are the kernel's.
 *
 * Threads: a write holds gate from its first step to its last, a consuming
 * operation holds reader_lock; whoever moves the head holds swap_lock for
 * that one step, which in the kernel is a compare and exchange. All fields
 * that both sides touch are atomic.
 */
#ifndef RM_SIMRING_INNER_H
#define RM_SIMRING_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "ring/layout.h"
#include "tests/support/simring.h"

struct sim_page {
	_Atomic uint32_t next;
	_Atomic uint32_t prev;
	_Atomic uint32_t write;   /* the writer's; past the end: being padded */
	_Atomic uint32_t entries; /* the writer's */
	_Atomic uint32_t real_end;
	uint32_t read;     /* of the reader page: bytes consumed */
	uint64_t set_back; /* that of the ring when its stamp was taken */
	uint32_t id;
};

enum sim_stamp {
	SIM_DELTA,
	SIM_EXTEND,
	SIM_ABSOLUTE,
};

/* One write under way. */
struct sim_write {
	enum simring_point at;
	uint32_t payload; /* bytes */
	bool discard;
	bool moved;   /* publishing because the page was left, not at the end */
	bool dropped; /* no place was found: only the end is left */

	enum sim_stamp stamp;
	uint32_t page;
	uint32_t next;
	uint32_t w; /* write as it was seen first */
	uint32_t tail;
	uint32_t length; /* with headers and stamp */
	uint32_t commits;
	uint64_t ts;
	uint64_t set_back; /* that of the ring when ts was taken */
	uint64_t before;
	uint64_t after;
	uint64_t delta;
	uint64_t number;
};

/* The one consuming operation under way. */
struct sim_consumer {
	bool busy;
	enum simring_op op;
	uint32_t at;    /* step of op */
	uint32_t i;     /* step of the swap; page of a reset */
	bool swapping;  /* looking for the next page to read */
	bool found;     /* what came of it */
	uint8_t *bytes; /* of read(2): a sub-buffer; NULL: not wanted */
	ssize_t result;
	uint32_t commit;
	uint64_t lost;
};

struct simring {
	struct simring_opts opts;
	int fd;
	uint8_t *mem;
	size_t size;
	uint32_t capacity; /* bytes of events in a sub-buffer */
	uint32_t maps;     /* user_mapped */

	struct sim_page *pages;
	_Atomic uint32_t head_page;
	_Atomic uint32_t tail_page;
	_Atomic uint32_t commit_page;
	_Atomic uint32_t reader_page;
	uint32_t pages_start; /* cpu_buffer->pages: where a reset begins */

	/* The writer's own. */
	struct sim_write writes[SIMRING_DEPTH];
	uint32_t depth;
	uint32_t committing;
	uint32_t commits;
	uint64_t before_stamp;
	uint64_t write_stamp;
	uint64_t clock;
	uint64_t set_back; /* times that it was */
	_Atomic uint64_t next_number;
	uint32_t interrupts; /* 1 in so many steps; 0: none */
	uint64_t random;

	_Atomic uint64_t entries;
	_Atomic uint64_t overrun;
	_Atomic uint64_t read;
	_Atomic uint64_t dropped;
	_Atomic uint64_t commit_overrun;
	_Atomic uint64_t resets; /* the mark that a reset leaves */

	/* The reader's own. */
	struct sim_consumer consumer;
	uint64_t lost_events;
	uint64_t last_overrun;
	uint64_t read_stamp;
	_Atomic uint64_t mislaid;
	_Atomic bool resetting; /* record_disabled */

	pthread_mutex_t gate;
	pthread_mutex_t reader_lock;
	pthread_mutex_t swap_lock;

	void (*between)(void *ctx);
	void *between_ctx;
};

enum {
	/* RB_EVNT_MIN_SIZE, RB_LEN_TIME_EXTEND. */
	SIM_STAMP_LENGTH = 8,
	/* Behind the stamp and the commit word. */
	SIM_DATA_OFFSET = 8 + sizeof(long),
};

/* ---- shared memory ------------------------------------------------------ */

static inline uint8_t *sim_subbuf(const struct simring *sim, uint32_t page)
{
	return sim->mem + sim->opts.meta_size +
	       (size_t)sim->pages[page].id * sim->opts.subbuf_size;
}

static inline uint8_t *sim_data(const struct simring *sim, uint32_t page)
{
	return sim_subbuf(sim, page) + SIM_DATA_OFFSET;
}

static inline void sim_put32(uint8_t *p, uint32_t v)
{
	__atomic_store_n((uint32_t *)(void *)p, v, __ATOMIC_RELAXED);
}

static inline uint32_t sim_get32(const uint8_t *p)
{
	return __atomic_load_n((const uint32_t *)(const void *)p,
			       __ATOMIC_RELAXED);
}

static inline void sim_put_stamp(const struct simring *sim, uint32_t page,
				 uint64_t ts)
{
	uint64_t *p = (uint64_t *)(void *)sim_subbuf(sim, page);

	__atomic_store_n(p, ts, __ATOMIC_RELAXED);
}

static inline uint64_t sim_stamp_of(const struct simring *sim, uint32_t page)
{
	const uint64_t *p = (const uint64_t *)(void *)sim_subbuf(sim, page);

	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

/* ---- an event's first word, a bit field of the kernel ----------------------- */

#define SIM_BIG_ENDIAN (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

static inline uint32_t sim_event_word(uint32_t type, uint32_t delta)
{
	return SIM_BIG_ENDIAN ? type << RM_TIME_SHIFT | delta
			      : type | delta << 5;
}

static inline uint32_t sim_event_type(uint32_t word)
{
	return SIM_BIG_ENDIAN ? word >> RM_TIME_SHIFT : word & 31;
}

static inline uint32_t sim_event_delta(uint32_t word)
{
	return SIM_BIG_ENDIAN ? word & ((1u << RM_TIME_SHIFT) - 1) : word >> 5;
}

/* ---- the commit word, a long of the kernel ---------------------------------- */

static inline void sim_put_commit(const struct simring *sim, uint32_t page,
				  unsigned long v, int order)
{
	unsigned long *p = (unsigned long *)(void *)(sim_subbuf(sim, page) +
						     RM_COMMIT_OFFSET);

	if (order == __ATOMIC_RELEASE)
		__atomic_store_n(p, v, __ATOMIC_RELEASE);
	else
		__atomic_store_n(p, v, __ATOMIC_RELAXED);
}

static inline unsigned long sim_commit_word(const struct simring *sim,
					    uint32_t page)
{
	const unsigned long *p =
		(const unsigned long *)(void *)(sim_subbuf(sim, page) +
						RM_COMMIT_OFFSET);

	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

/* rb_page_size(): without the flags. */
static inline uint32_t sim_commit_of(const struct simring *sim, uint32_t page)
{
	return (uint32_t)sim_commit_word(sim, page) & RM_COMMIT_SIZE;
}

/* ---- simring.c ----------------------------------------------------------- */

/* rb_update_meta_page(): the moving half. */
void sim_refresh_meta(struct simring *sim);

/* Something else may happen now. */
void sim_between(struct simring *sim);

/* ---- simring_write.c ---------------------------------------------------- */

/* Bytes that an event with such a payload takes, without a stamp. */
uint32_t sim_event_length(uint32_t payload);

/* ---- simring_commit.c ---------------------------------------------------- */

/* From SIMRING_AT_COMMIT on; true: it was the write's last step. */
bool sim_step_commit(struct simring *sim, struct sim_write *write);

/* ---- simring_consume.c --------------------------------------------------- */

/* Length of the event at @offset, and what it adds to the time. */
struct sim_event {
	uint32_t length;
	bool data;
	bool stamp; /* extend or absolute: belongs to what follows */
	bool absolute;
	uint64_t time;
};

struct sim_event sim_event_at(const uint8_t *data, uint32_t offset);

/*
 * Ends what is under way: on another CPU, reader_lock would be waited for.
 */
void sim_run_under_way(struct simring *sim);

/* A whole operation, after the one that is under way. */
ssize_t sim_run_op(struct simring *sim, enum simring_op op, uint8_t *buf);

/* ---- simring_reset.c ----------------------------------------------------- */

enum simring_progress sim_step_reset(struct simring *sim);

#endif
