/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * guard.c - a small process that removes an instance when the program has ended
 *
 * The guard is a child that the program cannot see: clone(2) without a signal
 * makes one whose end sends no SIGCHLD and which wait(2) does not find. The
 * guard blocks all signals and leads a session of its own, so that a signal to
 * the program's process group, even SIGKILL, does not end the guard. It closes
 * all inherited descriptors. A pidfd reports the end of the program; a pipe
 * would not do, because a forked child of the program may keep it open.
 *
 * The program may have several threads when it is cloned, and one of them may
 * hold a lock of the C library: the guard makes system calls only.
 */
#define _GNU_SOURCE
#include "session/guard.h"

#include "session/guard_trim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The program sends this to have the instance removed now. */
#define HAND_OVER_SIGNAL SIGUSR1

/* The time for which the guard retries after the program has ended. */
#define PATIENCE_MS 10000

/* The time for which the program waits for a guard that it has signalled. */
#define GUARD_EXIT_MS 2000

#define FIRST_PAUSE_MS 10
#define LONGEST_PAUSE_MS 500

/*
 * Memory that the program and the guard share. The guard writes result and then
 * state, once; the program writes the rest before the clone.
 */
struct orders {
	uint32_t state; /* futex; 1 when result is valid */
	int32_t result; /* the value that rm_guard_start() returns */
	pid_t parent;
	struct rm_trim trim;
	char dir[PATH_MAX];
	char tracing_on[PATH_MAX];
	char enable[PATH_MAX];
};

/*
 * The guard unmaps memory that the dynamic linker needs to bind a function on
 * its first call. With noplt, syscall() is bound when the library is loaded.
 */
extern long syscall(long number, ...) __attribute__((noplt));

/* ---- in the guard ------------------------------------------------------ */

/* The arguments of clone(2) are in this order except on s390. */
static pid_t raw_clone(unsigned long flags, int *pidfd)
{
#ifdef __s390x__
	return (pid_t)syscall(SYS_clone, 0, flags, pidfd, 0, 0);
#else
	return (pid_t)syscall(SYS_clone, flags, 0, pidfd, 0, 0);
#endif
}

static _Noreturn void leave(void)
{
	for (;;)
		syscall(SYS_exit_group, 0);
}

static void report(struct orders *orders, int result)
{
	orders->result = result;
	/* Release: pairs with the acquire in await_report(). */
	__atomic_store_n(&orders->state, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &orders->state, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void write_zero(const char *path)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC,
			      0);

	if (fd < 0)
		return;
	syscall(SYS_write, fd, "0", 1);
	syscall(SYS_close, fd);
}

/* Returns true if one of @count descriptors is readable before the timeout. */
static bool await(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	struct timespec t = {
		.tv_sec = timeout_ms / 1000,
		.tv_nsec = timeout_ms % 1000 * 1000000L,
	};

	return syscall(SYS_ppoll, fds, count, timeout_ms < 0 ? NULL : &t, NULL,
		       sizeof(uint64_t)) > 0;
}

/*
 * Retries while the instance is in use: without a limit as long as the program
 * runs, and for PATIENCE_MS after it has ended.
 */
static void remove_instance(const struct orders *orders, struct pollfd *parent)
{
	int left = PATIENCE_MS;
	int pause = FIRST_PAUSE_MS;

	write_zero(orders->tracing_on);
	write_zero(orders->enable);
	while (syscall(SYS_unlinkat, AT_FDCWD, orders->dir, AT_REMOVEDIR) &&
	       errno == EBUSY && left > 0) {
		if (parent->revents) {
			await(NULL, 0, pause);
			left -= pause;
		} else {
			await(parent, 1, pause);
		}
		if (pause < LONGEST_PAUSE_MS)
			pause *= 2;
	}
}

/* Accepts a signal only if it comes from the program. */
static bool ordered(int fd, pid_t parent)
{
	struct signalfd_siginfo info;

	return syscall(SYS_read, fd, &info, sizeof(info)) == sizeof(info) &&
	       info.ssi_pid == (uint32_t)parent;
}

static void watch(struct orders *orders, int parent_fd, int signal_fd)
{
	struct pollfd fds[2] = {
		{.fd = parent_fd, .events = POLLIN},
		{.fd = signal_fd, .events = POLLIN},
	};

	for (;;) {
		if (!await(fds, 2, -1))
			continue;
		if (fds[0].revents)
			break;
		if (!ordered(signal_fd, orders->parent))
			continue;
		/*
		 * The program waits for this process to end, so a child goes
		 * on. If it cannot be made, this process goes on.
		 */
		if (raw_clone(0, NULL) > 0)
			return;
		break;
	}
	remove_instance(orders, &fds[0]);
}

