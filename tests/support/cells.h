/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * cells.h - fields of a record as text, the slow way
 *
 * Byte by byte, with none of the library's code, in the words of
 * rm_arrow_cell(): what a table must hold.
 */
#ifndef RM_CELLS_H
#define RM_CELLS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum rm_cell_kind {
	RM_CELL_NUMBER,
	RM_CELL_BOOL,
	RM_CELL_CHARS,
	RM_CELL_ARRAY,
	RM_CELL_BYTES,
	RM_CELL_TEXT_ELSEWHERE,
	RM_CELL_LIST_ELSEWHERE,
	RM_CELL_MASK_ELSEWHERE,
	RM_CELL_TEXTS_ELSEWHERE,
	RM_CELL_KINDS,
};

/* A field. The last four kinds have u32s that tell where their data is. */
struct rm_cell {
	char name[24];
	enum rm_cell_kind kind;
	uint32_t offset;
	uint32_t size; /* in the record */
	uint32_t elem; /* bytes of an element; of a number, its own */
	bool is_signed;
	bool relative; /* __rel_loc, not __data_loc */
};

struct rm_cell_record {
	const uint8_t *at;
	uint32_t size;
	bool big_endian;
};

/* Its line of a format file. */
void rm_cell_declare(const struct rm_cell *cell, FILE *out);

/* Its value in that record, as rm_arrow_cell() shows it. */
void rm_cell_show(const struct rm_cell_record *record,
		  const struct rm_cell *cell, FILE *out);

#endif
