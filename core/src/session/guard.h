/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * guard.h - a small process that removes an instance when the program has ended
 */
#ifndef RM_GUARD_H
#define RM_GUARD_H

struct rm_guard {
	int fd; /* pidfd of the guard, close-on-exec; -1: no guard */
};

/*
 * Starts a guard that creates @dir, an absolute path below the instances folder
 * of tracefs, and removes it however this process ends. Because the guard
 * itself calls mkdir(2), the directory never exists without a guard, and a
 * directory that another process made is never removed.
 *
 * Returns 0, the errno of mkdir(2), or the negated errno of a call that the
 * guard needs: -ENOSYS before Linux 5.9.
 */
int rm_guard_start(const char *dir, struct rm_guard *ret);

/* Ends the guard after the directory was removed. */
void rm_guard_dismiss(struct rm_guard *guard);

/*
 * Leaves the removal to the guard, which removes the instance as soon as nobody
 * uses it; or when this process ends, if it may not signal the guard. From then
 * on the guard is a process that is not a child of this one.
 */
void rm_guard_hand_over(struct rm_guard *guard);

/* Closes the pidfd; the guard keeps running. */
void rm_guard_forget(struct rm_guard *guard);

#endif
