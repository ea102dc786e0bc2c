/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * page.c - pages: read while they are out, refused afterwards
 */
#include "state.h"

#include <stdio.h>

void delete_rmb_page(struct rmb_page *self)
{
	rmb_unref(self);
}

bool rmb_page_valid_get(struct rmb_page *self)
{
	return self->memory != NULL;
}

uint64_t rmb_page_ts_get(struct rmb_page *self)
{
	return self->page.ts;
}

rmb_count rmb_page_lost_get(struct rmb_page *self)
{
	return self->page.lost;
}

uint64_t rmb_page_seq_get(struct rmb_page *self)
{
	return self->page.seq;
}

uint32_t rmb_page_size_get(struct rmb_page *self)
{
	return self->page.size;
}

uint32_t rmb_page_pos_get(struct rmb_page *self)
{
	return self->page.pos;
}

uint32_t rmb_page_events_get(struct rmb_page *self)
{
	return self->page.events;
}

uint32_t rmb_page_cpu_get(struct rmb_page *self)
{
	return self->page.cpu;
}

uint32_t rmb_page_subbuf_get(struct rmb_page *self)
{
	return self->page.subbuf;
}

uint32_t rmb_page_flags_get(struct rmb_page *self)
{
	return self->page.flags;
}

/*
 * Whether its bytes can be read: it is out, and this is the process that has
 * them mapped; a forked child has not.
 */
static bool readable(const struct rmb_page *self, struct ringmap_error *err)
{
	struct ringmap_ring_info info;

	if (!self->memory)
		return !rmb_failed(RINGMAP_E_STALE, err);
	return !self->memory->ring ||
	       !rmb_failed(ringmap_ring_info(self->memory->ring, &info,
					     sizeof(info)),
			   err);
}

struct rmb_bytes rmb_page_bytes(struct rmb_page *self,
				struct ringmap_error *err)
{
	return rmb_page_bytes_at(self, 0, self->page.size, err);
}

struct rmb_bytes rmb_page_bytes_at(struct rmb_page *self, uint32_t offset,
				   uint32_t size, struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);

	if (!held || !readable(self, err))
		return (struct rmb_bytes){0};
	if (offset > self->page.size || size > self->page.size - offset) {
		rmb_fail(err, RINGMAP_E_INVAL,
			 "those bytes are not in the page: see its size");
		return (struct rmb_bytes){0};
	}
	return rmb_bytes_of((const char *)self->page.data + offset, size,
			    self->memory);
}

int64_t rmb_page_number(struct rmb_page *self, uint32_t offset, uint32_t size,
			bool is_signed, struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);

	if (!held || !readable(self, err))
		return 0;
	if ((size != 1 && size != 2 && size != 4 && size != 8) ||
	    offset > self->page.size || size > self->page.size - offset) {
		rmb_fail(err, RINGMAP_E_INVAL,
			 "a number has 1, 2, 4 or 8 bytes, all in the page");
		return 0;
	}
	return rmb_number((const char *)self->page.data + offset, size,
			  is_signed,
			  self->page.flags & RINGMAP_PAGE_BIG_ENDIAN);
}

static void tell_corrupt(const struct rmb_page *self, struct ringmap_error *err)
{
	err->status = RINGMAP_E_CORRUPT;
	snprintf(err->text, sizeof(err->text),
		 "the page of sub-buffer %u breaks the format at byte %u; its "
		 "events up to there stand: go on with the next page",
		 self->page.subbuf, self->page.pos);
}

bool rmb_page_read_event(struct rmb_page *self, struct rmb_event *event,
			 struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	struct ringmap_event found;

	if (!held || !readable(self, err))
		return false;

	enum ringmap_status status = ringmap_page_next(&self->page, &found);

	if (status == RINGMAP_E_CORRUPT)
		tell_corrupt(self, err);
	if (rmb_failed(status, err) || status)
		return false;
	return rmb_event_set(event, &found,
			     self->page.flags & RINGMAP_PAGE_BIG_ENDIAN, err);
}

struct rmb_event *rmb_page_next_event(struct rmb_page *self,
				      struct ringmap_error *err)
{
	struct rmb_event *event = new_rmb_event();

	if (event && rmb_page_read_event(self, event, err))
		return event;
	if (!event)
		rmb_failed(RINGMAP_E_NOMEM, err);
	rmb_unref(event);
	return NULL;
}

/* ---- indexes ------------------------------------------------------------------ */

/*
 * count entries of room each; the arrays lie one after the other in memory,
 * those with wide elements first.
 */
