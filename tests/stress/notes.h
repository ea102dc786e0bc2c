/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * notes.h - what the events of one page turned out to be
 *
 * A page may change while it is looked at, so its events are noted, and the
 * notes count only if the page proves true when it is returned.
 */
#ifndef NOTES_H
#define NOTES_H

#include <ringmap/ringmap.h>
#include <stddef.h>
#include <stdint.h>

enum note_kind {
	NOTE_NUMBERED,
	NOTE_OTHER, /* that no load wrote */
	NOTE_BROKEN /* that no kernel wrote */
};

struct note {
	uint64_t ts;
	uint64_t writer;
	uint64_t number;
	enum note_kind kind;
};

struct notes {
	/* Notes one event. The payload may change: it is copied, then used. */
	struct note (*take)(const void *ctx, const struct ringmap_event *event);
	const void *ctx;
	struct note *note;
	size_t count;
	uint64_t outside; /* events that reach out of their page */
	size_t capacity;
	uint64_t *ts; /* these four: for ringmap_page_index() */
	uint32_t *offset;
	uint32_t *size;
	uint16_t *id;
};

/*
 * Walks a borrowed page event by event or by its index, in turns. Notes of the
 * page before are dropped.
 *
 * Returns RINGMAP_DONE: the page was walked to its end; RINGMAP_E_CORRUPT.
 */
enum ringmap_status notes_of_page(struct notes *notes,
				  struct ringmap_page *page);

void notes_deinit(struct notes *notes);

#endif
