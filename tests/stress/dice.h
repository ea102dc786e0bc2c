/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dice.h - choices that follow from a seed
 *
 * splitmix64. Each thread has dice of its own, so that what one of them does
 * leaves the choices of the others as they are.
 */
#ifndef DICE_H
#define DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

static inline uint64_t dice_next(struct dice *dice)
{
	uint64_t v = dice->state += UINT64_C(0x9e3779b97f4a7c15);

	v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
	return v ^ v >> 31;
}

/* Dice number @stream of those that follow from @seed. */
static inline struct dice dice_of(uint64_t seed, uint64_t stream)
{
	struct dice dice = {seed};

	dice.state = dice_next(&dice) ^ stream;
	dice.state = dice_next(&dice);
	return dice;
}

/* A number below @count, which is not 0. */
static inline uint32_t dice_below(struct dice *dice, uint32_t count)
{
	return (uint32_t)((dice_next(dice) >> 32) * count >> 32);
}

/* True once in @count times. */
static inline bool dice_one_in(struct dice *dice, uint32_t count)
{
	return dice_below(dice, count) == 0;
}

#endif
