/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * attack.h - one instance under attack: what its threads share
 */
#ifndef ATTACK_H
#define ATTACK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/stress/gate.h"
#include "tests/support/rig.h"

/* Bits of those who attack. */
enum {
	ATTACK_RESET = 1,     /* empties the rings */
	ATTACK_TOGGLE = 2,    /* switches tracing off and on */
	ATTACK_CLOCK = 4,     /* changes the trace clock */
	ATTACK_SIGNAL = 8,    /* sends signals to those who read */
	ATTACK_STOP = 16,     /* stops rings and traces */
	ATTACK_REOPEN = 32,   /* closes and opens rings while all goes on */
	ATTACK_READ = 64,     /* takes sub-buffers with read(2) */
	ATTACK_SPLICE = 128,  /* takes sub-buffers with splice(2) */
	ATTACK_CONSUME = 256, /* consuming seats beside those who follow */
	ATTACK_BITS = 9,
	/* In guests only. */
	ATTACK_GET_READER = 512, /* takes sub-buffers with GET_READER */
	ATTACK_PIPE = 1024,      /* takes events through trace_pipe */
	ATTACK_SUBBUF = 2048,    /* changes the size of sub-buffers */
	ATTACK_NAMES = 12
};

enum {
	ATTACK_CHAOS = ATTACK_RESET | ATTACK_TOGGLE | ATTACK_CLOCK |
		       ATTACK_SIGNAL | ATTACK_STOP,
	ATTACK_GUEST = ATTACK_GET_READER | ATTACK_PIPE | ATTACK_SUBBUF,
	ATTACK_THIEVES =
		ATTACK_READ | ATTACK_SPLICE | ATTACK_GET_READER | ATTACK_PIPE,
	ATTACK_ALL = (1 << ATTACK_NAMES) - 1
};

/* A fault put between the library and the judge, who must find it. */
enum attack_mutant {
	MUTANT_NONE,
	MUTANT_TORN,  /* a byte of a payload is another: wrong */
	MUTANT_TWICE, /* a page is handed out again: doubled */
	MUTANT_DROP,  /* a page is not handed out: silent */
	MUTANT_FEWER, /* an exact count is one too small: false_exact */
	MUTANTS
};

/* The choices for one instance. */
struct attack_plan {
	uint64_t seed;
	uint32_t number; /* of the instance: a stream of the seed's choices */
	uint32_t rings;
	uint64_t ring_kb;
	uint32_t writers;
	uint32_t size;        /* of a payload */
	uint32_t texts;       /* as in struct rm_rig_opts */
	uint64_t rate;        /* likewise */
	uint32_t interrupted; /* likewise; not 0: timer events are recorded */
	uint32_t attackers;   /* ATTACK_* */
	uint32_t rounds;
	enum attack_mutant mutant;
	bool guest;    /* what can make an unmended kernel warn is allowed */
	bool at_rest;  /* seats open rings at rests only */
	bool unmapped; /* seats only read(2): else sizes of sub-buffers stay */
};

/* Bytes of the largest sub-buffer that the instance can have. */
static inline uint32_t attack_largest_subbuf(const struct attack_plan *plan)
{
	return plan->attackers & ATTACK_SUBBUF ? 16384 : 4096;
}

/*
 * GET_READER does not take the lock under which trace_pipe prints an event where
 * it lies (trace_access_lock()), so beside it the kernel prints overwritten bytes.
 */
static inline bool attack_may_get_reader(const struct attack_plan *plan)
{
	return !plan->unmapped && !(plan->attackers & ATTACK_PIPE);
}

struct attack {
	struct attack_plan plan;
	struct rm_rig rig;
	struct gate gate;
	uint16_t raw_type;  /* common_type of events of trace_marker_raw */
	uint16_t text_type; /* of trace_marker */
	atomic_uint_fast64_t resets; /* begun; a change of clock is one */
	atomic_uint_fast64_t clocks_begun;
	atomic_uint_fast64_t clocks_done;
	atomic_uint_fast64_t acts; /* of all attackers */
};

#endif
