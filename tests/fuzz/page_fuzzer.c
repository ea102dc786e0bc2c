/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * page_fuzzer.c - any bytes as a sub-buffer
 *
 * The first byte chooses the shape, the second the room for an index; the
 * rest is the sub-buffer. next and index must find the same, inside the page,
 * and end.
 */
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ringmap_page page;

	if (size < PREFIX)
		return 0;
	const struct ringmap_image_opts opts = shape_of(data[0]);
	size_t cap = 1 + data[1] % CAP_MAX;
	size -= PREFIX;
	/* Memory of just this size: the sanitizer guards its end. */
	uint8_t *subbuf = malloc(size ? size : 1);
	rm_must(subbuf);
	memcpy(subbuf, data + PREFIX, size);
	if (ringmap_page_init(&page, subbuf, size, &opts) == RINGMAP_OK)
		walk(page, cap);
	free(subbuf);
	return 0;
}
