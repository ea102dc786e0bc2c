/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * witness.h - checks what a ring hands out against its contract
 *
 * Events are numbered in the order of their places in the ring (numbered.h).
 * Whatever the ring went through: no event comes twice or out of order, every
 * byte of a page that was returned intact is true, and where a number is
 * missing the page after the hole says so.
 */
#ifndef RM_WITNESS_H
#define RM_WITNESS_H

#include <stdbool.h>
#include <stdint.h>

#include <ringmap/ringmap.h>

enum {
	/* Events of one sub-buffer: the smallest is 8 bytes, of 1 MiB. */
	WITNESS_EVENTS = 512,
};

struct witness {
	struct ringmap_ring *ring;
	bool any;        /* an event was handed out */
	uint64_t first;  /* number of the first one */
	uint64_t last;   /* number of the latest one */
	uint64_t ts;     /* its time stamp */
	uint32_t subbuf; /* where it was */
	uint64_t seen;
	uint64_t lost;        /* claimed since the latest event: 0, count or
				 UNKNOWN */
	uint64_t lost_before; /* claimed before the first event */
	uint64_t unfounded;   /* times UNKNOWN was said and nothing missing */
	uint64_t holes;       /* times that numbers were missing */
	bool clock_moves;     /* stamps need not rise */
	bool others;          /* holes may go untold, or be told late: other
				 consumers take events, and consume and read
				 learn of it from stats only */
	/* The same, asked when there is a hole; NULL: not so. */
	bool (*untold)(const void *ctx);
	const void *untold_ctx;
	char wrong[256]; /* what broke the contract; "": nothing */
};

/* Borrows, walks, returns. What borrow said, or return if that was OK. */
enum ringmap_status witness_look(struct witness *w);

/* The same with something in between, when a page is out. */
enum ringmap_status witness_look_while(struct witness *w,
				       void (*meanwhile)(void *ctx), void *ctx);

/* Looks until nothing is left; false: it never ends, or something is wrong. */
bool witness_drain(struct witness *w);

/* Notes what is wrong, the first time only. */
void witness_blame(struct witness *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * At rest, nothing left: the ring's counters against @written events that
 * were committed since its beginning (the first one number @base). @exact:
 * the loss must be known.
 */
void witness_account(struct witness *w, uint64_t base, uint64_t written,
		     bool exact);

#endif
