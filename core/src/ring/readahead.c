/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * readahead.c - keeps the needed part of a mapped file in memory
 */
#include "ring/readahead.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* since 5.14; older kernels refuse it */
#endif

void rm_readahead_none(struct rm_readahead *ra)
{
	*ra = (struct rm_readahead){.next = SIZE_MAX};
}

void rm_readahead_open(struct rm_readahead *ra, const void *bytes, size_t size,
		       size_t rings)
{
	size_t step = RM_READAHEAD_SHARED / 2 / (rings ? rings : 1);

	if (step > RM_READAHEAD_MAX)
		step = RM_READAHEAD_MAX;
	if (step < RM_READAHEAD_MIN)
		step = RM_READAHEAD_MIN;
	*ra = (struct rm_readahead){.bytes = bytes, .size = size, .step = step};
}

/*
 * Leaves a page that @to cuts to the next call. If the kernel refuses the
 * advice, pages come and go as it sees fit. False: a page is behind the end of
 * its file, or cannot be read from the disk.
 */
static bool advise(const struct rm_readahead *ra, size_t from, size_t to,
		   int advice)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t begin = ((uintptr_t)ra->bytes + from) & ~(page - 1);
	uintptr_t end = ((uintptr_t)ra->bytes + to) & ~(page - 1);

	return begin >= end || !madvise((void *)begin, end - begin, advice) ||
	       errno != EFAULT;
}

bool rm_readahead_move(struct rm_readahead *ra, size_t at)
{
	bool over = at >= ra->size;
	size_t behind = over ? ra->size : at;
	size_t ahead = over || ra->size - at < 2 * ra->step ? ra->size
							    : at + 2 * ra->step;

	if (behind > ra->released) {
		advise(ra, ra->released, behind, MADV_DONTNEED);
		ra->released = behind;
	}
	if (ra->fetched < at)
		ra->fetched = at;
	if (ahead > ra->fetched) {
		if (!advise(ra, ra->fetched, ahead, MADV_POPULATE_READ))
			return false;
		ra->fetched = ahead;
	}
	/* The last move is at the end, however near that is. */
	ra->next = over                       ? SIZE_MAX
		   : ra->size - at < ra->step ? ra->size
					      : at + ra->step;
	return true;
}
