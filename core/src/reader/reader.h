/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * reader.h - what a reader is inside
 *
 * reader.c         next: rounds over the rings, waiting, handing out
 * reader_life.c    open, unref, error, stats
 * worker.c           one thread's walk over the rings that it claims
 * worker.c   the walk in time order over all rings
 * threads.c workers in threads of their own, and the queue behind them
 * reader_stream.c  the Arrow C stream over it
 */
#ifndef RM_READER_H
#define RM_READER_H

#include "table/table.h"
#include "trace/trace.h"

#include <ringmap/ringmap.h>

#include <pthread.h>

/* Written by the worker's thread, read by whoever asks for stats. */
struct rm_worker_counts {
	uint64_t events;
	uint64_t bytes;
	uint64_t lost;
	uint64_t corrupt;
	bool lost_unknown;
};

/*
 * One thread's part. A page that is out stays out while a full table is
 * exported; then its events go into the next batch.
 */
struct rm_worker {
	struct ringmap_reader *reader;
	struct ringmap_table **tables; /* clones; one for each table */
	size_t *slots;                 /* by table: of the lists */
	struct rm_record_lists lists;
	struct ringmap_ring *ring; /* claimed; NULL: none */
	size_t next_ring;          /* the next to be looked at in this round */
	size_t budget;             /* pages until the claim ends */
	struct ringmap_page page;
	bool page_out;
	struct rm_worker_counts counts;
	size_t pending;             /* events in the lists's lists */
	enum ringmap_status failed; /* worker.c: to gather them */
	pthread_t thread;
	/* Last: rarely written, it keeps the next worker's memory apart. */
	struct ringmap_error error;
};

/* What a thread has ready. status < 0: an error, and no batch. */
struct rm_ready {
	enum ringmap_status status;
	struct ringmap_error error;
	struct ringmap_batch batch;
	struct ArrowArray array;
};

struct ringmap_reader {
	uint32_t refs;
	struct ringmap_trace *trace;
	struct rm_plan **plans;
	size_t nr_tables;
	struct rm_worker *workers;
	size_t nr_workers;
	bool ordered;
	bool recording; /* every ring is an image: it ends */
	bool over;      /* it has ended */
	bool flushing;  /* rows that wait are handed out, full or not */
	size_t flushed; /* workers and tables that were */
	bool stopping;  /* atomic */
	/* By ring, atomic: the worker that has its rows, all of them, so that
	 * these come in order; NULL: none has. */
	struct rm_worker **owners;
	/* By ring: there was no memory for rows of it, as its next row is to
	 * tell. Touched by the worker that has the ring. */
	bool *rows_missing;
	bool in_round;
	bool own_done; /* the caller's worker has come to the round's end */

	/* threads.c; guarded by lock. */
	pthread_mutex_t lock;
	pthread_cond_t work;  /* threads wait for a round, or for room */
	pthread_cond_t ready; /* the caller waits for a batch */
	struct rm_ready *queue;
	size_t queue_room;
	size_t queue_first;
	size_t queue_count;
	size_t running;    /* threads at work in this round */
	size_t nr_threads; /* with the caller's; fewer than workers: an error */
	uint64_t round;
	bool quit;
	bool started;

	struct ringmap_error error;
};

/* worker.c */
enum ringmap_status rm_worker_init(struct rm_worker *worker,
				   struct ringmap_reader *reader);
void rm_worker_deinit(struct rm_worker *worker);

/*
 * Goes on until something is to be told. RINGMAP_OK: table @ret is to be
 * exported; RINGMAP_DONE: no ring is left in this round; else an error, told
 * in worker->error, after which it can go on.
 */
enum ringmap_status rm_worker_step(struct rm_worker *worker, size_t *ret);

/*
 * What is listed goes into the tables; @cpu's ring lost @lost before it.
 * RINGMAP_E_NOMEM: rows are missing in some table.
 */
enum ringmap_status rm_worker_gather(struct rm_worker *worker, uint32_t cpu,
				     uint64_t lost);

/* A page was true, or broke the format behind its last event. */
void rm_worker_count_page(struct rm_worker *worker,
			  const struct ringmap_page *page, uint64_t lost);

/* Hands table @table's rows out. RINGMAP_DONE: it has none. */
enum ringmap_status rm_worker_export(struct rm_worker *worker, size_t table,
				     struct ringmap_batch *ret,
				     struct ArrowArray *array);

/* worker.c: as rm_worker_step(). */
enum ringmap_status rm_worker_step_ordered(struct rm_worker *worker,
					   size_t *ret);

/* threads.c */

/* As rm_worker_step() and rm_worker_export() over all workers. */
enum ringmap_status rm_threads_next(struct ringmap_reader *r,
				    struct ringmap_batch *ret,
				    struct ArrowArray *array);
void rm_threads_quit(struct ringmap_reader *r);

#endif
