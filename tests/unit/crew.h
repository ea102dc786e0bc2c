/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * crew.h - recordings of several CPUs, and what a reader makes of them
 *
 * Event n of a CPU is sys:num with n, its CPU and a comm, but each third one
 * is sys:other. CPU c wrote it at 1000 + 10 n + c.
 */
#ifndef RM_TEST_CREW_H
#define RM_TEST_CREW_H

#include "tests/unit/records.h"

#include <ringmap/ringmap.h>

enum {
	RM_CREW_MAX = 8,
	RM_CREW_NUM = 300, /* ids */
	RM_CREW_OTHER = 301,
};

struct rm_crew_opts {
	uint32_t cpus;
	uint32_t pages;        /* of each CPU */
	uint32_t events;       /* of each page; 0: 60 */
	uint32_t lost_page;    /* begins behind a loss; 0: none does */
	uint32_t corrupt_page; /* has a broken end; 0: none has */
	uint32_t corrupt_more; /* pages behind it have one too */
	uint64_t lost;         /* events; 0: nobody knows how many */
	bool big_endian;
};

struct rm_crew {
	struct rm_crew_opts opts;
	struct rm_formats formats;
	uint8_t *images[RM_CREW_MAX];
	struct ringmap_trace *trace;
};

void rm_crew_make(struct rm_crew *crew, const struct rm_crew_opts *opts);
void rm_crew_free(struct rm_crew *crew);

/* Events that all CPUs wrote, and how many of these are sys:num. */
uint64_t rm_crew_events(const struct rm_crew *crew);
uint64_t rm_crew_nums(const struct rm_crew *crew);

/* A table of sys:num with the columns that rm_harvest() looks at. */
struct ringmap_table_opts rm_crew_table(void);

/* Opens a reader on the trace, with formats. */
struct ringmap_reader *rm_crew_reader(const struct rm_crew *crew,
				      const struct ringmap_table_opts *tables,
				      size_t count, uint32_t threads,
				      uint32_t flags);

/* One row of sys:num. */
struct rm_num {
	uint32_t table;
	uint32_t cpu;
	uint64_t n;
	uint64_t ts;
	uint64_t lost; /* RINGMAP_LOST_UNKNOWN: null */
};

struct rm_harvest {
	struct rm_num *nums;
	size_t count;
	size_t room;
	size_t batches;
	size_t corrupt; /* times that next said so */
};

/* Adds the rows of a batch, which it checks. */
void rm_harvest_add(struct rm_harvest *h, const struct ringmap_reader *reader,
		    uint32_t table, const struct ArrowArray *array);

/* Reads up to RINGMAP_DONE; @h begins empty. */
void rm_harvest(struct rm_harvest *h, struct ringmap_reader *reader);
void rm_harvest_free(struct rm_harvest *h);

/* Every sys:num of the crew once, each CPU's in order, in table @table. */
void rm_harvest_assert_all(const struct rm_harvest *h,
			   const struct rm_crew *crew, uint32_t table);

#endif
