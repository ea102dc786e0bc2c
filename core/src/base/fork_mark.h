/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * fork_mark.h - a byte that is 1 in the process that made it, 0 in its children
 */
#ifndef RM_FORK_MARK_H
#define RM_FORK_MARK_H

#include <stdint.h>

/*
 * Makes a mark, or returns NULL with errno set. Loading it is cheaper than
 * getpid(), and a child in a PID namespace may have the pid of its parent.
 */
uint8_t *rm_fork_mark_new(void);

/* Frees a mark; NULL does nothing. */
void rm_fork_mark_free(uint8_t *mark);

#endif
