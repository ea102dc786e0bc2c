/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * wide.h - products of 128 bits, which 32-bit machines have no type for
 */
#ifndef RM_WIDE_H
#define RM_WIDE_H

#include <stdint.h>

/* high * 2^64 + low */
struct rm_wide {
	uint64_t high;
	uint64_t low;
};

static inline struct rm_wide rm_wide_mul(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
	const unsigned __int128 product = (unsigned __int128)a * b;

	return (struct rm_wide){(uint64_t)(product >> 64), (uint64_t)product};
#else
	uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX);
	uint64_t left = (a >> 32) * (b & UINT32_MAX);
	uint64_t right = (a & UINT32_MAX) * (b >> 32);
	/* Three summands below 2^32 do not overflow. */
	uint64_t middle =
		(low >> 32) + (left & UINT32_MAX) + (right & UINT32_MAX);

	return (struct rm_wide){
		(a >> 32) * (b >> 32) + (left >> 32) + (right >> 32) +
			(middle >> 32),
		middle << 32 | (low & UINT32_MAX),
	};
#endif
}

static inline struct rm_wide rm_wide_add(struct rm_wide n, uint64_t more)
{
	uint64_t low = n.low + more;

	return (struct rm_wide){n.high + (low < more), low};
}

static inline struct rm_wide rm_wide_sub(struct rm_wide n, uint64_t less)
{
	return (struct rm_wide){n.high - (n.low < less), n.low - less};
}

/* Returns the low 64 bits of n / by, which is not 0. */
static inline uint64_t rm_wide_div(struct rm_wide n, uint64_t by)
{
#ifdef __SIZEOF_INT128__
	return (uint64_t)(((unsigned __int128)n.high << 64 | n.low) / by);
#else
	uint64_t rest = 0;
	uint64_t ret = 0;

	/* Long division by bits; @carry is bit 64 of @rest. */
	for (int i = 127; i >= 0; i--) {
		uint64_t word = i < 64 ? n.low : n.high;
		uint64_t carry = rest >> 63;

		rest = rest << 1 | (word >> (i & 63) & 1);
		ret <<= 1;
		if (carry || rest >= by) {
			rest -= by;
			ret |= 1;
		}
	}
	return ret;
#endif
}

/* Returns the low 64 bits of n >> shift, for a shift below 128. */
static inline uint64_t rm_wide_shift(struct rm_wide n, uint32_t shift)
{
	if (shift >= 64)
		return n.high >> (shift - 64);
	return shift ? n.high << (64 - shift) | n.low >> shift : n.low;
}

#endif
