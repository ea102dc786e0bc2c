/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * wait.c - sleeping until there is something to read
 *
 * poll(2) counts what nobody has read yet, so it cannot serve a follower. A
 * follower sleeps for a while, then looks. Looking all the time would slow
 * the writer by a third (it takes the cache line of commit away from it), and
 * a sleep costs about as much as a thousand events: so the longer the better,
 * as long as the ring does not come round.
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
	FOLLOW_NS = 10 * NS_PER_MS,
	LOOK_NS = 100 * NS_PER_MS, /* below the watermark; consume, read */
	SHORTEST_NS = 50 * 1000,
};

uint64_t rm_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

bool rm_ring_ready(struct ringmap_ring *ring)
{
	if (ring->mode == RINGMAP_MODE_FOLLOW)
		return rm_follow_ready(ring);
	if (ring->mode == RINGMAP_MODE_IMAGE)
		return ring->image.next < ring->image.size;
	return !ring->drained;
}

/*
 * An eighth of the time that the ring takes to fill, from how fast it filled
 * since this was asked last.
 */
uint64_t rm_ring_interval(struct ringmap_ring *ring)
{
	uint64_t longest = ring->latency_ns;

	if (ring->mode != RINGMAP_MODE_FOLLOW)
		return longest ? longest : LOOK_NS;
	if (!longest)
		longest = FOLLOW_NS;
	uint64_t now = rm_now_ns();
	uint64_t bytes = ring->stats.bytes - ring->rate_bytes;
	uint64_t ns = now - ring->rate_ns;
	ring->rate_ns = now;
	ring->rate_bytes = ring->stats.bytes;
	if (!bytes)
		return longest;
	uint64_t room = (uint64_t)ring->map.nr_subbufs * ring->subbuf_size;
	double fill_ns = (double)room * (double)ns / (double)bytes;
	uint64_t eighth = fill_ns < 8e9 ? (uint64_t)(fill_ns / 8) : longest;
	if (eighth < SHORTEST_NS)
		eighth = SHORTEST_NS;
	return eighth < longest ? eighth : longest;
}

void rm_stop_signal(int stop_fd)
{
	int saved = errno;
	uint64_t one = 1;

	/* Fails only when the counter is full: then it is signalled anyway. */
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
	/* Several stops are one. */
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
		/* Below the kernel's watermark poll(2) says nothing: let the
		 * caller look, unless its own time is over. */
		if (w->looks && !last)
			return RINGMAP_OK;
	}
}

static bool ring_ready(void *ctx)
{
	return rm_ring_ready(ctx);
}

static uint64_t ring_interval(void *ctx)
{
	struct ringmap_ring *ring = ctx;

	ring->stats.sleeps++;
	return rm_ring_interval(ring);
}

enum ringmap_status ringmap_ring_wait(struct ringmap_ring *ring, int timeout_ms)
{
	if (!rm_ring_here(ring))
		return rm_ring_forked(ring);
	bool follows = ring->mode == RINGMAP_MODE_FOLLOW;
	struct pollfd fds[2] = {
		{.fd = ring->stop_fd, .events = POLLIN},
		{.fd = ring->fd, .events = POLLIN},
	};
	const struct rm_waiter waiter = {
		.ready = ring_ready,
		.interval = ring_interval,
		.ctx = ring,
		.fds = fds,
		.count = follows ? 1 : 2,
		.drained = ring->drained,
		.looks = !follows,
	};

	if (ring->mode == RINGMAP_MODE_IMAGE)
		return rm_ring_ready(ring) ? RINGMAP_OK : RINGMAP_DONE;
	return rm_wait(&waiter, timeout_ms, &ring->error);
}

enum ringmap_status ringmap_ring_stop(struct ringmap_ring *ring)
{
	if (!rm_ring_here(ring))
		return RINGMAP_E_FORKED;
	rm_stop_signal(ring->stop_fd);
	return RINGMAP_OK;
}
