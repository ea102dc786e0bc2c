/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * hash.h - the hash of a text
 */
#ifndef RM_HASH_H
#define RM_HASH_H

#include <stddef.h>
#include <stdint.h>

/* 32-bit FNV-1a. Texts of the kernel are short, and nobody chooses them. */
static inline uint32_t rm_hash(const char *text, size_t size)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (uint8_t)text[i]) * 16777619u;
	return hash;
}

#endif
