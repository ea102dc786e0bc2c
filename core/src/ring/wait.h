/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * wait.h - sleeps until one of several rings has data
 */
#ifndef RM_WAIT_H
#define RM_WAIT_H

#include <ringmap/ringmap.h>

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The rings to wait for. fds[0] is the stop descriptor; the others are those of
 * consuming rings, for which poll(2) reports data. drained: the last borrow
 * found nothing, so sleep before the next one, since a busy writer always has
 * one more event. looks: a borrow may find data that neither ready nor poll(2)
 * reports.
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

/* Waits as ringmap_ring_wait() specifies. */
enum ringmap_status rm_wait(const struct rm_waiter *waiter, int timeout_ms,
			    struct ringmap_error *err);

/*
 * Sleeps for @ns or until a descriptor is ready. RINGMAP_DONE: the time is
 * over. RINGMAP_STOPPED: fds[0] was ready, and was reset. RINGMAP_OK: another
 * one is ready. RINGMAP_E_OS.
 */
enum ringmap_status rm_sleep(struct pollfd *fds, size_t count, uint64_t ns,
			     struct ringmap_error *err);

/* Makes a stop descriptor ready. Async-signal-safe. */
void rm_stop_signal(int stop_fd);

#endif
