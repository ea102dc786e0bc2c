/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * guard.c - a small process that removes an instance when ours has ended
 *
 * The guard is a child of a kind that does not show: its end sends no SIGCHLD,
 * and wait(2) of the program does not find it (clone(2) without a signal). All
 * its signals are blocked and it leads a session of its own, so that what ends
 * our process does not end it too. It keeps none of our descriptors. Our end is
 * told by a pidfd, not by a pipe, whose other side a forked child of ours might
 * keep open.
 *
 * The process may be full of threads when it is cloned: the guard calls
 * nothing but system calls.
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

/* What we send the guard: remove it now. */
#define HAND_OVER_SIGNAL SIGUSR1

/* How long the guard goes on when others hold the instance and we are gone. */
#define PATIENCE_MS 10000

/* How long we wait for a guard to end that was told to. */
#define GUARD_EXIT_MS 2000

#define FIRST_PAUSE_MS 10
#define LONGEST_PAUSE_MS 500

/* Shared by us and the guard. The guard writes state and result, once. */
struct orders {
	uint32_t state; /* futex: 0 until result stands */
	int32_t result; /* as rm_guard_start() returns it */
	pid_t parent;
	struct rm_trim trim;
	char dir[PATH_MAX];
	char tracing_on[PATH_MAX];
	char enable[PATH_MAX];
};

/*
 * The guard drops memory that the dynamic linker needs to find a function on
 * its first call, so syscall() is looked up when we are loaded.
 */
extern long syscall(long number, ...) __attribute__((noplt));

/* ---- in the guard ------------------------------------------------------ */

/* On every kernel of ours but one, flags come first. */
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

/* True when one of the first @count descriptors is readable in time. */
static bool await(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	struct timespec t = {
		.tv_sec = timeout_ms / 1000,
		.tv_nsec = timeout_ms % 1000 * 1000000L,
	};

	return syscall(SYS_ppoll, fds, count, timeout_ms < 0 ? NULL : &t, NULL,
		       sizeof(uint64_t)) > 0;
}

/* While our process lives there is no hurry; after it, there is an end. */
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

/* The order must come from the process that gave us the others. */
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
		/* Our parent waits for us, and somebody must go on. */
		if (raw_clone(0, NULL) > 0)
			return;
		break;
	}
	remove_instance(orders, &fds[0]);
}

static int become_guard(const struct orders *orders, int *parent_fd,
			int *signal_fd)
{
	/* The kernel's own sigset, not the C library's. */
	uint64_t mask = 1ull << (HAND_OVER_SIGNAL - 1);

	/* Found now, while the dynamic linker has its memory. */
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
	/* Whose pidfd it is, if our parent was gone before we asked. */
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

/* The guard, but for being killed, always reports. */
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

	/* ECHILD: the program waits for every kind of child itself. */
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
 * Signals are blocked around the clone, and so for ever in the guard: no
 * handler of the program ever runs there.
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
	/* Shared, since we wait for what the guard writes there. */
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
 * The call fails with EPERM where the program has given up its rights since:
 * then the guard stays, and removes the instance when the program ends. It
 * stays for a while too, instead of leaving a successor, when there are too
 * many processes for one more.
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
