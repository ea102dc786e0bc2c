/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * readahead.c - the part of a mapped file that a walk keeps in memory
 */
#include "ring/readahead.h"

#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* since 5.14; older kernels refuse it */
#endif

void rm_readahead_none(struct rm_readahead *w)
{
	*w = (struct rm_readahead){.next = SIZE_MAX};
}

void rm_readahead_open(struct rm_readahead *w, const void *bytes, size_t size,
		       size_t rings)
{
	size_t step = RM_READAHEAD_SHARED / 2 / (rings ? rings : 1);

	if (step > RM_READAHEAD_MAX)
		step = RM_READAHEAD_MAX;
	if (step < RM_READAHEAD_MIN)
		step = RM_READAHEAD_MIN;
	*w = (struct rm_readahead){.bytes = bytes, .size = size, .step = step};
}

/*
 * The page that @to cuts is left to the next call. Refused: then pages come and
 * go as the kernel sees fit.
 */
static void advise(const struct rm_readahead *w, size_t from, size_t to,
		   int advice)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t begin = ((uintptr_t)w->bytes + from) & ~(page - 1);
	uintptr_t end = ((uintptr_t)w->bytes + to) & ~(page - 1);

	if (begin < end)
		(void)madvise((void *)begin, end - begin, advice);
}

void rm_readahead_move(struct rm_readahead *w, size_t at)
{
	bool over = at >= w->size;
	size_t behind = over ? w->size : at;
	size_t ahead =
		over || w->size - at < 2 * w->step ? w->size : at + 2 * w->step;

	if (behind > w->released) {
		advise(w, w->released, behind, MADV_DONTNEED);
		w->released = behind;
	}
	if (w->fetched < at)
		w->fetched = at;
	if (ahead > w->fetched) {
		advise(w, w->fetched, ahead, MADV_POPULATE_READ);
		w->fetched = ahead;
	}
	/* At the end once more, however near it is. */
	w->next = over                     ? SIZE_MAX
		  : w->size - at < w->step ? w->size
					   : at + w->step;
}
