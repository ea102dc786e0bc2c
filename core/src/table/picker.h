/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * picker.h - the wanted records of a page, one list for each event
 */
#ifndef RM_PICKER_H
#define RM_PICKER_H

#include "ring/stamps.h"
#include "table/rows.h"

#include <ringmap/ringmap.h>

enum {
	/* struct rm_picker: slot + 1 has to fit into 8 bits. */
	RM_PICKER_SLOTS = 255,
	RM_EVENT_IDS = 1 << 16,
	RM_EVERY_EVENT = RM_EVENT_IDS,
};

/* slots[slot_of[id] - 1] gets the records of an event; every gets all. */
struct rm_picker {
	uint8_t *slot_of; /* RM_EVENT_IDS of them; 0: not wanted */
	struct rm_rows *slots;
	size_t count;
	struct rm_rows *every;   /* one of slots, or NULL */
	struct rm_stamps stamps; /* how the pages' stamps are adjusted */
};

enum ringmap_status rm_picker_init(struct rm_picker *p, size_t max_slots);
void rm_picker_deinit(struct rm_picker *p);

/* The slot for an event's records, a new one if there is none yet. */
size_t rm_picker_slot(struct rm_picker *p, uint32_t id);

/*
 * Walks the rest of the page; its records go behind those that are listed.
 * RINGMAP_E_CORRUPT: as ringmap_page_next(), what came before is listed.
 * RINGMAP_E_NOMEM: the page is where it was.
 */
enum ringmap_status rm_picker_walk(struct rm_picker *p,
				   struct ringmap_page *page);

/* Adjusts the stamps of all that is listed; once. */
void rm_picker_adjust(struct rm_picker *p);

/* Empties the lists, for records of one CPU or, with rows->cpus, of several. */
void rm_picker_begin(struct rm_picker *p, bool big_endian, uint32_t cpu);

/* Room in each list; false: no memory. */
bool rm_picker_room(struct rm_picker *p, size_t records, bool cpus);

#endif
