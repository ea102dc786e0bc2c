/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * fork.c - pages that were out when the process forked, in the child
 *
 * The kernel maps rings VM_DONTCOPY: in the child nothing is there, and a
 * view that Python still holds would end the process when it is read.
 */
#define _GNU_SOURCE
#include "extras.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int ringmap_py_patch(const void *at, const void *copy, size_t size)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t begin = (uintptr_t)at & ~(page - 1);
	uintptr_t end = ((uintptr_t)at + size + page - 1) & ~(page - 1);
	void *wanted = (void *)begin;

	if (!size)
		return 0;
	/* Where something is mapped, it was copied by fork(2). */
	void *got =
		mmap(wanted, end - begin, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (got == MAP_FAILED)
		return errno == EEXIST ? 0 : errno;
	/* A kernel that does not know NOREPLACE takes it as a wish. */
	if (got != wanted) {
		munmap(got, end - begin);
		return 0;
	}
	memcpy((uint8_t *)wanted + ((uintptr_t)at - begin), copy, size);
	return mprotect(wanted, end - begin, PROT_READ) ? errno : 0;
}
