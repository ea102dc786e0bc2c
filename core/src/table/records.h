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
 * A list of records, in arrays with one entry per record. The records lie in a
 * page that the writer may overwrite meanwhile: a word that says where to read
 * is loaded once and checked; values are used as they are, and are discarded
 * if the page was overwritten.
 */
struct rm_record_list {
	const uint8_t **record; /* payloads, aligned to 4 */
	uint64_t *ts;
	uint32_t *size; /* of payloads */
	uint32_t *cpus; /* NULL: all are of cpu */
	uint32_t cpu;
	bool big_endian;
	bool whole; /* no record is shorter than the columns need */
	size_t count;
	size_t room;
};

/*
 * Makes room for @room records, and for their CPUs if @cpus. Returns false if
 * there is no memory.
 */
bool rm_record_list_grow(struct rm_record_list *list, size_t room, bool cpus);
void rm_record_list_free(struct rm_record_list *list);

/* Adds a record; the list has room for it. */
static inline void rm_record_list_add(struct rm_record_list *list,
				      const uint8_t *record, uint32_t size,
				      uint64_t ts)
{
	size_t n = list->count++;

	list->record[n] = record;
	list->size[n] = size;
	list->ts[n] = ts;
}

/* Marks functions that read a page while its writer may be at work. */
#if defined(__SANITIZE_THREAD__)
#define RM_RACES __attribute__((no_sanitize("thread"), noinline))
#else
#define RM_RACES
#endif

enum {
	/* An entry of slot_of, which is a slot + 1, has 8 bits. */
	RM_RECORD_LISTS_MAX = 255,
	RM_EVENT_IDS = 1 << 16,
	RM_EVERY_EVENT = RM_EVENT_IDS,
};

/* slots[slot_of[id] - 1] lists the records of event id; every lists all. */
struct rm_record_lists {
	uint8_t *slot_of; /* RM_EVENT_IDS entries; 0: not wanted */
	struct rm_record_list *slots;
	size_t count;
	struct rm_record_list *every; /* one of slots, or NULL */
	struct rm_stamps stamps;      /* conversion of time stamps */
};

enum ringmap_status rm_record_lists_init(struct rm_record_lists *lists,
					 size_t max_slots);
void rm_record_lists_deinit(struct rm_record_lists *lists);

/* Returns the slot for an event's records, and makes it if there is none. */
size_t rm_record_lists_slot(struct rm_record_lists *lists, uint32_t id);

/*
 * Walks the rest of the page and lists its records after those already listed.
 * RINGMAP_E_CORRUPT: as in ringmap_page_next(); the records before the corrupt
 * place are listed. RINGMAP_E_NOMEM: the page's cursor has not moved.
 */
enum ringmap_status rm_record_lists_walk(struct rm_record_lists *lists,
					 struct ringmap_page *page);

/* Converts the time stamps of all listed records; must be called once only. */
void rm_record_lists_adjust(struct rm_record_lists *lists);

/*
 * Empties the lists. New records are of @cpu or, if the lists have cpus, of
 * several CPUs.
 */
void rm_record_lists_begin(struct rm_record_lists *lists, bool big_endian,
			   uint32_t cpu);

/* Makes room in each list; returns false if there is no memory. */
bool rm_record_lists_room(struct rm_record_lists *lists, size_t records,
			  bool cpus);

#endif
