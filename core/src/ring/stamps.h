/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * stamps.h - converts the stamps in sub-buffers to those that are handed out
 *
 * A file may say that its clock counts cycles of a known length, and how far it
 * was from another clock. Stamps of live rings are not converted.
 */
#ifndef RM_STAMPS_H
#define RM_STAMPS_H

#include <stdbool.h>
#include <stdint.h>

struct rm_stamps {
	uint64_t offset; /* added last, modulo 2^64 */
	uint32_t mult;   /* ns = cycles * mult >> shift; 0: no conversion */
	uint32_t shift;
};

static inline bool rm_stamps_plain(const struct rm_stamps *s)
{
	return !s->offset && !s->mult;
}

static inline uint64_t rm_stamp(const struct rm_stamps *s, uint64_t ts)
{
	if (s->mult)
		ts = (uint64_t)((unsigned __int128)ts * s->mult >> s->shift);
	return ts + s->offset;
}

#endif
