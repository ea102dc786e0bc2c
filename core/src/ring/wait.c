/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * wait.c - sleeps until there is something to read
 *
 * poll(2) reports events that nobody has consumed yet, so it cannot serve a
 * follower, which never consumes: a follower sleeps for a while, then looks. A
 * follower that looked all the time would slow the writer by a third, because it
 * takes the cache line of commit away from the writer; a sleep costs about as
 * much as a thousand events. So a follower sleeps for a small part of the time
 * in which the ring fills (follow_interval()).
 */
#define _GNU_SOURCE
#include "ring/wait.h"

#include "base/error.h"
#include "ring/ring.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
	NS_PER_MS = 1000 * 1000,
	LOOK_NS = 100 * NS_PER_MS, /* below the watermark of poll(2) */
};

uint64_t rm_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t rm_wait_interval(struct ringmap_ring *ring)
{
	return ring->latency_ns ? ring->latency_ns : LOOK_NS;
}

/* ---- stop ---------------------------------------------------------------- */

void rm_stop_init(struct rm_stop *stop)
{
	*stop = (struct rm_stop){.fd = -1};
}

void rm_stop_close(struct rm_stop *stop)
{
	if (stop->fd >= 0)
		close(stop->fd);
	stop->fd = -1;
}

/*
 * Sequentially consistent, as are the accesses in make_wakeable(): either this
 * call sees the descriptor, or the waiter that has just made it sees asked.
 */
void rm_stop_ask(struct rm_stop *stop)
{
	int saved = errno;
	uint64_t one = 1;

	__atomic_store_n(&stop->asked, 1, __ATOMIC_SEQ_CST);
	int fd = __atomic_load_n(&stop->fd, __ATOMIC_SEQ_CST);
	/* It fails only if the counter is full, and then it is ready anyway. */
	if (fd >= 0 && write(fd, &one, sizeof(one)) < 0)
		errno = saved;
}

bool rm_stop_take(struct rm_stop *stop)
{
	/* Acquire pairs with the store in rm_stop_ask(). */
	return rm_stop_pending(stop) &&
	       __atomic_exchange_n(&stop->asked, 0, __ATOMIC_ACQUIRE);
}

/* Makes the descriptor before the first sleep. False: there is none left. */
static bool make_wakeable(struct rm_stop *stop)
{
	if (stop->fd >= 0)
		return true;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		return false;
	__atomic_store_n(&stop->fd, fd, __ATOMIC_SEQ_CST);
	/* A request from before the store has not written to the eventfd. */
	if (__atomic_load_n(&stop->asked, __ATOMIC_SEQ_CST))
		rm_stop_ask(stop);
	return true;
}

/*
 * Empties the eventfd. A request that was taken may still write to it, so a
 * ready descriptor does not prove that a request is pending.
 */
static void drain(struct rm_stop *stop)
{
	uint64_t drop;

	while (read(stop->fd, &drop, sizeof(drop)) < 0 && errno == EINTR)
		;
}

/* ---- sleep --------------------------------------------------------------- */

/*
 * Sleeps for @ns or until a descriptor is ready. RINGMAP_DONE: the time is
 * over, or only fds[0] was ready. RINGMAP_OK: another one is ready.
 */
static enum ringmap_status sleep_once(const struct rm_waiter *w, uint64_t ns,
				      struct ringmap_error *err)
{
	struct timespec ts = {
		.tv_sec = (time_t)(ns / 1000000000u),
		.tv_nsec = (long)(ns % 1000000000u),
	};

	if (!make_wakeable(w->stop))
		return rm_fail(err, RINGMAP_E_OS, errno,
			       "wait: no descriptor to be stopped by: %s",
			       strerror(errno));
	w->fds[0] = (struct pollfd){.fd = w->stop->fd, .events = POLLIN};
	int n = ppoll(w->fds, w->count, &ts, NULL);
	if (n < 0 && errno == EINTR && rm_stop_pending(w->stop))
		return RINGMAP_DONE;
	if (n < 0)
		return rm_fail(err, RINGMAP_E_OS, errno, "wait: %s",
			       strerror(errno));
	bool woken = n > 0 && w->fds[0].revents;
	if (woken)
		drain(w->stop);
	return n > woken ? RINGMAP_OK : RINGMAP_DONE;
}

enum ringmap_status rm_wait(const struct rm_waiter *w, int timeout_ms,
			    struct ringmap_error *err)
{
	uint64_t ms = timeout_ms > 0 ? (uint64_t)timeout_ms : 0;
	uint64_t end = rm_now_ns() + ms * NS_PER_MS;

	for (bool first = true;; first = false) {
		/* This comes first: rings that are always ready must not hide
		 * a stop. */
		if (rm_stop_take(w->stop))
			return RINGMAP_STOPPED;
		if (!(first && w->drained) && w->ready(w->ctx))
			return RINGMAP_OK;
		uint64_t now = rm_now_ns();
		uint64_t left = now < end ? end - now : 0;
		if (timeout_ms >= 0 && !left && !first)
			return RINGMAP_DONE;
		uint64_t ns = w->interval(w->ctx);
		bool last = timeout_ms >= 0 && left <= ns;
		enum ringmap_status s = sleep_once(w, last ? left : ns, err);
		if (rm_stop_take(w->stop))
			return RINGMAP_STOPPED;
		if (s != RINGMAP_DONE)
			return s;
		/* Below the kernel's watermark poll(2) reports nothing: let the
		 * caller borrow, unless its own time is over. */
		if (w->looks && !last)
			return RINGMAP_OK;
	}
}

static bool ring_ready(void *ctx)
{
	struct ringmap_ring *ring = ctx;

	return ring->ops->ready(ring);
}

static uint64_t ring_interval(void *ctx)
{
	struct ringmap_ring *ring = ctx;

	ring->stats.sleeps++;
	return ring->ops->interval(ring);
}

enum ringmap_status ringmap_ring_wait(struct ringmap_ring *ring, int timeout_ms)
{
	if (!ring)
		return RINGMAP_E_INVAL;
	if (!rm_ring_here(ring))
		return rm_ring_forked(ring);
	bool polls = ring->ops->consumes;
	struct pollfd fds[2] = {
		[1] = {.fd = ring->fd, .events = POLLIN},
	};
	const struct rm_waiter waiter = {
		.ready = ring_ready,
		.interval = ring_interval,
		.ctx = ring,
		.stop = &ring->stop,
		.fds = fds,
		.count = polls ? 2 : 1,
		.drained = ring->drained,
		.looks = polls,
	};

	if (ring->ops->recorded)
		return ring->ops->ready(ring) ? RINGMAP_OK : RINGMAP_DONE;
	return rm_wait(&waiter, timeout_ms, &ring->error);
}

enum ringmap_status ringmap_ring_stop(struct ringmap_ring *ring)
{
	if (!ring)
		return RINGMAP_E_INVAL;
	if (!rm_ring_here(ring))
		return RINGMAP_E_FORKED;
	rm_stop_ask(&ring->stop);
	return RINGMAP_OK;
}
