/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * column.h - what one column of a table is made of
 *
 * A table is columns (what to take), a batch (where it goes) and dictionaries
 * (what the codes of both mean):
 *
 * column.h       what to take from a record
 * batch.c        memory of one batch, used again when it was released
 * dict.c         strings by number, shared by the batches of a table
 * lists.c       walks a page: the wanted records, one list for each event
 * fused.c        the same and the first columns in one loop, for one event
 * gather.c       a list of records into the columns of a batch
 * cell.c         where a record has a value
 * gather_text.c  ) of those with values of any length
 * gather_list.c  )
 * gather_named.c numbers by the names they have
 * table.c        ties them together
 * arrow_*.c      hands a batch out
 */
#ifndef RM_COLUMN_H
#define RM_COLUMN_H

#include <ringmap/ringmap.h>

#include <stdbool.h>

enum rm_column_what {
	/* Not of the record. */
	RM_COLUMN_TS,
	RM_COLUMN_CPU,
	RM_COLUMN_EVENT, /* dictionary: the record's event */
	RM_COLUMN_LOST,
	/* At offset, size bytes. */
	RM_COLUMN_NUMBER, /* 1, 2, 4 or 8 bytes */
	RM_COLUMN_BOOL,
	RM_COLUMN_NAMED, /* dictionary: a number's name */
	RM_COLUMN_TASK,  /* dictionary: chars up to a NUL */
	RM_COLUMN_ARRAY, /* count numbers */
	RM_COLUMN_BYTES, /* uninterpreted */
	/* As many as there are; where, a word at offset may tell. */
	RM_COLUMN_TEXT, /* chars up to a NUL */
	RM_COLUMN_LIST, /* numbers */
	RM_COLUMN_BITS, /* longs; taken are the numbers of their bits */
	RM_COLUMN_BLOB, /* uninterpreted */
};

enum rm_column_where {
	RM_WHERE_FIXED,
	RM_WHERE_DATA_LOC, /* u32: size << 16 | offset in the record */
	RM_WHERE_REL_LOC,  /* u32: size << 16 | offset from its own end */
	RM_WHERE_TAIL,     /* from offset to the end of the record */
};

enum {
	RM_TASK_MAX = 64 /* bytes of a RM_COLUMN_TASK */
};

struct rm_column {
	char *name;
	enum rm_column_what what;
	enum rm_column_where where;
	uint32_t offset;
	uint32_t size;      /* at offset: of the value, or of its u32 */
	uint32_t elem_size; /* of a number; BITS: of a long */
	uint32_t count;     /* ARRAY: numbers */
	uint32_t inner;     /* ARRAY of arrays: numbers in an inner one */
	bool flags;         /* NAMED: by bits, not by value */
	char elem_format;   /* Arrow's letter for a number */
	const struct ringmap_value *values; /* NAMED; the schema's */
	uint32_t nr_values;
	const char *delim; /* NAMED by bits; the schema's */
};

/* Bytes of a row in the column's data; 0: bits, or of any length. */
static inline uint32_t rm_column_width(const struct rm_column *c)
{
	switch (c->what) {
	case RM_COLUMN_TS:
	case RM_COLUMN_LOST:
		return 8;
	case RM_COLUMN_CPU:
	case RM_COLUMN_EVENT:
	case RM_COLUMN_NAMED:
	case RM_COLUMN_TASK:
		return 4;
	case RM_COLUMN_NUMBER:
	case RM_COLUMN_BYTES:
		return c->size;
	case RM_COLUMN_ARRAY:
		return c->elem_size * c->count;
	default:
		return 0;
	}
}

static inline bool rm_column_is_dict(const struct rm_column *c)
{
	return c->what == RM_COLUMN_EVENT || c->what == RM_COLUMN_NAMED ||
	       c->what == RM_COLUMN_TASK;
}

/* Its values have offsets into data of their own. */
static inline bool rm_column_varies(const struct rm_column *c)
{
	return c->what >= RM_COLUMN_TEXT;
}

/* Bytes of an element of a column that varies. */
static inline uint32_t rm_column_item(const struct rm_column *c)
{
	if (c->what == RM_COLUMN_LIST)
		return c->elem_size;
	return c->what == RM_COLUMN_BITS ? 4 : 1;
}

/* What a record must hold for the column. */
static inline uint32_t rm_column_end(const struct rm_column *c)
{
	if (c->what <= RM_COLUMN_LOST)
		return 0;
	return c->where == RM_WHERE_TAIL ? c->offset : c->offset + c->size;
}

#endif
