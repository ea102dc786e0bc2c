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

#include "ring/ring.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
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

void rm_stop_signal(int stop_fd)
{
	int saved = errno;
	uint64_t one = 1;

	/* It fails only if the counter is full, and then it is ready anyway. */
	if (write(stop_fd, &one, sizeof(one)) < 0)
		errno = saved;
}

enum ringmap_status rm_sleep(struct pollfd *fds, size_t count, uint64_t ns,
			     struct ringmap_error *err)
{
	struct timespec ts = {
		.tv_sec = (time_t)(ns / 1000000000u),
		.tv_nsec = (long)(ns % 1000000000u),
	};
	int n = ppoll(fds, count, &ts, NULL);

	if (n < 0)
		return rm_fail(err, RINGMAP_E_OS, errno, "wait: %s",
			       strerror(errno));
	if (n == 0)
		return RINGMAP_DONE;
	uint64_t drop;
	/* Several stops count as one. */
	if (fds[0].revents && read(fds[0].fd, &drop, sizeof(drop)) > 0)
		return RINGMAP_STOPPED;
	return RINGMAP_OK;
}

enum ringmap_status rm_wait(const struct rm_waiter *w, int timeout_ms,
			    struct ringmap_error *err)
{
	uint64_t ms = timeout_ms > 0 ? (uint64_t)timeout_ms : 0;
	uint64_t end = rm_now_ns() + ms * NS_PER_MS;

	for (bool first = true;; first = false) {
		if (!(first && w->drained) && w->ready(w->ctx))
			return RINGMAP_OK;
		uint64_t now = rm_now_ns();
		uint64_t left = now < end ? end - now : 0;
		if (timeout_ms >= 0 && !left && !first)
			return RINGMAP_DONE;
		uint64_t ns = w->interval(w->ctx);
		bool last = timeout_ms >= 0 && left <= ns;
		enum ringmap_status s =
			rm_sleep(w->fds, w->count, last ? left : ns, err);
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
	if (!rm_ring_here(ring))
		return rm_ring_forked(ring);
	bool polls = ring->ops->consumes;
	struct pollfd fds[2] = {
		{.fd = ring->stop_fd, .events = POLLIN},
		{.fd = ring->fd, .events = POLLIN},
	};
	const struct rm_waiter waiter = {
		.ready = ring_ready,
		.interval = ring_interval,
		.ctx = ring,
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
	if (!rm_ring_here(ring))
		return RINGMAP_E_FORKED;
	rm_stop_signal(ring->stop_fd);
	return RINGMAP_OK;
}
