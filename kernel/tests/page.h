/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page.h - the events of a sub-buffer
 */
#ifndef PAGE_H
#define PAGE_H

#include <stddef.h>
#include <stdint.h>

/* One numbered event. */
typedef void page_visit(void *context, uint32_t seq);

/*
 * Visits the numbered events in [from, to) of the data of @subbuf.
 * Returns NULL, or what is wrong with the page.
 */
const char *page_walk(const uint8_t *subbuf, uint32_t from, uint32_t to,
		      page_visit *visit, void *context);

/* Counts the events in [from, to), whoever wrote them. */
const char *page_count(const uint8_t *subbuf, uint32_t from, uint32_t to,
		       uint32_t *ret);

#endif
