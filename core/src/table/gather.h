/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * gather.h - copies values of listed records into the columns of a batch
 */
#ifndef RM_GATHER_H
#define RM_GATHER_H

#include "table/batch.h"
#include "table/column.h"
#include "table/dict.h"
#include "table/records.h"

/* A source of event names, for RM_COLUMN_EVENT. */
struct rm_name_source {
	/* Returns NULL if there is no such event. */
	const char *(*name)(void *ctx, uint16_t id);
	void *ctx;
};

/* The arguments and counters of gathering one column. */
struct rm_gather {
	const struct rm_column *column;
	struct rm_store *store;
	struct rm_dict *dict; /* NULL: the column has none */
	struct rm_memo *memo;
	const struct rm_name_source *names;
	size_t at;        /* rows before the new ones */
	size_t room;      /* rows that the batch has memory for */
	uint64_t broken;  /* values that do not lie in their record */
	uint64_t escaped; /* strings that are not UTF-8 */
};

/*
 * Appends the column's values of @records to the batch. Returns false if there
 * is no memory.
 */
bool rm_gather(struct rm_gather *g, const struct rm_record_list *records);

#endif
