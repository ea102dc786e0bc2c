/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * numbered.c - payloads that tell their number and prove every byte
 */
#include "tests/support/numbered.h"

#include "ring/layout.h"

enum {
	MAGIC = 0x72696e67,
	/* Words before those that are only proof. */
	WORD_MAGIC = 0,
	WORD_SIZE = 1,
	/* Together they are a u64 in the byte order of this machine. */
	WORD_NUMBER_LOW = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 3 : 2,
	WORD_NUMBER_HIGH = 5 - WORD_NUMBER_LOW,
	WORD_STAMP = 4,
};

static uint32_t mix(uint64_t number, uint32_t size, uint32_t i)
{
	uint64_t v = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);

	v ^= ((uint64_t)size << 32 | i) * UINT64_C(0xc2b2ae3d27d4eb4f);
	v ^= v >> 29;
	v *= UINT64_C(0xff51afd7ed558ccd);
	return (uint32_t)(v >> 32);
}

uint32_t rm_numbered_word(uint64_t number, uint32_t stamp, uint32_t size,
			  uint32_t i)
{
	switch (i) {
	case WORD_MAGIC:
		return MAGIC;
	case WORD_SIZE:
		return size ^ mix(number, 0, i);
	case WORD_NUMBER_LOW:
		return (uint32_t)number;
	case WORD_NUMBER_HIGH:
		return (uint32_t)(number >> 32);
	case WORD_STAMP:
		return stamp;
	}
	return mix(number, size, i);
}

void rm_numbered_fill(void *payload, uint64_t number, uint32_t stamp,
		      uint32_t size)
{
	uint32_t *word = (uint32_t *)payload + RM_NUMBERED_ENTRY / 4;

	for (uint32_t i = 0; i < (size - RM_NUMBERED_ENTRY) / 4; i++)
		word[i] = rm_numbered_word(number, stamp, size, i);
}

static uint32_t word_at(const struct ringmap_event *event, uint32_t i)
{
	const uint8_t *p = event->data;

	return rm_load32(p + RM_NUMBERED_ENTRY + 4 * (size_t)i,
			 __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

bool rm_numbered_check(const struct ringmap_event *event, uint64_t *ret)
{
	if (event->size < RM_NUMBERED_MIN)
		return false;
	uint64_t number = (uint64_t)word_at(event, WORD_NUMBER_HIGH) << 32 |
			  word_at(event, WORD_NUMBER_LOW);
	uint32_t stamp = word_at(event, WORD_STAMP);
	uint32_t size = word_at(event, WORD_SIZE) ^ mix(number, 0, WORD_SIZE);

	if (stamp && stamp != (uint32_t)event->ts)
		return false;
	if (size != event->size && size != event->size - RM_NUMBERED_SLACK)
		return false;
	for (uint32_t i = 0; i < (size - RM_NUMBERED_ENTRY) / 4; i++)
		if (word_at(event, i) !=
		    rm_numbered_word(number, stamp, size, i))
			return false;
	*ret = number;
	return number != RM_NUMBERED_NEVER;
}
