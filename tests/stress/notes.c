/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * notes.c - what the events of one page turned out to be
 */
#define _GNU_SOURCE
#include "tests/stress/notes.h"

#include <err.h>
#include <stdbool.h>
#include <stdlib.h>

static void make_room(struct notes *notes, size_t capacity)
{
	if (capacity <= notes->capacity)
		return;
	notes->note = reallocarray(notes->note, capacity, sizeof(*notes->note));
	notes->ts = reallocarray(notes->ts, capacity, sizeof(*notes->ts));
	notes->offset =
		reallocarray(notes->offset, capacity, sizeof(*notes->offset));
	notes->size = reallocarray(notes->size, capacity, sizeof(*notes->size));
	notes->id = reallocarray(notes->id, capacity, sizeof(*notes->id));
	if (!notes->note || !notes->ts || !notes->offset || !notes->size ||
	    !notes->id)
		err(1, "no memory for %zu events", capacity);
	notes->capacity = capacity;
}

/* Holds for pages that are being overwritten, too. */
static bool inside(const struct ringmap_page *page, const void *data,
		   size_t size)
{
	uintptr_t begin = (uintptr_t)page->data, at = (uintptr_t)data;

	return at >= begin && at - begin <= page->size &&
	       size <= page->size - (at - begin);
}

static enum ringmap_status walk(struct notes *notes, struct ringmap_page *page)
{
	struct ringmap_event event;
	enum ringmap_status status;

	while (!(status = ringmap_page_next(page, &event))) {
		if (!inside(page, event.data, event.size) ||
		    notes->count == notes->capacity) {
			notes->outside++;
			return RINGMAP_E_CORRUPT;
		}
		notes->note[notes->count++] = notes->take(notes->ctx, &event);
	}
	return status;
}

static enum ringmap_status walk_index(struct notes *notes,
				      struct ringmap_page *page)
{
	enum ringmap_status status;
	size_t count;

	status = ringmap_page_index(page, notes->ts, notes->offset, notes->size,
				    notes->id, notes->capacity, &count);
	for (size_t i = 0; i < count; i++) {
		const struct ringmap_event event = {
			.ts = notes->ts[i],
			.data = (const char *)page->data + notes->offset[i],
			.size = notes->size[i],
			.cpu = page->cpu,
		};

		if (!inside(page, event.data, event.size)) {
			notes->outside++;
			return RINGMAP_E_CORRUPT;
		}
		notes->note[notes->count++] = notes->take(notes->ctx, &event);
	}
	return status == RINGMAP_OK ? RINGMAP_DONE : status;
}

enum ringmap_status notes_of_page(struct notes *notes,
				  struct ringmap_page *page)
{
	make_room(notes, page->size / 8 + 1);
	notes->count = 0;
	if (page->seq % 2)
		return walk(notes, page);
	return walk_index(notes, page);
}

void notes_deinit(struct notes *notes)
{
	free(notes->note);
	free(notes->ts);
	free(notes->offset);
	free(notes->size);
	free(notes->id);
}
