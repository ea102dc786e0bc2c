/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * wait.h - sleeping, for one ring or many
 */
#ifndef RM_WAIT_H
#define RM_WAIT_H

#include <ringmap/ringmap.h>

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * What to wait for. fds[0] is the stop descriptor; the others are rings that
 * poll(2) can serve. drained: the last look found nothing, so sleep before
 * the next one: a busy writer always has one more event. looks: a borrow may
 * find something that neither ready nor poll(2) tells of.
 */
struct rm_waiter {
	bool (*ready)(void *ctx);
	uint64_t (*interval)(void *ctx); /* longest sleep before a look, ns */
	void *ctx;
	struct pollfd *fds;
	size_t count;
	bool drained;
	bool looks;
};

/* The contract of ringmap_ring_wait(). */
enum ringmap_status rm_wait(const struct rm_waiter *waiter, int timeout_ms,
			    struct ringmap_error *err);

/*
 * Sleeps for @ns or until a descriptor is ready. RINGMAP_DONE: the time is
 * over; RINGMAP_STOPPED: the first one is, and was drained; RINGMAP_OK:
 * another one is; RINGMAP_E_OS.
 */
enum ringmap_status rm_sleep(struct pollfd *fds, size_t count, uint64_t ns,
			     struct ringmap_error *err);

/* Makes a stop descriptor ready; async-signal-safe. */
void rm_stop_signal(int stop_fd);

#endif
