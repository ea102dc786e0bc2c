/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dict.c - dictionaries: strings by number, shared by the batches of a table
 *
 * A dictionary is an open hash table over strings that are stored one after the
 * other. Exported arrays point into the strings. When the strings need more
 * room they are copied, and the old ones live until the last array is released.
 */
#include "table/dict.h"

#include "base/hash.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static_assert(RM_MEMO_SIZE == 1 << 9, "rm_memo_at() takes 9 bits");

enum {
	FIRST_ROOM = 64,
	FIRST_BYTES = 1024,
	FULL = 65536,
};

struct rm_dict {
	pthread_mutex_t lock; /* guards all members below */
	struct rm_strings *strings;
	uint32_t count;
	uint32_t *slots; /* code + 1; 0: free. 2 * strings->room of them */
	uint32_t refs;
};

static struct rm_strings *new_strings(uint32_t room, size_t bytes_room)
{
	struct rm_strings *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	*s = (struct rm_strings){
		.refs = 1,
		.offsets = malloc((room + 1ul) * sizeof(*s->offsets)),
		.bytes = malloc(bytes_room),
		.room = room,
		.bytes_room = bytes_room,
	};
	if (!s->offsets || !s->bytes) {
		rm_strings_unref(s);
		return NULL;
	}
	s->offsets[0] = 0;
	return s;
}

void rm_strings_unref(struct rm_strings *strings)
{
	/* Acquire and release: other threads' reads happen before the free. */
	if (!strings || __atomic_sub_fetch(&strings->refs, 1, __ATOMIC_ACQ_REL))
		return;
	free(strings->offsets);
	free(strings->bytes);
	free(strings);
}

struct rm_dict *rm_dict_new(void)
{
	struct rm_dict *dict = calloc(1, sizeof(*dict));

	if (!dict)
		return NULL;
	pthread_mutex_init(&dict->lock, NULL);
	dict->refs = 1;
	dict->strings = new_strings(FIRST_ROOM, FIRST_BYTES);
	dict->slots = calloc(FIRST_ROOM * 2, sizeof(*dict->slots));
	if (!dict->strings || !dict->slots) {
		rm_dict_unref(dict);
		return NULL;
	}
	return dict;
}

struct rm_dict *rm_dict_ref(struct rm_dict *dict)
{
	__atomic_fetch_add(&dict->refs, 1, __ATOMIC_RELAXED);
	return dict;
}

void rm_dict_unref(struct rm_dict *dict)
{
	/* Acquire and release, for the reason in rm_strings_unref(). */
	if (!dict || __atomic_sub_fetch(&dict->refs, 1, __ATOMIC_ACQ_REL))
		return;
	rm_strings_unref(dict->strings);
	free(dict->slots);
	pthread_mutex_destroy(&dict->lock);
	free(dict);
}

/* Returns the slot of the string, or the free slot where it belongs. */
static uint32_t *find(const struct rm_dict *dict, const char *text, size_t size)
{
	const struct rm_strings *s = dict->strings;
	uint32_t mask = s->room * 2 - 1;
	uint32_t i = rm_hash(text, size) & mask;

	for (; dict->slots[i]; i = (i + 1) & mask) {
		uint32_t code = dict->slots[i] - 1;
		size_t begin = (size_t)s->offsets[code];
		size_t len = (size_t)s->offsets[code + 1] - begin;

		if (len == size && !memcmp(s->bytes + begin, text, size))
			break;
	}
	return &dict->slots[i];
}

/* Makes room for one more string of @size bytes. */
static bool grow(struct rm_dict *dict, size_t size)
{
	struct rm_strings *old = dict->strings;
	size_t used = (size_t)old->offsets[dict->count];
	uint32_t room = old->room;
	size_t bytes_room = old->bytes_room;

	if (size > INT32_MAX - used)
		return false;
	if (dict->count == room)
		room *= 2;
	while (bytes_room < used + size)
		bytes_room *= 2;
	if (room == old->room && bytes_room == old->bytes_room)
		return true;
	struct rm_strings *s = new_strings(room, bytes_room);
	uint32_t *slots = calloc(room * 2ul, sizeof(*slots));
	if (!s || !slots) {
		rm_strings_unref(s);
		free(slots);
		return false;
	}
	memcpy(s->offsets, old->offsets,
	       (dict->count + 1ul) * sizeof(*s->offsets));
	memcpy(s->bytes, old->bytes, used);
	rm_strings_unref(old);
	free(dict->slots);
	dict->strings = s;
	dict->slots = slots;
	for (uint32_t i = 0; i < dict->count; i++) {
		size_t begin = (size_t)s->offsets[i];

		*find(dict, s->bytes + begin,
		      (size_t)s->offsets[i + 1] - begin) = i + 1;
	}
	return true;
}

static int32_t code_of(struct rm_dict *dict, const char *text, size_t size)
{
	uint32_t *slot = find(dict, text, size);

	if (*slot)
		return (int32_t)*slot - 1;
	if (dict->count == INT32_MAX / 4 || !grow(dict, size))
		return -1;
	struct rm_strings *s = dict->strings;
	size_t used = (size_t)s->offsets[dict->count];
	memcpy(s->bytes + used, text, size);
	s->offsets[dict->count + 1] = (int32_t)(used + size);
	slot = find(dict, text, size);
	*slot = ++dict->count;
	return (int32_t)dict->count - 1;
}

int32_t rm_dict_code(struct rm_dict *dict, const char *text, size_t size)
{
	pthread_mutex_lock(&dict->lock);
	int32_t code = code_of(dict, text, size);
	pthread_mutex_unlock(&dict->lock);
	return code;
}

bool rm_dict_full(struct rm_dict *dict)
{
	pthread_mutex_lock(&dict->lock);
	bool full = dict->count > FULL;
	pthread_mutex_unlock(&dict->lock);
	return full;
}

struct rm_strings *rm_dict_strings(struct rm_dict *dict, uint32_t *ret)
{
	pthread_mutex_lock(&dict->lock);
	struct rm_strings *s = dict->strings;
	__atomic_fetch_add(&s->refs, 1, __ATOMIC_RELAXED);
	*ret = dict->count;
	pthread_mutex_unlock(&dict->lock);
	return s;
}

void rm_memo_clear(struct rm_memo *memo)
{
	for (size_t i = 0; i < RM_MEMO_SIZE; i++)
		memo->entries[i] = (struct rm_memo_entry){.code = -1};
}
