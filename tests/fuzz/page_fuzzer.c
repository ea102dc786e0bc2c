/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * page_fuzzer.c - any bytes as a sub-buffer
 *
 * The first byte chooses the shape, the second the room for an index and the
 * columns of a table; the rest is the sub-buffer. next, index and the table's
 * loop must find the same, inside the page, and end.
 */
#include "ring/page.h"
#include "table/fused.h"
#include "tests/fuzz/fuzzer.h"

#include <ringmap/ringmap.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	PREFIX = 2,
	CAP_MAX = 16
};

static struct ringmap_image_opts shape_of(uint8_t choice)
{
	return (struct ringmap_image_opts){
		.sz = sizeof(struct ringmap_image_opts),
		.long_size = choice & 1 ? 4 : 8,
		.big_endian = choice >> 1 & 1,
		.data_offset = choice & 4 ? 24 : 0,
		.cpu = choice,
	};
}

/* What one call of index found, and which entry comes next. */
struct found {
	uint64_t ts[CAP_MAX];
	uint32_t offset[CAP_MAX];
	uint32_t size[CAP_MAX];
	uint16_t id[CAP_MAX];
	size_t count;
	size_t next;
	enum ringmap_status status;
};

/* The entry of the next event; refills when the last one was compared. */
static size_t next_entry(struct ringmap_page *page, struct found *f, size_t cap)
{
	if (f->next == f->count) {
		f->status = ringmap_page_index(page, f->ts, f->offset, f->size,
					       f->id, cap, &f->count);
		f->next = 0;
		rm_must(f->count <= cap);
		rm_must(f->count > 0);
	}
	return f->next++;
}

static void compare(const struct ringmap_page *page,
		    const struct ringmap_event *event, const struct found *f,
		    size_t i)
{
	const uint8_t *data = page->data;
	const uint8_t *payload = event->data;
	bool big_endian = page->flags & RINGMAP_PAGE_BIG_ENDIAN;
	unsigned int id = 0;

	rm_must(event->ts == f->ts[i]);
	rm_must((const uint8_t *)event->data == data + f->offset[i]);
	rm_must(event->size == f->size[i]);
	rm_must(f->offset[i] <= page->size);
	rm_must(event->size <= page->size - f->offset[i]);
	if (event->size >= 2) {
		unsigned int high = payload[big_endian ? 0 : 1];

		id = high << 8 | payload[big_endian ? 1 : 0];
	}
	rm_must(id == f->id[i]);
}

static void walk(struct ringmap_page page, size_t cap)
{
	struct ringmap_page same = page;
	struct found found = {.count = 0};
	struct ringmap_event event;
	enum ringmap_status s;
	uint32_t before = 0;

	while ((s = ringmap_page_next(&page, &event)) == RINGMAP_OK) {
		rm_must(page.pos > before);
		rm_must(page.pos <= page.size);
		before = page.pos;
		rm_must(event.lost == (page.events == 1 ? page.lost : 0));
		compare(&page, &event, &found, next_entry(&same, &found, cap));
	}
	rm_must(s == RINGMAP_DONE || s == RINGMAP_E_CORRUPT);
	rm_must(s != RINGMAP_DONE || page.pos == page.size);
	rm_must(found.next == found.count);
	/* Whether the last entries told the end or more, now it is there. */
	if (found.status != RINGMAP_E_CORRUPT) {
		enum ringmap_status x = ringmap_page_index(
			&same, NULL, NULL, NULL, NULL, SIZE_MAX, &found.count);
		rm_must(found.count == 0);
		rm_must((x == RINGMAP_E_CORRUPT) == (s == RINGMAP_E_CORRUPT));
	}
	rm_must(same.pos == page.pos);
	rm_must(same.ts == page.ts);
	rm_must(same.events == page.events);
}

/* Memory of just this size: the sanitizer guards its end. */
static void *exactly(size_t count, size_t size)
{
	void *ret = malloc(count * size);

	rm_must(ret);
	return ret;
}

/* The first event's id: then something is wanted. */
static uint16_t first_id(struct ringmap_page page)
{
	struct ringmap_event event;
	uint16_t id = 0;

	if (ringmap_page_next(&page, &event) == RINGMAP_OK &&
	    event.size >= sizeof(id))
		memcpy(&id, event.data, sizeof(id));
	return id;
}

/* What rm_fused_walk() found, against next. False: a record is too short. */
static bool same_rows(struct ringmap_page *page, const struct rm_fused *f,
		      enum ringmap_status *status)
{
	struct ringmap_event event;
	size_t n = 0;

	while ((*status = ringmap_page_next(page, &event)) == RINGMAP_OK) {
		const uint8_t *data = event.data;

		if (event.size < 2 || memcmp(data, &f->id, 2))
			continue;
		if (event.size < f->min_size)
			return false;
		rm_must(f->ts[n] == event.ts);
		rm_must(f->record[n] == data && f->size[n] == event.size);
		rm_must(!memcmp((uint64_t *)f->wide[0].out + n,
				data + f->wide[0].offset, 8));
		rm_must(!memcmp((uint32_t *)f->narrow[0].out + n,
				data + f->narrow[0].offset, 4));
		n++;
	}
	rm_must(n == f->count);
	return true;
}

/* A table of one wide and one narrow column, at the end of its records. */
static void fused(struct ringmap_page page, uint32_t min_size)
{
	struct ringmap_page same = page;
	size_t room = rm_events_at_most(&page);
	struct rm_fused f = {
		.wide = {{min_size - 8, exactly(room, 8)}},
		.narrow = {{min_size - 4, exactly(room, 4)}},
		.nr_wide = 1,
		.nr_narrow = 1,
		.ts = exactly(room, sizeof(*f.ts)),
		.record = exactly(room, sizeof(*f.record)),
		.size = exactly(room, sizeof(*f.size)),
		.min_size = min_size,
		.id = first_id(page),
	};
	enum ringmap_status s;
	enum ringmap_status walked = RINGMAP_OK;

	if (rm_fused_walk(&f, &page, &walked)) {
		rm_must(same_rows(&same, &f, &s));
		rm_must(walked == (s == RINGMAP_DONE ? RINGMAP_OK : s));
		rm_must(page.events == same.events);
		rm_must(page.ts == same.ts);
		rm_must(page.pos == same.pos);
	} else {
		rm_must(!page.pos && !page.events && page.ts == same.ts);
		rm_must(!same_rows(&same, &f, &s));
	}
	free(f.wide[0].out);
	free(f.narrow[0].out);
	free(f.ts);
	free(f.record);
	free(f.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ringmap_page page;

	if (size < PREFIX)
		return 0;
	const struct ringmap_image_opts opts = shape_of(data[0]);
	size_t cap = 1 + data[1] % CAP_MAX;
	uint32_t min_size = 8 + data[1] / CAP_MAX * 4u;
	size -= PREFIX;
	uint8_t *subbuf = exactly(size ? size : 1, 1);
	memcpy(subbuf, data + PREFIX, size);
	if (ringmap_page_init(&page, subbuf, size, &opts) == RINGMAP_OK) {
		walk(page, cap);
		if (!(page.flags & RINGMAP_PAGE_BIG_ENDIAN))
			fused(page, min_size);
	}
	free(subbuf);
	return 0;
}