static int become_guard(const struct orders *orders, int *parent_fd,
			int *signal_fd)
{
	/* This is the kernel's sigset; that of the C library is larger. */
	uint64_t mask = 1ull << (HAND_OVER_SIGNAL - 1);

	/* This binds __errno_location() while the linker has its memory. */
	errno = 0;
	rm_trim_drop(&orders->trim);
	if (syscall(SYS_close_range, 0, UINT_MAX, 0))
		return -errno;
	syscall(SYS_setsid);
	syscall(SYS_chdir, "/");
	syscall(SYS_prctl, PR_SET_NAME, "ringmap-guard", 0, 0, 0);
	*parent_fd = (int)syscall(SYS_pidfd_open, orders->parent, 0);
	if (*parent_fd < 0)
		return -errno;
	/* If the parent has ended, the pidfd may be that of another process. */
	if (syscall(SYS_getppid) != orders->parent)
		return -ESRCH;
	*signal_fd = (int)syscall(SYS_signalfd4, -1, &mask, sizeof(mask),
				  SFD_NONBLOCK);
	if (*signal_fd < 0)
		return -errno;
	return 0;
}

static _Noreturn void run_guard(struct orders *orders)
{
	int parent_fd = -1, signal_fd = -1;
	int result = become_guard(orders, &parent_fd, &signal_fd);

	if (!result && syscall(SYS_mkdirat, AT_FDCWD, orders->dir, 0750))
		result = errno;
	report(orders, result);
	if (!result)
		watch(orders, parent_fd, signal_fd);
	leave();
}

/* ---- in our process ----------------------------------------------------- */

/* A guard always reports unless it is killed; its pidfd shows that. */
static int await_report(struct orders *orders, int guard_fd)
{
	struct timespec t = {.tv_nsec = 100000000};
	struct pollfd ended = {.fd = guard_fd, .events = POLLIN};

	/* Acquire: pairs with the release in report(). */
	while (!__atomic_load_n(&orders->state, __ATOMIC_ACQUIRE)) {
		syscall(SYS_futex, &orders->state, FUTEX_WAIT, 0, &t, NULL, 0);
		if (poll(&ended, 1, 0) > 0 &&
		    !__atomic_load_n(&orders->state, __ATOMIC_ACQUIRE))
			return -ECHILD;
	}
	return orders->result;
}

static void reap(int guard_fd)
{
	siginfo_t info;

	/* ECHILD: the program has reaped it with a wait for all children. */
	while (waitid(P_PIDFD, (id_t)guard_fd, &info, WEXITED | __WALL) &&
	       errno == EINTR)
		;
}

static void unmap_orders(struct orders **orders)
{
	munmap(*orders, sizeof(**orders));
}

static int give_orders(const char *dir, struct orders *orders)
{
	static const char *const files[] = {"", "/tracing_on",
					    "/events/enable"};
	char *const paths[] = {orders->dir, orders->tracing_on, orders->enable};

	for (int i = 0; i < 3; i++) {
		int n = snprintf(paths[i], PATH_MAX, "%s%s", dir, files[i]);

		if (n >= PATH_MAX)
			return ENAMETOOLONG;
	}
	orders->parent = getpid();
	rm_trim_plan(&orders->trim);
	return 0;
}

/*
 * Signals are blocked during the clone and stay blocked in the guard, so that
 * no handler of the program runs there.
 */
static pid_t clone_guard(struct orders *orders, int *guard_fd)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid_t pid = raw_clone(CLONE_PIDFD, guard_fd);
	if (!pid)
		run_guard(orders);
	int saved = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return pid;
}

int rm_guard_start(const char *dir, struct rm_guard *ret)
{
	ret->fd = -1;
	/* The mapping is shared: the guard's report must be seen here. */
	void *mem = mmap(NULL, sizeof(struct orders), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return -errno;
	__attribute__((cleanup(unmap_orders))) struct orders *orders = mem;

	int error = give_orders(dir, orders);
	if (error)
		return error;
	int guard_fd;
	if (clone_guard(orders, &guard_fd) < 0)
		return -errno;
	error = await_report(orders, guard_fd);
	if (error) {
		reap(guard_fd);
		close(guard_fd);
		return error;
	}
	ret->fd = guard_fd;
	return 0;
}

/*
 * pidfd_send_signal(2) fails with EPERM if the program has dropped its
 * privileges since. Then the guard stays and removes the instance when the
 * program ends. A guard that cannot clone a successor may also outlive the wait
 * here, and is not reaped.
 */
static void end_guard(struct rm_guard *guard, int signal)
{
	struct pollfd ended = {.fd = guard->fd, .events = POLLIN};

	if (!syscall(SYS_pidfd_send_signal, guard->fd, signal, NULL, 0) &&
	    poll(&ended, 1, GUARD_EXIT_MS) > 0)
		reap(guard->fd);
	rm_guard_forget(guard);
}

void rm_guard_dismiss(struct rm_guard *guard)
{
	end_guard(guard, SIGKILL);
}

void rm_guard_hand_over(struct rm_guard *guard)
{
	end_guard(guard, HAND_OVER_SIGNAL);
}

void rm_guard_forget(struct rm_guard *guard)
{
	if (guard->fd >= 0)
		close(guard->fd);
	guard->fd = -1;
}
