/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * records.c - lists of the records of a page, one list per event
 */
#include "table/records.h"

#include "ring/page.h"

#include <stdlib.h>
#include <string.h>

bool rm_record_list_grow(struct rm_record_list *list, size_t room, bool cpus)
{
	if (room <= list->room)
		return true;
	void *record = realloc(list->record, room * sizeof(*list->record));
	if (record)
		list->record = record;
	void *ts = realloc(list->ts, room * sizeof(*list->ts));
	if (ts)
		list->ts = ts;
	void *size = realloc(list->size, room * sizeof(*list->size));
	if (size)
		list->size = size;
	if (!record || !ts || !size)
		return false;
	if (cpus) {
		void *cpu = realloc(list->cpus, room * sizeof(*list->cpus));

		if (!cpu)
			return false;
		list->cpus = cpu;
	}
	list->room = room;
	return true;
}

void rm_record_list_free(struct rm_record_list *list)
{
	free(list->record);
	free(list->ts);
	free(list->size);
	free(list->cpus);
	*list = (struct rm_record_list){0};
}

/* ---- walking a page ------------------------------------------------------ */

enum ringmap_status rm_record_lists_init(struct rm_record_lists *lists,
					 size_t max_slots)
{
	*lists = (struct rm_record_lists){
		.slot_of = calloc(RM_EVENT_IDS, sizeof(*lists->slot_of)),
		.slots = calloc(max_slots, sizeof(*lists->slots)),
	};
	if (lists->slot_of && lists->slots)
		return RINGMAP_OK;
	rm_record_lists_deinit(lists);
	return RINGMAP_E_NOMEM;
}

void rm_record_lists_deinit(struct rm_record_lists *lists)
{
	for (size_t i = 0; i < lists->count; i++)
		rm_record_list_free(&lists->slots[i]);
	free(lists->slots);
	free(lists->slot_of);
	*lists = (struct rm_record_lists){0};
}

size_t rm_record_lists_slot(struct rm_record_lists *lists, uint32_t id)
{
	if (id >= RM_EVERY_EVENT) {
		if (!lists->every)
			lists->every = &lists->slots[lists->count++];
		return (size_t)(lists->every - lists->slots);
	}
	if (!lists->slot_of[id])
		lists->slot_of[id] = (uint8_t)++lists->count;
	return lists->slot_of[id] - 1u;
}

bool rm_record_lists_room(struct rm_record_lists *lists, size_t records,
			  bool cpus)
{
	for (size_t i = 0; i < lists->count; i++)
		if (!rm_record_list_grow(&lists->slots[i], records, cpus))
			return false;
	return true;
}

void rm_record_lists_begin(struct rm_record_lists *lists, bool big_endian,
			   uint32_t cpu)
{
	for (size_t i = 0; i < lists->count; i++) {
		lists->slots[i].count = 0;
		lists->slots[i].big_endian = big_endian;
		lists->slots[i].cpu = cpu;
	}
}

/* Inlined once per byte order, so that the common order pays nothing. */
static inline __attribute__((always_inline)) enum ringmap_status
walk_page(struct rm_record_lists *lists, struct ringmap_page *page,
	  bool big_endian)
{
	struct rm_walk walk = rm_walk_of(page);
	const uintptr_t ahead = (uintptr_t)page->ahead;
	struct rm_payload payload;
	enum ringmap_status s;
	size_t events = 0;

	for (;;) {
		/* Prefetches what ringmap_page_next() would. */
		__builtin_prefetch((const void *)(ahead + walk.pos));
		s = rm_step(&walk, big_endian, &payload);
		if (s != RINGMAP_OK)
			break;
		const uint8_t *record = walk.data + payload.offset;
		/* A record too short for an id belongs to no event. */
		uint8_t slot =
			payload.size < sizeof(uint16_t)
				? 0
				: lists->slot_of[rm_load16(record, big_endian)];

		events++;
		if (slot)
			rm_record_list_add(&lists->slots[slot - 1], record,
					   payload.size, walk.ts);
		if (lists->every)
			rm_record_list_add(lists->every, record, payload.size,
					   walk.ts);
	}
	page->pos = walk.pos;
	page->ts = walk.ts;
	page->events += (uint32_t)events;
	return s == RINGMAP_DONE ? RINGMAP_OK : s;
}

static size_t longest(const struct rm_record_lists *lists)
{
	size_t count = 0;

	for (size_t i = 0; i < lists->count; i++)
		if (count < lists->slots[i].count)
			count = lists->slots[i].count;
	return count;
}

enum ringmap_status rm_record_lists_walk(struct rm_record_lists *lists,
					 struct ringmap_page *page)
{
	size_t records = longest(lists) + rm_events_at_most(page);

	if (!rm_record_lists_room(lists, records, false))
		return RINGMAP_E_NOMEM;
	if (page->flags & RINGMAP_PAGE_BIG_ENDIAN)
		return walk_page(lists, page, true);
	return walk_page(lists, page, false);
}

void rm_record_lists_adjust(struct rm_record_lists *lists)
{
	if (rm_stamps_plain(&lists->stamps))
		return;
	for (size_t i = 0; i < lists->count; i++)
		for (size_t j = 0; j < lists->slots[i].count; j++)
			lists->slots[i].ts[j] =
				rm_stamp(&lists->stamps, lists->slots[i].cpu,
					 lists->slots[i].ts[j]);
}
