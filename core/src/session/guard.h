/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * guard.h - a small process that removes an instance when ours has ended
 */
#ifndef RM_GUARD_H
#define RM_GUARD_H

struct rm_guard {
	int fd; /* pidfd of the guard, close-on-exec; -1: there is none */
};

/*
 * Makes the directory @dir, an absolute path below tracefs' instances, and
 * watches over it: it is removed when this process ends in any way. The guard
 * makes it itself, so that there is no moment when nobody would remove it, and
 * nothing is removed that somebody else made.
 *
 * Returns 0; the errno of mkdir(2); or, below zero, that of a call that the
 * guard itself needs: -ENOSYS before Linux 5.9.
 */
int rm_guard_start(const char *dir, struct rm_guard *ret);

/* The directory is gone: so goes the guard. */
void rm_guard_dismiss(struct rm_guard *guard);

/*
 * Leaves the removal to the guard: as soon as nobody holds the instance, or
 * when this process ends. It is no child of ours any more then.
 */
void rm_guard_hand_over(struct rm_guard *guard);

/* Lets go of the guard, which stays where it is. */
void rm_guard_forget(struct rm_guard *guard);

#endif
