/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * numbered.h - payloads that tell their number and prove every byte
 *
 * Each word after the first ones follows from the number and the size, so
 * that bytes of two events, or of an event half written, are found out.
 */
#ifndef RM_NUMBERED_H
#define RM_NUMBERED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ringmap/ringmap.h>

enum {
	/* struct trace_entry, which begins every payload. */
	RM_NUMBERED_ENTRY = 8,
	/* The smallest payload, with that. */
	RM_NUMBERED_MIN = RM_NUMBERED_ENTRY + 20,
	/* What older kernels put behind what was written to trace_marker_raw. */
	RM_NUMBERED_SLACK = 4,
};

/* What stands where a number would, in an event that nobody may see. */
#define RM_NUMBERED_NEVER UINT64_MAX

/*
 * Word @i of a payload of @size bytes, counted behind the trace_entry.
 * @stamp: low half of the event's time stamp; 0: not said.
 */
uint32_t rm_numbered_word(uint64_t number, uint32_t stamp, uint32_t size,
			  uint32_t i);

/* Fills a payload of @size bytes but for its trace_entry. */
void rm_numbered_fill(void *payload, uint64_t number, uint32_t stamp,
		      uint32_t size);

/* The number of an event; false: its bytes are not those of one event. */
bool rm_numbered_check(const struct ringmap_event *event, uint64_t *ret);

#endif
