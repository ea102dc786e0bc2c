/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dict.h - dictionaries: strings by number
 */
#ifndef RM_DICT_H
#define RM_DICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The strings of a dictionary, in Arrow's layout. While anybody has a reference
 * they are neither moved nor changed; strings are only added.
 */
struct rm_strings {
	uint32_t refs;
	int32_t *offsets;
	char *bytes;
	uint32_t room;
	size_t bytes_room;
};

void rm_strings_unref(struct rm_strings *strings);

/* A dictionary only grows: a code keeps its meaning. Threads: any, at once. */
struct rm_dict;

struct rm_dict *rm_dict_new(void);
struct rm_dict *rm_dict_ref(struct rm_dict *dict);
void rm_dict_unref(struct rm_dict *dict);

/* Returns the code of a string, which may be new; negative: no memory. */
int32_t rm_dict_code(struct rm_dict *dict, const char *text, size_t size);

/*
 * Returns true if the dictionary is so large that the next batch should start a
 * new one.
 */
bool rm_dict_full(struct rm_dict *dict);

/* Returns a reference to the strings; @ret receives how many there are now. */
struct rm_strings *rm_dict_strings(struct rm_dict *dict, uint32_t *ret);

/*
 * One thread's cache of recent dictionary look-ups: values of up to 16 bytes,
 * padded with zeros, and their codes. code is -1 in an empty entry.
 */
enum {
	RM_MEMO_SIZE = 512
};

struct rm_memo_entry {
	uint64_t low;
	uint64_t high;
	int32_t code;
};

struct rm_memo {
	struct rm_memo_entry entries[RM_MEMO_SIZE];
};

void rm_memo_clear(struct rm_memo *memo);

static inline struct rm_memo_entry *rm_memo_at(struct rm_memo *memo,
					       uint64_t low, uint64_t high)
{
	/* Multiplicative hashing; the constant is 2^64 / golden ratio. */
	uint64_t hash = (low ^ (high * 31)) * 0x9e3779b97f4a7c15ull;

	return &memo->entries[hash >> (64 - 9)];
}

#endif
