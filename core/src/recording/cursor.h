/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * cursor.h - reading numbers and strings one after the other, within bounds
 *
 * After the first thing that does not fit every read gives 0 or NULL, and
 * status says RINGMAP_E_CORRUPT: callers look at it where they would act on
 * what was read, and in every loop whose length was read.
 */
#ifndef RM_CURSOR_H
#define RM_CURSOR_H

#include <ringmap/ringmap.h>

#include <stdbool.h>

struct rm_cursor {
	const uint8_t *bytes;
	uint64_t at; /* <= end, always */
	uint64_t end;
	uint64_t base; /* where bytes begin in the file */
	bool unpacked; /* bytes were compressed there */
	bool big_endian;
	enum ringmap_status status;
	struct ringmap_error *err;
};

/* Refuses what was read last, or is to be read next: RINGMAP_E_CORRUPT. */
enum ringmap_status rm_cursor_fail(struct rm_cursor *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The next @size bytes; @what is what they are, for the error. */
const uint8_t *rm_cursor_take(struct rm_cursor *c, uint64_t size,
			      const char *what);

uint64_t rm_cursor_number(struct rm_cursor *c, uint32_t size, const char *what);

static inline uint16_t rm_cursor_u16(struct rm_cursor *c, const char *what)
{
	return (uint16_t)rm_cursor_number(c, 2, what);
}

static inline uint32_t rm_cursor_u32(struct rm_cursor *c, const char *what)
{
	return (uint32_t)rm_cursor_number(c, 4, what);
}

static inline uint64_t rm_cursor_u64(struct rm_cursor *c, const char *what)
{
	return rm_cursor_number(c, 8, what);
}

/* Up to and with the next NUL. */
const char *rm_cursor_string(struct rm_cursor *c, const char *what);

#endif
