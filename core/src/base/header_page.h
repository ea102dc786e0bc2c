/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * header_page.h - the text of events/header_page, of four lines
 *
 *	field: u64 timestamp;	offset:0;	size:8;	signed:0;
 *	field: local_t commit;	offset:8;	size:8;	signed:1;
 *	field: int overwrite;	offset:8;	size:1;	signed:1;
 *	field: char data;	offset:16;	size:4080;	signed:1;
 */
#ifndef RM_HEADER_PAGE_H
#define RM_HEADER_PAGE_H

#include <stdbool.h>
#include <stdint.h>

struct rm_page_header {
	uint32_t stamp_size;
	uint32_t long_size;
	uint32_t data_offset;
	uint32_t data_size;
};

/* False: no kernel wrote that. */
bool rm_page_header_parse(const char *text, struct rm_page_header *ret);

/*
 * The size of the kernel's longs, 4 or 8, which is that of the commit word.
 * False: the text does not say.
 */
bool rm_page_header_long(const char *text, uint32_t *ret);

#endif
