/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * window.c - the part of a mapped file that a walk keeps in memory
 */
#include "ring/window.h"

#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* since 5.14; older kernels refuse it */
#endif

void rm_window_none(struct rm_window *w)
{
	*w = (struct rm_window){.next = SIZE_MAX};
}

void rm_window_open(struct rm_window *w, const void *bytes, size_t size,
		    size_t rings)
{
	size_t step = RM_WINDOW_SHARED / 2 / (rings ? rings : 1);

	if (step > RM_WINDOW_MAX)
		step = RM_WINDOW_MAX;
	if (step < RM_WINDOW_MIN)
		step = RM_WINDOW_MIN;
	*w = (struct rm_window){.bytes = bytes, .size = size, .step = step};
}

/*
 * The page that @to cuts is left to the next call. Refused: then pages come and
 * go as the kernel sees fit.
 */
static void advise(const struct rm_window *w, size_t from, size_t to,
		   int advice)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t begin = ((uintptr_t)w->bytes + from) & ~(page - 1);
	uintptr_t end = ((uintptr_t)w->bytes + to) & ~(page - 1);

	if (begin < end)
		(void)madvise((void *)begin, end - begin, advice);
}

void rm_window_move(struct rm_window *w, size_t at)
{
	bool over = at >= w->size;
	size_t behind = over ? w->size : at;
	size_t ahead =
		over || w->size - at < 2 * w->step ? w->size : at + 2 * w->step;

	if (behind > w->dropped) {
		advise(w, w->dropped, behind, MADV_DONTNEED);
		w->dropped = behind;
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
