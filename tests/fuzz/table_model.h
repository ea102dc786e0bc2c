/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * table_model.h - the rows that the tables of a reader must hold
 */
#ifndef RM_TABLE_MODEL_H
#define RM_TABLE_MODEL_H

#include <ringmap/ringmap.h>

#include <stdbool.h>
#include <stdio.h>

enum {
	MODEL_CPUS = 2,
	MODEL_EVENTS = 3,                /* with ids from 1 on */
	MODEL_TABLES = MODEL_EVENTS + 1, /* one of each, one of every event */
	STATUSES_MAX = 1 << 16 /* more than a small input has sub-buffers */
};

/* The rings, the reader and what its tables are to let through. */
struct choice {
	struct ringmap_image_opts shape;
	uint32_t cpus;
	bool ordered;
	uint32_t threads;
	uint32_t columns; /* which lists of them */
	uint32_t first;   /* the event of the first table */
	uint32_t tables;  /* of that event and those behind it */
	bool by_cpu, by_pid, by_ts;
	int32_t pid;
	uint32_t cpu;
	uint64_t from, to;
	size_t batch_rows;
};

/* Their formats; one for all inputs. */
struct ringmap_schema *model_schema(void);

/* The number of an event, or MODEL_EVENTS, is a table's. NULL: every event. */
const char *model_event(uint32_t number);

/*
 * Rows as text, in the order in which they come: of each CPU where the tables
 * are not ordered, else all of them under CPU 0.
 */
struct rows {
	FILE *out[MODEL_TABLES][MODEL_CPUS];
	char *text[MODEL_TABLES][MODEL_CPUS];
	size_t size[MODEL_TABLES][MODEL_CPUS];
};

void rows_begin(struct rows *rows);
void rows_end(struct rows *rows);
void rows_free(struct rows *rows);

/*
 * Fills @rows with what ringmap_trace_next() and cells.h find for the columns
 * of these schemas, one for each table. Returns how many places are corrupt.
 */
uint64_t model_walk(const struct choice *choice, struct ringmap_trace *trace,
		    const struct ArrowSchema *schemas, struct rows *rows);

#endif
