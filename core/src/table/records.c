/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * records.c - lists of the records of a page, one list per event
 */
#include "table/records.h"

#include "ring/page.h"
#include "table/records.h"

#include <stdlib.h>
#include <string.h>

bool rm_record_list_grow(struct rm_record_list *rows, size_t room, bool cpus)
{
	if (room <= rows->room)
		return true;
	void *record = realloc(rows->record, room * sizeof(*rows->record));
	if (record)
		rows->record = record;
	void *ts = realloc(rows->ts, room * sizeof(*rows->ts));
	if (ts)
		rows->ts = ts;
	void *size = realloc(rows->size, room * sizeof(*rows->size));
	if (size)
		rows->size = size;
	if (!record || !ts || !size)
		return false;
	if (cpus) {
		void *cpu = realloc(rows->cpus, room * sizeof(*rows->cpus));

		if (!cpu)
			return false;
		rows->cpus = cpu;
	}
	rows->room = room;
	return true;
}

void rm_record_list_free(struct rm_record_list *rows)
{
	free(rows->record);
	free(rows->ts);
	free(rows->size);
	free(rows->cpus);
	*rows = (struct rm_record_list){0};
}

/* ---- walking a page ------------------------------------------------------ */

enum ringmap_status rm_record_lists_init(struct rm_record_lists *p,
					 size_t max_slots)
{
	*p = (struct rm_record_lists){
		.slot_of = calloc(RM_EVENT_IDS, sizeof(*p->slot_of)),
		.slots = calloc(max_slots, sizeof(*p->slots)),
	};
	if (p->slot_of && p->slots)
		return RINGMAP_OK;
	rm_record_lists_deinit(p);
	return RINGMAP_E_NOMEM;
}

void rm_record_lists_deinit(struct rm_record_lists *p)
{
	for (size_t i = 0; i < p->count; i++)
		rm_record_list_free(&p->slots[i]);
	free(p->slots);
	free(p->slot_of);
	*p = (struct rm_record_lists){0};
}

size_t rm_record_lists_slot(struct rm_record_lists *p, uint32_t id)
{
	if (id >= RM_EVERY_EVENT) {
		if (!p->every)
			p->every = &p->slots[p->count++];
		return (size_t)(p->every - p->slots);
	}
	if (!p->slot_of[id])
		p->slot_of[id] = (uint8_t)++p->count;
	return p->slot_of[id] - 1u;
}

bool rm_record_lists_room(struct rm_record_lists *p, size_t records, bool cpus)
{
	for (size_t i = 0; i < p->count; i++)
		if (!rm_record_list_grow(&p->slots[i], records, cpus))
			return false;
	return true;
}

void rm_record_lists_begin(struct rm_record_lists *p, bool big_endian,
			   uint32_t cpu)
{
	for (size_t i = 0; i < p->count; i++) {
		p->slots[i].count = 0;
		p->slots[i].big_endian = big_endian;
		p->slots[i].cpu = cpu;
	}
}

/* Inlined for each byte order, so that the common one pays for none. */
static inline __attribute__((always_inline)) enum ringmap_status
walk_page(struct rm_record_lists *p, struct ringmap_page *page, bool big_endian)
{
	struct rm_walk walk = rm_walk_of(page);
	const uintptr_t ahead = (uintptr_t)page->ahead;
	struct rm_payload payload;
	enum ringmap_status s;
	size_t events = 0;

	for (;;) {
		/* As in ringmap_page_next(). */
		__builtin_prefetch((const void *)(ahead + walk.pos));
		s = rm_step(&walk, big_endian, &payload);
		if (s != RINGMAP_OK)
			break;
		const uint8_t *record = walk.data + payload.offset;
		/* A record too short to say what it is is no event's. */
		uint8_t slot =
			payload.size < sizeof(uint16_t)
				? 0
				: p->slot_of[rm_load16(record, big_endian)];

		events++;
		if (slot)
			rm_record_list_add(&p->slots[slot - 1], record,
					   payload.size, walk.ts);
		if (p->every)
			rm_record_list_add(p->every, record, payload.size,
					   walk.ts);
	}
	page->pos = walk.pos;
	page->ts = walk.ts;
	page->events += (uint32_t)events;
	return s == RINGMAP_DONE ? RINGMAP_OK : s;
}

static size_t longest(const struct rm_record_lists *p)
{
	size_t count = 0;

	for (size_t i = 0; i < p->count; i++)
		if (count < p->slots[i].count)
			count = p->slots[i].count;
	return count;
}

enum ringmap_status rm_record_lists_walk(struct rm_record_lists *p,
					 struct ringmap_page *page)
{
	size_t records = longest(p) + rm_events_at_most(page);

	if (!rm_record_lists_room(p, records, false))
		return RINGMAP_E_NOMEM;
	if (page->flags & RINGMAP_PAGE_BIG_ENDIAN)
		return walk_page(p, page, true);
	return walk_page(p, page, false);
}

void rm_record_lists_adjust(struct rm_record_lists *p)
{
	if (rm_stamps_plain(&p->stamps))
		return;
	for (size_t i = 0; i < p->count; i++)
		for (size_t j = 0; j < p->slots[i].count; j++)
			p->slots[i].ts[j] =
				rm_stamp(&p->stamps, p->slots[i].ts[j]);
}
