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
 *
 * Nothing outlives the first process of a PID namespace, or a cgroup that is
 * killed as a whole. What is left then shows by its lock: the guard and the
 * program hold a shared flock(2) on the folder of the instance, which ends when
 * both have ended, in whatever namespace they were. sweep.c looks for that.
 */
#define _GNU_SOURCE
#include "session/guard.h"

#include "base/cleanup.h"
#include "base/new_text.h"
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
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The program sends this to have the instance removed now. */
#define HAND_OVER_SIGNAL SIGUSR1

/* The time for which the program waits for a guard that it has signalled. */
#define GUARD_EXIT_MS 2000

#define FIRST_PAUSE_MS 10
#define LONGEST_PAUSE_MS 1000

/* Sweepers that may remove the new instance before it is locked. */
#define MOST_SWEPT 100

/*
 * Memory that the program and the guard share. The guard writes id, result and
 * then state, once; the program writes the rest before the clone.
 */
struct orders {
	uint32_t state; /* futex; 1 when result is valid */
	int32_t result; /* the value that rm_guard_start() returns */
	struct rm_instance_id id;
	pid_t parent;
	struct rm_trim trim;
	char instances[PATH_MAX];
	char name[NAME_MAX + 1];
};

/* Descriptors of the guard. */
struct watch {
	int parent;    /* pidfd of the program */
	int signals;   /* signalfd */
	int instances; /* the folder of all instances */
	int dir;       /* of the instance; holds the lock */
};

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

