/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * cursor.h - reads numbers and strings in sequence, within bounds
 *
 * The first read that fails sets status to RINGMAP_E_CORRUPT, and every later
 * one returns 0 or NULL. Callers therefore check status only before they act on
 * what they read, and in every loop whose length they read.
 */
#ifndef RM_CURSOR_H
#define RM_CURSOR_H

#include <ringmap/ringmap.h>

#include <stdbool.h>

struct rm_cursor {
	const uint8_t *bytes;
	uint64_t at; /* <= end, always */
	uint64_t end;
	uint64_t base;    /* offset of bytes in the file */
	const char *file; /* its path, for errors; NULL: not known */
	bool unpacked;    /* the file has bytes compressed */
	bool big_endian;
	enum ringmap_status status;
	struct ringmap_error *err;
};

/* Rejects the data at the cursor; sets and returns RINGMAP_E_CORRUPT. */
enum ringmap_status rm_cursor_fail(struct rm_cursor *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Returns the next @size bytes. @what names them in the error. */
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

/* Returns the text up to the next NUL and steps over the NUL. */
const char *rm_cursor_string(struct rm_cursor *c, const char *what);

#endif
