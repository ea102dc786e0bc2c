/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * reader.h - the ways to read a ring that are compared, behind one face
 *
 * All of them touch every event alike: they add up its time stamp and the
 * first eight bytes of its payload. What goes wrong ends the program.
 */
#ifndef READER_H
#define READER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tests/support/rig.h"

/* What was read: equal for all readers of the same events. */
struct tally {
	uint64_t events;
	uint64_t sum;
};

/* Since it was opened. */
struct reader_account {
	uint64_t sleeps; /* system calls made to sleep */
	uint64_t lost;   /* events; RINGMAP_LOST_UNKNOWN possible */
};

struct reader_kind {
	const char *name;

	/* Why it cannot be measured here; NULL: it can. */
	const char *(*missing)(void);

	void *(*open)(const struct rm_rig *rig, uint64_t interval_us);

	/* Sleeps for the interval it was opened with. */
	void (*wait)(void *reader);

	/* Reads until it has caught up, or @finish is set. */
	void (*drain)(void *reader, const atomic_bool *finish,
		      struct tally *tally);

	/* To be called when the writers have ended; may read the rest. */
	struct reader_account (*account)(void *reader);

	void (*close)(void *reader);
};

extern const struct reader_kind reader_follow;
extern const struct reader_kind reader_follow_index;
extern const struct reader_kind reader_consume;
extern const struct reader_kind reader_read;
extern const struct reader_kind reader_kbuffer;
extern const struct reader_kind reader_kbuffer_mapped;
extern const struct reader_kind reader_tracefs;

const char *reader_never_missing(void);

/* Events of the load that fit into a sub-buffer. */
uint64_t reader_subbuf_events(void);

/* For readers that have no sleep of their own. */
void reader_sleep_us(uint64_t us);

/*
 * Beside a writer at full speed there always is one more event: who reads on
 * until there is none reads a few at a time and never sleeps. Nobody measured
 * here does: a page that is less than half full is the one being written, or
 * the rest of what that was when the reader woke: then it is the first.
 */
struct reader_chase {
	uint64_t small; /* events that are less than half a sub-buffer */
	uint64_t pages; /* read since it woke */
};

struct reader_chase reader_chase_begin(void);

static inline bool reader_caught_up(struct reader_chase *chase, uint64_t events)
{
	return chase->pages++ > 0 && events < chase->small;
}

static inline void tally_add(struct tally *tally, const struct tally *more)
{
	tally->events += more->events;
	tally->sum += more->sum;
}

static inline uint64_t reader_first_bytes(const void *payload)
{
	uint64_t bytes;

	memcpy(&bytes, payload, sizeof(bytes));
	return bytes;
}

#endif
