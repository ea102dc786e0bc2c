/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * stage.h - one ring with a writer, wherever it is: simulated, recorded, live
 *
 * A case asks for a stage, writes numbered events (numbered.h) on it and looks
 * at it through rings. What the stage's backend cannot do a case asks first;
 * what this machine lacks skips the case, with the reason.
 */
#ifndef RM_STAGE_H
#define RM_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ringmap/ringmap.h>

#include "tests/support/rm_check.h"

struct stage_opts {
	uint32_t subbufs;    /* about how many; 0: 16 */
	uint32_t event_size; /* of payloads; 0: 64 */
	bool overwrite_off;
	bool coarse_clock;
};

struct stage;

struct backend {
	const char *name;
	bool recorded; /* a ring holds what was written before it was opened */
	bool live;
	/* NULL, with the reason noted, if it cannot be had here. */
	struct stage *(*make)(const struct stage_opts *opts);
	void (*end)(struct stage *stage);
	enum ringmap_status (*open)(struct stage *stage,
				    const struct ringmap_ring_opts *opts,
				    struct ringmap_ring **ret,
				    struct ringmap_error *err);
	/*
	 * Writes up to @count events, which are numbered from @number on.
	 * Returns how many there are; 0: the ring refused the first.
	 */
	uint64_t (*write)(struct stage *stage, uint64_t number, uint64_t count);
	void (*reset)(struct stage *stage);
	/* Another consumer takes a sub-buffer; false: there was nothing. */
	bool (*steal)(struct stage *stage);
};

/* Each backend's own struct begins with this. */
struct stage {
	const struct backend *backend;
	uint64_t written; /* the next event's number */
	uint32_t event_size;
};

extern const struct backend backend_sim;
extern const struct backend backend_image;
extern const struct backend backend_live;

/* The one that this run is about. */
extern const struct backend *stage_backend;

struct stage *stage_new(const struct stage_opts *opts);
void stage_free(struct stage *stage);

/* Writes @count events; fails the case if one is refused. */
void stage_write(struct stage *stage, uint64_t count);

/* Opens in that mode (recorded: as an image); fails the case if it cannot. */
struct ringmap_ring *stage_open(struct stage *stage, enum ringmap_mode mode);

struct ringmap_ring *stage_open_at(struct stage *stage, enum ringmap_mode mode,
				   enum ringmap_start start);

/* Events that fill the ring at least once. */
uint64_t stage_lap(const struct stage *stage, const struct ringmap_ring *ring);

/* The modes of this backend, one after the other; false: no more. */
bool stage_mode(unsigned int i, enum ringmap_mode *ret);

/* At the head of a case: the stage, or the case is skipped. */
#define STAGE(var, ...)                                                        \
	struct stage *var = stage_new(&(struct stage_opts){__VA_ARGS__});      \
	if (!(var))                                                            \
	return

/* In a case that recordings have nothing to say to. */
#define NOT_RECORDED()                                                         \
	do {                                                                   \
		if (stage_backend->recorded)                                   \
			rm_skip("a recording does not change");                \
	} while (0)

#define LIVE_ONLY()                                                            \
	do {                                                                   \
		if (!stage_backend->live)                                      \
			rm_skip("only tracefs has this");                      \
	} while (0)

#endif
