/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * gather.h - a list of records into the columns of a batch
 */
#ifndef RM_GATHER_H
#define RM_GATHER_H

#include "table/batch.h"
#include "table/column.h"
#include "table/dict.h"
#include "table/records.h"

/* Names of events, for RM_COLUMN_EVENT. */
struct rm_name_source {
	/* NULL: there is no such event. */
	const char *(*name)(void *ctx, uint16_t id);
	void *ctx;
};

/* One column on its way. */
struct rm_gather {
	const struct rm_column *column;
	struct rm_store *store;
	struct rm_dict *dict; /* where the column has one */
	struct rm_memo *memo;
	const struct rm_name_source *names;
	size_t at;        /* rows that are there */
	size_t room;      /* rows of the batch */
	uint64_t broken;  /* values that did not lie in their record */
	uint64_t escaped; /* texts that were no UTF-8 */
};

/* The column's values of @rows, behind the rows that are there. False: no
 * memory. */
bool rm_gather(struct rm_gather *g, const struct rm_record_list *rows);

/* gather_text.c */
bool rm_gather_text(struct rm_gather *g, const struct rm_record_list *rows);
bool rm_gather_task(struct rm_gather *g, const struct rm_record_list *rows);
bool rm_gather_blob(struct rm_gather *g, const struct rm_record_list *rows);

/* gather_named.c */
bool rm_gather_named(struct rm_gather *g, const struct rm_record_list *rows);
bool rm_gather_event(struct rm_gather *g, const struct rm_record_list *rows);

/* gather_list.c */
bool rm_gather_list(struct rm_gather *g, const struct rm_record_list *rows);
bool rm_gather_bits(struct rm_gather *g, const struct rm_record_list *rows);

/* cell.c */

/* The bytes of a value that varies. */
struct rm_span {
	const uint8_t *bytes;
	uint32_t size;
};

/* Where record @i has it; false: not inside the record. */
bool rm_span(const struct rm_column *c, const struct rm_record_list *rows,
	     size_t i, struct rm_span *ret);

/* Row @row has no value because its record does not hold it. */
void rm_gather_broken(struct rm_gather *g, size_t row);

/* Moves @n numbers of @size bytes, aligned to nothing. */
void rm_copy_numbers(uint8_t *to, const uint8_t *from, size_t n, uint32_t size,
		     bool swap);

static inline bool rm_swapped(const struct rm_record_list *rows)
{
	return rows->big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

#endif
