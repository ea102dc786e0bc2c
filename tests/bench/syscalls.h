/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * syscalls.h - the kernel's own count of a thread's system calls
 *
 * So that nobody's word is taken for how many a reader makes.
 */
#ifndef SYSCALLS_H
#define SYSCALLS_H

#include <stdint.h>

/*
 * Begins to count the calling thread's. Returns a descriptor, or -1 with errno
 * set where the kernel does not let us.
 */
int syscalls_count(void);

/* Those since syscalls_count(), without this call's own; closes @fd. */
uint64_t syscalls_counted(int fd);

#endif
