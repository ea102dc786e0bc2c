/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * threads.c - runs workers in threads and queues their batches
 *
 * The caller begins a round, takes batches out of the queue and, while the
 * queue is empty, runs worker 0 itself, which saves a thread. The other workers
 * have a thread each. They wait while the queue is full, so memory is bounded.
 * Between rounds they touch no worker, so the caller may.
 */
#include "reader/reader.h"

#include <signal.h>
#include <string.h>

/* The caller holds the lock, and the queue has room. */
static void push(struct ringmap_reader *r, const struct rm_ready *item)
{
	size_t at = (r->queue_first + r->queue_count++) % r->queue_room;

	r->queue[at] = *item;
	pthread_cond_signal(&r->ready);
}

/* Queues @item, or releases it and returns false if the reader is ending. */
static bool hand_over(struct ringmap_reader *r, struct rm_ready *item)
{
	pthread_mutex_lock(&r->lock);
	while (r->queue_count == r->queue_room && !r->quit)
		pthread_cond_wait(&r->work, &r->lock);
	bool quit = r->quit;
	if (!quit)
		push(r, item);
	pthread_mutex_unlock(&r->lock);
	if (quit && item->status == RINGMAP_OK)
		item->array.release(&item->array);
	return !quit;
}

static void run_round(struct rm_worker *worker)
{
	for (;;) {
		struct rm_ready item;
		size_t table;

		item.status = rm_worker_step(worker, &table);
		if (item.status == RINGMAP_DONE)
			return;
		if (item.status == RINGMAP_OK)
			item.status = rm_worker_export(
				worker, table, &item.batch, &item.array);
		item.error = worker->error;
		if (!hand_over(worker->reader, &item))
			return;
	}
}

static void *worker_main(void *arg)
{
	struct rm_worker *worker = arg;
	struct ringmap_reader *r = worker->reader;
	uint64_t seen = 0;

	pthread_mutex_lock(&r->lock);
	for (;;) {
		while (r->round == seen && !r->quit)
			pthread_cond_wait(&r->work, &r->lock);
		if (r->quit)
			break;
		seen = r->round;
		pthread_mutex_unlock(&r->lock);
		run_round(worker);
		pthread_mutex_lock(&r->lock);
		if (!--r->running)
			pthread_cond_signal(&r->ready);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* Goes on with the threads that there are: the rings are shared among them. */
static void drop_workers_without_thread(struct ringmap_reader *r)
{
	while (r->nr_workers > r->nr_threads)
		rm_worker_deinit(&r->workers[--r->nr_workers]);
}

/*
 * Starts the threads with all signals blocked: signals are the program's. The
 * threads touch nothing of the reader before its first round.
 */
static void start(struct ringmap_reader *r)
{
	sigset_t all;
	sigset_t before;
	int e = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r->nr_threads = 1; /* the caller's */
	for (size_t i = 1; !e && i < r->nr_workers; i++) {
		e = pthread_create(&r->workers[i].thread, NULL, worker_main,
				   &r->workers[i]);
		r->nr_threads += !e;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	drop_workers_without_thread(r);
	r->started = true;
}

/* The caller holds the lock. */
static void begin_round(struct ringmap_reader *r)
{
	for (size_t i = 0; i < r->nr_workers; i++)
		r->workers[i].next_ring = 0;
	r->in_round = true;
	r->own_done = false;
	r->running = r->nr_workers - 1;
	r->round++;
	pthread_cond_broadcast(&r->work);
}

/* The caller holds the lock, and the queue is not empty. */
static enum ringmap_status pop(struct ringmap_reader *r,
			       struct ringmap_batch *ret,
			       struct ArrowArray *array)
{
	const struct rm_ready *item = &r->queue[r->queue_first];

	*ret = item->batch;
	*array = item->array;
	if (item->status < RINGMAP_OK)
		r->error = item->error;
	r->queue_first = (r->queue_first + 1) % r->queue_room;
	r->queue_count--;
	pthread_cond_broadcast(&r->work);
	return item->status;
}

/* Runs the caller's worker, without the lock. RINGMAP_DONE: it is finished. */
static enum ringmap_status step_own_worker(struct ringmap_reader *r,
					   struct ringmap_batch *ret,
					   struct ArrowArray *array)
{
	struct rm_worker *worker = &r->workers[0];
	size_t table;

	enum ringmap_status s = rm_worker_step(worker, &table);
	r->own_done = s == RINGMAP_DONE;
	if (s == RINGMAP_OK)
		s = rm_worker_export(worker, table, ret, array);
	if (s < RINGMAP_OK)
		r->error = worker->error;
	return s;
}

/*
 * Takes a batch of the other workers; if @wait, waits for one. RINGMAP_DONE:
 * the queue is empty or, if @wait, the round is over.
 */
static enum ringmap_status others(struct ringmap_reader *r,
				  struct ringmap_batch *ret,
				  struct ArrowArray *array, bool wait)
{
	enum ringmap_status s = RINGMAP_DONE;

	pthread_mutex_lock(&r->lock);
	if (!r->in_round)
		begin_round(r);
	while (wait && !r->queue_count && r->running)
		pthread_cond_wait(&r->ready, &r->lock);
	if (r->queue_count)
		s = pop(r, ret, array);
	else if (wait)
		r->in_round = false;
	pthread_mutex_unlock(&r->lock);
	return s;
}

enum ringmap_status rm_threads_next(struct ringmap_reader *r,
				    struct ringmap_batch *ret,
				    struct ArrowArray *array)
{
	if (!r->started)
		start(r);
	/* Finished batches go first: a worker may be waiting for room in the
	 * queue. */
	enum ringmap_status s = others(r, ret, array, false);
	if (s == RINGMAP_DONE && !r->own_done)
		s = step_own_worker(r, ret, array);
	return s == RINGMAP_DONE ? others(r, ret, array, true) : s;
}

void rm_threads_quit(struct ringmap_reader *r)
{
	/* A forked child has no threads, and the lock may be held forever. */
	if (!r->started || !rm_trace_here(r->trace))
		return;
	pthread_mutex_lock(&r->lock);
	/* Workers look at this between two pages, too; see must_stop(). */
	__atomic_store_n(&r->quit, true, __ATOMIC_RELAXED);
	pthread_cond_broadcast(&r->work);
	pthread_mutex_unlock(&r->lock);
	for (size_t i = 1; i < r->nr_threads; i++)
		pthread_join(r->workers[i].thread, NULL);
	for (; r->queue_count; r->queue_count--) {
		struct rm_ready *item = &r->queue[r->queue_first];

		if (item->status == RINGMAP_OK)
			item->array.release(&item->array);
		r->queue_first = (r->queue_first + 1) % r->queue_room;
	}
}
