/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * reader.h - struct ringmap_reader and its workers
 *
 * reader.c   opens and frees a reader, runs its rounds, makes an Arrow C stream
 * worker.c   walks the rings that one thread claims, or all in time order
 * threads.c  runs workers in threads and queues their batches
 */
#ifndef RM_READER_H
#define RM_READER_H

#include "table/table.h"
#include "trace/trace.h"

#include <ringmap/ringmap.h>

#include <pthread.h>

/* The worker's thread writes these, and any thread that wants stats reads. */
struct rm_worker_counts {
	uint64_t events;
	uint64_t bytes;
	uint64_t lost;
	uint64_t corrupt;
	bool lost_unknown;
};

/*
 * One thread's share of a reader. While a full table is exported, the borrowed
 * page stays borrowed; then its events go into the next batch.
 */
struct rm_worker {
	struct ringmap_reader *reader;
	struct ringmap_table **tables; /* one clone of each table */
	size_t *slots;                 /* for each table, its list in lists */
	struct rm_record_lists lists;
	struct ringmap_ring *ring; /* the claimed one; NULL: none */
	size_t next_ring;          /* the next one to look at in this round */
	size_t budget;             /* pages left until the claim ends */
	struct ringmap_page page;
	bool page_out;
	struct rm_worker_counts counts;
	size_t pending;             /* events listed and not gathered */
	enum ringmap_status failed; /* status of gathering in time order */
	pthread_t thread;
	/* This member is last because it is rarely written: it separates the
	 * memory of two workers. */
	struct ringmap_error error;
};

/* A finished batch of a thread. status < 0: an error, and no batch. */
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
	bool strict;          /* corrupt bytes end a stream */
	bool recording;       /* every ring is an image, so the reader ends */
	bool over;            /* the recording has ended */
	uint64_t lost_behind; /* then: missing behind the last pages */
	bool flushing;  /* batches are handed out even if they are not full */
	size_t flushed; /* tables, counted over all workers, that are flushed */
	/* For each ring, the worker that has all of its rows, so that they stay
	 * in order; atomic. NULL: no worker has any yet. */
	struct rm_worker **owners;
	/* For each ring: an allocation failed and rows were dropped. The next
	 * row of the ring must report the loss. Only the worker that has the
	 * ring uses its entry. */
	bool *rows_missing;
	bool in_round;
	bool own_done; /* the caller's worker has finished the round */

	/* These members belong to threads.c, and lock guards them. */
	pthread_mutex_t lock;
	pthread_cond_t work;  /* threads wait for a round or for room */
	pthread_cond_t ready; /* the caller waits for a batch */
	struct rm_ready *queue;
	size_t queue_room;
	size_t queue_first;
	size_t queue_count;
	size_t running;    /* threads at work in this round */
	size_t nr_threads; /* that run, the caller's included */
	uint64_t round;
	bool quit; /* atomic: workers look at it without the lock, too */
	bool started;

	struct ringmap_error error;
};

/* worker.c */
enum ringmap_status rm_worker_init(struct rm_worker *worker,
				   struct ringmap_reader *reader);
void rm_worker_deinit(struct rm_worker *worker);

/*
 * Runs until the caller must act. RINGMAP_OK: the caller must export table
 * @ret. RINGMAP_DONE: no ring is left in this round, or the reader was stopped.
 * Any other status is an error, with its text in worker->error; the next call
 * goes on after it.
 */
enum ringmap_status rm_worker_step(struct rm_worker *worker, size_t *ret);

/*
 * Gathers the listed records into the tables; @cpu's ring lost @lost events
 * before them. RINGMAP_E_NOMEM: rows are missing in some table.
 */
enum ringmap_status rm_worker_gather(struct rm_worker *worker, uint32_t cpu,
				     uint64_t lost);

/*
 * Counts the events of a page that was intact, or corrupt after its last event
 * only, and the @lost events before it.
 */
void rm_worker_count_page(struct rm_worker *worker,
			  const struct ringmap_page *page, uint64_t lost);

/* Exports the rows of table @table. RINGMAP_DONE: it has none. */
enum ringmap_status rm_worker_export(struct rm_worker *worker, size_t table,
				     struct ringmap_batch *ret,
				     struct ArrowArray *array);

/* Does what rm_worker_step() does, in time order over all rings. */
enum ringmap_status rm_worker_step_ordered(struct rm_worker *worker,
					   size_t *ret);

/* threads.c */

/* Steps and exports all workers. RINGMAP_DONE: the round is over. */
enum ringmap_status rm_threads_next(struct ringmap_reader *r,
				    struct ringmap_batch *ret,
				    struct ArrowArray *array);
void rm_threads_quit(struct ringmap_reader *r);

#endif
