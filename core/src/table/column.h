/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * column.h - one column of a table: its type and its place in a record
 *
 * A table has columns, which say what to take from a record, a batch, which
 * holds the values, and dictionaries, which hold the strings for codes.
 *
 * column.h   the columns
 * plan.c     makes the columns from a schema and options
 * field_column.c  decides what a field becomes
 * batch.c    memory of batches, reused after their release
 * dict.c     strings by number, shared by the batches of a table
 * records.c  walks a page and lists the wanted records, one list per event
 * fused.c    walks a page and fills columns of one event in the same loop
 * filter.c   chooses the records that become rows
 * gather.c   copies values of listed records into the columns of a batch
 * table.c    ties these together
 * arrow_*.c  export a batch to Arrow
 */
#ifndef RM_COLUMN_H
#define RM_COLUMN_H

#include "schema/place.h"

enum rm_column_what {
	/* These are not fields of the record. */
	RM_COLUMN_TS,
	RM_COLUMN_CPU,
	RM_COLUMN_EVENT, /* dictionary: the record's event */
	RM_COLUMN_LOST,
	/* These are at offset and have size bytes. */
	RM_COLUMN_NUMBER, /* 1, 2, 4 or 8 bytes */
	RM_COLUMN_BOOL,
	RM_COLUMN_NAMED, /* dictionary: a number's name */
	RM_COLUMN_TASK,  /* dictionary: chars up to a NUL */
	RM_COLUMN_ARRAY, /* count numbers */
	RM_COLUMN_BYTES, /* uninterpreted */
	/* These vary in size. A word at offset may say where they are. */
	RM_COLUMN_TEXT, /* chars up to a NUL */
	RM_COLUMN_LIST, /* numbers */
	RM_COLUMN_BITS, /* longs; a row lists the numbers of the set bits */
	RM_COLUMN_BLOB, /* uninterpreted */
};

enum {
	RM_TASK_MAX = 64 /* bytes of a RM_COLUMN_TASK */
};

struct rm_column {
	char *name;
	enum rm_column_what what;
	struct rm_place place;
	uint32_t elem_size; /* bytes of a number; BITS: bytes of a long */
	uint32_t count;     /* ARRAY: numbers in it */
	uint32_t inner;     /* ARRAY of arrays: numbers in an inner one */
	uint32_t repeat;    /* dynamic values of a row, in an array; 0: none */
	bool flags;         /* NAMED: the bits have names, not the values */
	char elem_format;   /* Arrow's letter for a number */
	const struct ringmap_value *values; /* NAMED; owned by the schema */
	uint32_t nr_values;
	const char *delim; /* if flags; owned by the schema */
};

/* Returns the bytes of a row in the data; 0: a bit, or a varying size. */
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
		return c->place.size;
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

/* Returns true if the values vary in size, so that they need offsets. */
static inline bool rm_column_varies(const struct rm_column *c)
{
	return c->what >= RM_COLUMN_TEXT;
}

/* Returns how many values the stores have for a row. */
static inline uint32_t rm_column_per_row(const struct rm_column *c)
{
	return c->repeat ? c->repeat : 1;
}

/* Returns the bytes of an element of a column whose values vary in size. */
static inline uint32_t rm_column_item(const struct rm_column *c)
{
	if (c->what == RM_COLUMN_LIST)
		return c->elem_size;
	return c->what == RM_COLUMN_BITS ? 4 : 1;
}

/*
 * Checks that a value consists of whole elements. One that ends with the record
 * is cut to them: the size of records is rounded up.
 */
static inline bool rm_column_whole(const struct rm_column *c,
				   struct rm_bytes *bytes)
{
	const uint32_t over = bytes->size % c->elem_size;

	if (c->place.where == RM_WHERE_TAIL || c->place.word == 2)
		bytes->size -= over;
	else if (over)
		return false;
	return true;
}

/*
 * Returns true if a text of no bytes, not even a NUL, stands for one that the
 * kernel could not read.
 */
static inline bool rm_column_may_fault(const struct rm_column *c)
{
	return c->place.where == RM_WHERE_DATA_LOC ||
	       c->place.where == RM_WHERE_REL_LOC;
}

/* Lists the numbers of the set bits in a word that begins with bit @first. */
static inline size_t rm_set_bits(uint32_t *to, uint64_t word, uint32_t first)
{
	size_t n = 0;

	for (; word; word &= word - 1)
		to[n++] = first + (uint32_t)__builtin_ctzll(word);
	return n;
}

/* Returns how many bytes a record must have to hold the column's field. */
static inline uint32_t rm_column_end(const struct rm_column *c)
{
	if (c->what <= RM_COLUMN_LOST)
		return 0;
	return c->place.where == RM_WHERE_TAIL
		       ? c->place.offset
		       : c->place.offset + c->place.size;
}

#endif
