/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * guard.h - a small process that removes an instance when the program has ended
 */
#ifndef RM_GUARD_H
#define RM_GUARD_H

#include "session/instance.h"

/* The descriptors are close-on-exec; -1: there is none. */
struct rm_guard {
	int fd;  /* pidfd of the guard */
	int dir; /* folder of the instance, with a shared flock(2) */
	struct rm_instance_id id;
};

#define RM_NO_GUARD ((struct rm_guard){.fd = -1, .dir = -1})

/*
 * Starts a guard that creates @name in @instances, the absolute path of the
 * instances folder of tracefs, and removes it when this process ends. Because
 * the guard itself calls mkdir(2), the directory never exists without a guard,
 * and a directory that another process made is never removed.
 *
 * Returns 0, the errno of mkdir(2), or the negated errno of a call that the
 * guard needs: -ENOSYS before Linux 5.9; -EXDEV: children of this thread are in
 * another PID namespace, and it may not change that.
 */
int rm_guard_start(const char *instances, const char *name,
		   struct rm_guard *ret);

/*
 * Returns 0 if the folder @path is the instance that the guard made; ENOENT if
 * it is another, or if there is none; else the errno that hides it.
 */
int rm_guard_find(const struct rm_guard *guard, const char *path);

/* Ends the guard after the directory was removed. */
void rm_guard_dismiss(struct rm_guard *guard);

/*
 * Leaves the removal to the guard, which removes the instance as soon as nobody
 * uses it; or when this process ends, if it may not signal the guard. From then
 * on the guard is a process that is not a child of this one.
 */
void rm_guard_hand_over(struct rm_guard *guard);

/* Closes the descriptors; the guard keeps running. */
void rm_guard_forget(struct rm_guard *guard);

#endif