struct rmb_index {
	struct rmb_object object;
	struct rmb_memory *memory;
	uint32_t room;
	uint32_t count;
	uint64_t *ts;
	uint32_t *offset;
	uint32_t *size;
	uint16_t *id;
};

static void destroy_index(void *object)
{
	struct rmb_index *self = object;

	rmb_unref(self->memory);
}

struct rmb_index *new_rmb_index(void)
{
	struct ringmap_error unheard;

	return rmb_new(sizeof(struct rmb_index), destroy_index, &unheard);
}

void delete_rmb_index(struct rmb_index *self)
{
	rmb_unref(self);
}

/* New arrays: somebody may still see the old ones. */
static bool make_room(struct rmb_index *self, uint32_t room,
		      struct ringmap_error *err)
{
	size_t entry = sizeof(*self->ts) + sizeof(*self->offset) +
		       sizeof(*self->size) + sizeof(*self->id);
	struct rmb_memory *memory = rmb_memory_new(room * entry, err);

	if (!memory)
		return false;
	rmb_unref(self->memory);
	self->memory = memory;
	self->room = room;
	self->ts = memory->block;
	self->offset = (uint32_t *)(self->ts + room);
	self->size = self->offset + room;
	self->id = (uint16_t *)(self->size + room);
	return true;
}

uint32_t rmb_index_read_page(struct rmb_index *self, struct rmb_page *page,
			     struct ringmap_error *err)
{
	RMB_HELD *held = rmb_hold(self, err);
	RMB_HELD *page_held = held ? rmb_hold(page, err) : NULL;
	uint32_t room = page->page.size / 8 + 1;
	size_t count = 0;

	if (!held)
		return 0;
	self->count = 0;
	if (!page_held || !readable(page, err) ||
	    ((!self->memory || self->room < room) &&
	     !make_room(self, room, err)))
		return 0;

	enum ringmap_status status =
		ringmap_page_index(&page->page, self->ts, self->offset,
				   self->size, self->id, self->room, &count);

	self->count = (uint32_t)count;
	if (status == RINGMAP_E_CORRUPT)
		tell_corrupt(page, err);
	rmb_failed(status, err);
	return self->count;
}

struct rmb_index *rmb_page_index(struct rmb_page *self,
				 struct ringmap_error *err)
{
	struct rmb_index *index = new_rmb_index();

	if (!index) {
		rmb_failed(RINGMAP_E_NOMEM, err);
		return NULL;
	}
	rmb_index_read_page(index, self, err);
	if (!err->status)
		return index;
	rmb_unref(index);
	return NULL;
}

uint32_t rmb_index_count_get(struct rmb_index *self)
{
	return self->count;
}

static bool has(const struct rmb_index *self, uint32_t i,
		struct ringmap_error *err)
{
	if (i < self->count)
		return true;
	rmb_fail(err, RINGMAP_E_INVAL,
		 "the index has no such event: they count from 0 to count - 1");
	return false;
}

uint64_t rmb_index_ts(struct rmb_index *self, uint32_t i,
		      struct ringmap_error *err)
{
	return has(self, i, err) ? self->ts[i] : 0;
}

uint32_t rmb_index_offset(struct rmb_index *self, uint32_t i,
			  struct ringmap_error *err)
{
	return has(self, i, err) ? self->offset[i] : 0;
}

uint32_t rmb_index_size(struct rmb_index *self, uint32_t i,
			struct ringmap_error *err)
{
	return has(self, i, err) ? self->size[i] : 0;
}

uint32_t rmb_index_id(struct rmb_index *self, uint32_t i,
		      struct ringmap_error *err)
{
	return has(self, i, err) ? self->id[i] : 0;
}

/* The filled part of an array; empty before the first page. */
static struct rmb_bytes array_of(struct rmb_index *self, const void *array,
				 size_t width)
{
	if (!self->memory)
		return (struct rmb_bytes){0};
	return rmb_bytes_of(array, self->count * width, self->memory);
}

struct rmb_bytes rmb_index_ts_bytes(struct rmb_index *self)
{
	return array_of(self, self->ts, sizeof(*self->ts));
}

struct rmb_bytes rmb_index_offset_bytes(struct rmb_index *self)
{
	return array_of(self, self->offset, sizeof(*self->offset));
}

struct rmb_bytes rmb_index_size_bytes(struct rmb_index *self)
{
	return array_of(self, self->size, sizeof(*self->size));
}

struct rmb_bytes rmb_index_id_bytes(struct rmb_index *self)
{
	return array_of(self, self->id, sizeof(*self->id));
}
