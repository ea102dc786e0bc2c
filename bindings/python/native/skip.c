/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * skip.c - events of a trace that nobody wants as objects
 */
#include "extras.h"

enum ringmap_status ringmap_py_skip(struct ringmap_trace *trace,
				    uint64_t events, int strict)
{
	struct ringmap_event event;

	while (events) {
		enum ringmap_status s = ringmap_trace_next(trace, &event);

		if (s == RINGMAP_OK)
			events--;
		else if (s != RINGMAP_E_CORRUPT || strict)
			return s;
	}
	return RINGMAP_OK;
}
