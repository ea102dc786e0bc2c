/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * records.h - lists of the records of a page, one list per event
 */
#ifndef RM_RECORDS_H
#define RM_RECORDS_H

#include "ring/stamps.h"

#include <ringmap/ringmap.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One entry a record, in arrays of the lists's. They point into a page that
 * the writer may overwrite meanwhile: what tells where to read is loaded once
 * and checked; values are taken as they are, and dropped with the page.
 */
struct rm_record_list {
	const uint8_t **record; /* payloads, aligned to 4 */
	uint64_t *ts;
	uint32_t *size; /* of payloads */
	uint32_t *cpus; /* NULL: all of cpu */
	uint32_t cpu;
	bool big_endian;
	bool whole; /* no record is shorter than the columns need */
	size_t count;
	size_t room;
};

/* Room for @room of them, with CPUs if @cpus; false: no memory. */
bool rm_record_list_grow(struct rm_record_list *rows, size_t room, bool cpus);
void rm_record_list_free(struct rm_record_list *rows);

/* One more; there is room. */
static inline void rm_record_list_add(struct rm_record_list *rows,
				      const uint8_t *record, uint32_t size,
				      uint64_t ts)
{
	size_t n = rows->count++;

	rows->record[n] = record;
	rows->size[n] = size;
	rows->ts[n] = ts;
}

/* Functions that read values from a page while its writer may be at work. */
#if defined(__SANITIZE_THREAD__)
#define RM_RACES __attribute__((no_sanitize("thread"), noinline))
#else
#define RM_RACES
#endif

enum {
	/* struct rm_record_lists: slot + 1 has to fit into 8 bits. */
	RM_RECORD_LISTS_MAX = 255,
	RM_EVENT_IDS = 1 << 16,
	RM_EVERY_EVENT = RM_EVENT_IDS,
};

/* slots[slot_of[id] - 1] gets the records of an event; every gets all. */
struct rm_record_lists {
	uint8_t *slot_of; /* RM_EVENT_IDS of them; 0: not wanted */
	struct rm_record_list *slots;
	size_t count;
	struct rm_record_list *every; /* one of slots, or NULL */
	struct rm_stamps stamps;      /* how the pages' stamps are adjusted */
};

enum ringmap_status rm_record_lists_init(struct rm_record_lists *p,
					 size_t max_slots);
void rm_record_lists_deinit(struct rm_record_lists *p);

/* The slot for an event's records, a new one if there is none yet. */
size_t rm_record_lists_slot(struct rm_record_lists *p, uint32_t id);

/*
 * Walks the rest of the page; its records go behind those that are listed.
 * RINGMAP_E_CORRUPT: as ringmap_page_next(), what came before is listed.
 * RINGMAP_E_NOMEM: the page is where it was.
 */
enum ringmap_status rm_record_lists_walk(struct rm_record_lists *p,
					 struct ringmap_page *page);

/* Adjusts the stamps of all that is listed; once. */
void rm_record_lists_adjust(struct rm_record_lists *p);

/* Empties the lists, for records of one CPU or, with rows->cpus, of several. */
void rm_record_lists_begin(struct rm_record_lists *p, bool big_endian,
			   uint32_t cpu);

/* Room in each list; false: no memory. */
bool rm_record_lists_room(struct rm_record_lists *p, size_t records, bool cpus);

#endif
