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
 * A request that a wait returns. asked is the request; fd, an eventfd, only
 * wakes the waiter, and is made by the first wait that sleeps, so that a ring
 * which nobody waits for has none. Both are atomic. asked is no bool, because
 * riscv64 exchanges a single byte by a function of libatomic.
 */
struct rm_stop {
	int fd; /* -1: nobody has slept yet */
	uint32_t asked;
};

/*
 * The rings to wait for. fds[0] is left to rm_wait(); the others are those of
 * consuming rings, for which poll(2) reports data. drained: the last borrow
 * found nothing, so sleep before the next one, since a busy writer always has
 * one more event. looks: a borrow may find data that neither ready nor poll(2)
 * reports.
 */
struct rm_waiter {
	bool (*ready)(void *ctx);
	uint64_t (*interval)(void *ctx); /* longest sleep before a look, ns */
	void *ctx;
	struct rm_stop *stop;
	struct pollfd *fds;
	size_t count;
	bool drained;
	bool looks;
};

/* Waits as ringmap_ring_wait() specifies. */
enum ringmap_status rm_wait(const struct rm_waiter *waiter, int timeout_ms,
			    struct ringmap_error *err);

void rm_stop_init(struct rm_stop *stop);
void rm_stop_close(struct rm_stop *stop);

/* Asks the running wait, or else the next one, to return. Any thread may call
 * it, and a signal handler. */
void rm_stop_ask(struct rm_stop *stop);

/* True if a request is pending; it stays pending. */
static inline bool rm_stop_pending(const struct rm_stop *stop)
{
	/* Relaxed: it is enough to see the request some time later. */
	return __atomic_load_n(&stop->asked, __ATOMIC_RELAXED);
}

/* Takes the pending request: of several callers one gets true. */
bool rm_stop_take(struct rm_stop *stop);

#endif
