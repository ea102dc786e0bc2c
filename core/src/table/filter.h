/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * filter.h - which records become rows
 */
#ifndef RM_FILTER_H
#define RM_FILTER_H

#include "table/records.h"

struct rm_filter {
	int32_t *pids; /* ascending */
	size_t nr_pids;
	uint32_t *cpus; /* ascending */
	size_t nr_cpus;
	uint64_t from;
	uint64_t to; /* 0: no end */
	uint32_t pid_offset;
	bool by_pid;
	bool by_cpu;
};

/* Puts the filter's numbers, as they came, in order. */
void rm_filter_sort(struct rm_filter *f);

/* All of the rows pass; of rows of one CPU, that CPU was looked at before. */
bool rm_filter_passes_rows(const struct rm_filter *f,
			   const struct rm_record_list *rows);

/* Whether @cpu is one of those that the filter names. */
bool rm_filter_names_cpu(const struct rm_filter *f, uint32_t cpu);

static inline bool rm_filter_cpu(const struct rm_filter *f, uint32_t cpu)
{
	return !f->by_cpu || rm_filter_names_cpu(f, cpu);
}

/* Copies what passes to @ret. False: no memory. */
bool rm_filter(const struct rm_filter *f, const struct rm_record_list *rows,
	       struct rm_record_list *ret);

#endif
