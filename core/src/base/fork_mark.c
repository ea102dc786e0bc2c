/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * fork_mark.c - a byte that is 1 in the process that made it, 0 in its children
 *
 * The kernel zeroes the byte's page in a child (MADV_WIPEONFORK).
 */
#include "base/fork_mark.h"

#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t mark_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

uint8_t *rm_fork_mark_new(void)
{
	uint8_t *mark = mmap(NULL, mark_size(), PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mark == MAP_FAILED)
		return NULL;
	if (madvise(mark, mark_size(), MADV_WIPEONFORK)) {
		munmap(mark, mark_size());
		return NULL;
	}
	*mark = 1;
	return mark;
}

void rm_fork_mark_free(uint8_t *mark)
{
	if (mark)
		munmap(mark, mark_size());
}