static bool is_there(const struct watch *w, const struct orders *orders)
{
	struct rm_instance_id id;

	return rm_identify(w->instances, orders->name, &id) &&
	       rm_same_instance(&id, &orders->id);
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
 * Retries while the instance is in use, for as long as that may be. Files are
 * opened through the descriptor of the instance, so that they are never those of
 * another one that has its name by now. No call removes a folder by descriptor,
 * so the identity is compared right before.
 */
static void remove_instance(const struct orders *orders, const struct watch *w,
			    struct pollfd *parent)
{
	int pause = FIRST_PAUSE_MS;

	rm_switch_off(w->dir);
	while (is_there(w, orders) &&
	       syscall(SYS_unlinkat, w->instances, orders->name,
		       AT_REMOVEDIR) &&
	       errno == EBUSY) {
		/* The end of the program ends one pause early. */
		if (parent->revents)
			await(NULL, 0, pause);
		else
			await(parent, 1, pause);
		pause = pause < LONGEST_PAUSE_MS / 2 ? pause * 2
						     : LONGEST_PAUSE_MS;
	}
}

/* Accepts a signal only if it comes from the program. */
static bool ordered(int fd, pid_t parent)
{
	struct signalfd_siginfo info;

	return syscall(SYS_read, fd, &info, sizeof(info)) == sizeof(info) &&
	       info.ssi_pid == (uint32_t)parent;
}

static void watch(struct orders *orders, const struct watch *w)
{
	struct pollfd fds[2] = {
		{.fd = w->parent, .events = POLLIN},
		{.fd = w->signals, .events = POLLIN},
	};

	for (;;) {
		if (!await(fds, 2, -1))
			continue;
		if (fds[0].revents)
			break;
		if (!ordered(w->signals, orders->parent))
			continue;
		/*
		 * The program waits for this process to end, so a child goes
		 * on. If it cannot be made, this process goes on.
		 */
		if (raw_clone(0, NULL) > 0)
			return;
		break;
	}
	remove_instance(orders, w, &fds[0]);
}

/*
 * Makes the instance and locks it. A sweeper may remove it before it is locked;
 * then the lock fails or the name is gone, and another one is made.
 */
static int make_instance(struct orders *orders, struct watch *w)
{
	w->instances = (int)syscall(SYS_openat, AT_FDCWD, orders->instances,
				    O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (w->instances < 0)
		return errno;
	for (int i = 0; i < MOST_SWEPT; i++) {
		if (syscall(SYS_mkdirat, w->instances, orders->name, 0750))
			return errno;
		w->dir = (int)syscall(SYS_openat, w->instances, orders->name,
				      O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
		if (w->dir < 0 && errno != ENOENT)
			return -errno;
		if (w->dir < 0)
			continue;
		if (rm_identify(w->dir, "", &orders->id) &&
		    !syscall(SYS_flock, w->dir, LOCK_SH | LOCK_NB) &&
		    is_there(w, orders))
			return 0;
		syscall(SYS_close, w->dir);
		await(NULL, 0, FIRST_PAUSE_MS);
	}
	return EBUSY;
}

static int become_guard(const struct orders *orders, struct watch *w)
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
	w->parent = (int)syscall(SYS_pidfd_open, orders->parent, 0);
	if (w->parent < 0)
		return -errno;
	/* If the parent has ended, the pidfd may be that of another process. */
	if (syscall(SYS_getppid) != orders->parent)
		return -ESRCH;
	w->signals = (int)syscall(SYS_signalfd4, -1, &mask, sizeof(mask),
				  SFD_NONBLOCK);
	if (w->signals < 0)
		return -errno;
	return 0;
}

static _Noreturn void run_guard(struct orders *orders)
{
	struct watch w = {-1, -1, -1, -1};
	int result = become_guard(orders, &w);

	if (!result)
		result = make_instance(orders, &w);
	report(orders, result);
	if (!result)
		watch(orders, &w);
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

static int give_orders(const char *instances, const char *name,
		       struct orders *orders)
{
	if (snprintf(orders->instances, sizeof(orders->instances), "%s",
		     instances) >= (int)sizeof(orders->instances) ||
	    snprintf(orders->name, sizeof(orders->name), "%s", name) >=
		    (int)sizeof(orders->name))
		return ENAMETOOLONG;
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

/* ---- the namespace of children ------------------------------------------- */

#define OWN_NS "/proc/thread-self/ns/pid"
#define CHILDREN_NS "/proc/thread-self/ns/pid_for_children"

/* The thread's PID namespace for children, while it is its own. */
struct children_ns {
	bool left;
	int fd; /* -1: it has no process yet, and cannot be opened */
};

/*
 * After unshare(CLONE_NEWPID) the first child of this thread becomes the init
 * of a new namespace, whose end would forbid any further fork(2). The guard
 * must not be that child. So the thread goes back to its own namespace for
 * the moment of the clone. Without /proc this does not see the difference, and
 * the guard then refuses because it does not know its parent.
 */
static int leave_children_ns(struct children_ns *ret)
{
	struct stat own, children;

	*ret = (struct children_ns){.fd = -1};
	if (stat(OWN_NS, &own))
		return 0;
	if (!stat(CHILDREN_NS, &children)) {
		if (own.st_ino == children.st_ino)
			return 0;
		ret->fd = open(CHILDREN_NS, O_RDONLY | O_CLOEXEC);
		if (ret->fd < 0)
			return -errno;
	} else if (errno != ENOENT) {
		return -errno;
	}
	rm_autoclose int fd = open(OWN_NS, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (setns(fd, CLONE_NEWPID))
		return -EXDEV;
	ret->left = true;
	return 0;
}

/* A namespace without a process was new, and nobody has it: another new one is
 * as good. */
static int enter_children_ns(struct children_ns *ns)
{
	int failed = 0;

	if (ns->left)
		failed = ns->fd < 0 ? unshare(CLONE_NEWPID)
				    : setns(ns->fd, CLONE_NEWPID);
	int error = failed ? -errno : 0;
	if (ns->fd >= 0)
		close(ns->fd);
	return error;
}

/* Returns 0 or a negated errno. */
static int clone_in_own_ns(struct orders *orders, int *guard_fd)
{
	struct children_ns ns;
	int error = leave_children_ns(&ns);
	pid_t pid = -1;

	if (!error) {
		pid = clone_guard(orders, guard_fd);
		error = pid < 0 ? -errno : 0;
	}
	int back = enter_children_ns(&ns);
	if (!back || pid < 0)
		return error ? error : back;
	syscall(SYS_pidfd_send_signal, *guard_fd, HAND_OVER_SIGNAL, NULL, 0);
	close(*guard_fd);
	return back;
}

/* ---- starting ------------------------------------------------------------- */

/* Locks the instance here as well: the guard may be killed. */
static int lock_instance(const struct orders *orders, struct rm_guard *ret)
{
	rm_autofree char *dir =
		rm_new_text("%s/%s", orders->instances, orders->name);
	struct rm_instance_id id;

	if (!dir)
		return ENOMEM;
	ret->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ret->dir < 0)
		return errno == ENOENT ? ESTALE : errno;
	if (!rm_identify(ret->dir, "", &id) ||
	    !rm_same_instance(&id, &orders->id))
		return ESTALE;
	ret->id = id;
	return flock(ret->dir, LOCK_SH | LOCK_NB) ? errno : 0;
}

int rm_guard_start(const char *instances, const char *name,
		   struct rm_guard *ret)
{
	*ret = RM_NO_GUARD;
	/* The mapping is shared: the guard's report must be seen here. */
	void *mem = mmap(NULL, sizeof(struct orders), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return -errno;
	__attribute__((cleanup(unmap_orders))) struct orders *orders = mem;

	int error = give_orders(instances, name, orders);
	if (error)
		return error;
	int guard_fd;
	error = clone_in_own_ns(orders, &guard_fd);
	if (error)
		return error;
	error = await_report(orders, guard_fd);
	if (error) {
		reap(guard_fd);
		close(guard_fd);
		return error;
	}
	ret->fd = guard_fd;
	error = lock_instance(orders, ret);
	if (error)
		rm_guard_hand_over(ret);
	return error;
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
	if (guard->dir >= 0)
		close(guard->dir);
	guard->fd = guard->dir = -1;
}

int rm_guard_find(const struct rm_guard *guard, const char *path)
{
	struct rm_instance_id id;

	if (!rm_identify(AT_FDCWD, path, &id))
		return errno;
	return rm_same_instance(&id, &guard->id) ? 0 : ENOENT;
}
