/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * rows.h - records that were picked, on their way into columns
 */
#ifndef RM_ROWS_H
#define RM_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One entry a record, in arrays of the picker's. They point into a page that
 * the writer may overwrite meanwhile: what tells where to read is loaded once
 * and checked; values are taken as they are, and dropped with the page.
 */
struct rm_rows {
	const uint8_t **record; /* payloads, aligned to 4 */
	uint64_t *ts;
	uint32_t *size; /* of payloads */
	uint32_t *cpus; /* NULL: all of cpu */
	uint32_t cpu;
	bool big_endian;
	bool whole; /* no record is shorter than the columns need */
	size_t count;
	size_t room;
};

/* Room for @room of them, with CPUs if @cpus; false: no memory. */
bool rm_rows_grow(struct rm_rows *rows, size_t room, bool cpus);
void rm_rows_free(struct rm_rows *rows);

/* One more; there is room. */
static inline void rm_rows_add(struct rm_rows *rows, const uint8_t *record,
			       uint32_t size, uint64_t ts)
{
	size_t n = rows->count++;

	rows->record[n] = record;
	rows->size[n] = size;
	rows->ts[n] = ts;
}

/* Functions that read values from a page while its writer may be at work. */
#if defined(__SANITIZE_THREAD__)
#define RM_RACES __attribute__((no_sanitize("thread"), noinline))
#else
#define RM_RACES
#endif

#endif
