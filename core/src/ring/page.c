/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * page.c - reads the header of a sub-buffer, and its events one by one
 */
#include "ring/page.h"

#include "ring/image.h"

uint64_t rm_stored_loss(const void *subbuf, size_t size, uint32_t commit,
			const struct rm_layout *layout)
{
	if (!(commit & RM_COMMIT_MISSED))
		return 0;
	size_t end = layout->data_offset + (commit & RM_COMMIT_SIZE);
	if (!(commit & RM_COMMIT_STORED) || end % 4 ||
	    end + layout->long_size > size)
		return RINGMAP_LOST_UNKNOWN;
	const uint8_t *p = (const uint8_t *)subbuf + end;
	uint64_t lost = layout->long_size == 8
				? rm_load64(p, layout->big_endian)
				: rm_load32(p, layout->big_endian);

	/* 7.2 stores -1 if it does not know the count; 0 would be no loss. */
	if (!lost || (layout->long_size == 4 && lost == UINT32_MAX))
		return RINGMAP_LOST_UNKNOWN;
	return lost;
}

enum ringmap_status rm_subbuf_header(const void *subbuf, size_t size,
				     const struct rm_layout *layout,
				     struct rm_subbuf_header *ret)
{
	const uint8_t *p = subbuf;
	uint32_t commit =
		rm_load32(p + rm_commit_low(layout), layout->big_endian);

	ret->ts = rm_load64(p, layout->big_endian);
	ret->size = commit & RM_COMMIT_SIZE;
	if (ret->size > size - layout->data_offset)
		return RINGMAP_E_CORRUPT;
	ret->lost = rm_stored_loss(subbuf, size, commit, layout);
	return RINGMAP_OK;
}

enum ringmap_status ringmap_page_init(struct ringmap_page *page,
				      const void *subbuf, size_t size,
				      const struct ringmap_image_opts *opts)
{
	struct rm_image_shape shape;

	if (!page || !subbuf || (uintptr_t)subbuf % 4 ||
	    rm_image_shape(opts, &shape) != RINGMAP_OK)
		return RINGMAP_E_INVAL;
	if (size < shape.layout.data_offset || size > RM_SUBBUF_MAX)
		return RINGMAP_E_INVAL;
	struct rm_subbuf_header header;
	if (rm_subbuf_header(subbuf, size, &shape.layout, &header) !=
	    RINGMAP_OK)
		return RINGMAP_E_CORRUPT;
	const uint8_t *data =
		(const uint8_t *)subbuf + shape.layout.data_offset;
	*page = (struct ringmap_page){
		.data = data,
		.ahead = data,
		.ts = header.ts,
		.lost = header.lost,
		.size = header.size,
		.cpu = shape.cpu,
		.flags = RINGMAP_PAGE_FIRST |
			 (shape.layout.big_endian ? RINGMAP_PAGE_BIG_ENDIAN
						  : 0u),
	};
	return RINGMAP_OK;
}

/* Moves the page to @walk, which has just stepped over the event handed out. */
static inline __attribute__((always_inline)) void
hand_out(struct ringmap_page *page, const struct rm_walk *walk,
	 const struct rm_payload *payload, struct ringmap_event *ret)
{
	page->pos = walk->pos;
	page->ts = walk->ts;
	ret->ts = walk->ts;
	ret->data = walk->data + payload->offset;
	ret->lost = page->events ? 0 : page->lost;
	ret->size = payload->size;
	ret->cpu = page->cpu;
	page->events++;
}

/*
 * Not inlined: the address of the walk is taken here, for which the compiler
 * adds a check of the stack to the function that holds it.
 */
static __attribute__((noinline)) enum ringmap_status
next_any(struct ringmap_page *page, struct ringmap_event *ret)
{
	struct rm_walk walk = rm_walk_of(page);
	struct rm_payload payload = {0, 0};
	enum ringmap_status s = rm_step_any(
		&walk, page->flags & RINGMAP_PAGE_BIG_ENDIAN, &payload);

	if (s == RINGMAP_OK) {
		hand_out(page, &walk, &payload, ret);
		return RINGMAP_OK;
	}
	page->pos = walk.pos;
	page->ts = walk.ts;
	return s;
}

/* Inlined for each byte order, so that the native one costs no test. */
static inline __attribute__((always_inline)) enum ringmap_status
next_event(struct ringmap_page *page, struct ringmap_event *ret,
	   bool big_endian)
{
	struct rm_walk walk = rm_walk_of(page);
	struct rm_payload payload;

	/*
	 * The processor's prefetcher stops at the end of a physical page, which
	 * a sub-buffer is. So this asks for the same offset of the next
	 * sub-buffer or, in an image, for an address some way ahead. It is
	 * computed as a number, because a pointer must not leave its object.
	 */
	__builtin_prefetch((const void *)((uintptr_t)page->ahead + walk.pos));
	if (__builtin_expect(!rm_step_plain(&walk, big_endian, &payload), 0))
		return next_any(page, ret);
	hand_out(page, &walk, &payload, ret);
	return RINGMAP_OK;
}

enum ringmap_status ringmap_page_next(struct ringmap_page *page,
				      struct ringmap_event *ret)
{
	if (__builtin_expect(page->flags & RINGMAP_PAGE_BIG_ENDIAN, 0))
		return next_event(page, ret, true);
	return next_event(page, ret, false);
}

enum ringmap_status rm_page_finish(struct ringmap_page *page)
{
	bool big_endian = page->flags & RINGMAP_PAGE_BIG_ENDIAN;
	struct rm_walk walk = rm_walk_of(page);
	struct rm_payload payload;
	enum ringmap_status s;

	while ((s = rm_step(&walk, big_endian, &payload)) == RINGMAP_OK)
		page->events++;
	page->pos = walk.pos;
	page->ts = walk.ts;
	return s == RINGMAP_DONE ? RINGMAP_OK : s;
}
