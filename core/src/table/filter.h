/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * filter.h - chooses the records that become rows
 */
#ifndef RM_FILTER_H
#define RM_FILTER_H

#include "table/records.h"

struct rm_filter {
	int32_t *pids; /* ascending */
	size_t nr_pids;
	uint32_t *cpus; /* ascending */
	size_t nr_cpus;
	/* All stamps are compared with the bits of flip inverted: unsigned order
	 * is then that of signed stamps. */
	uint64_t flip;
	uint64_t from; /* the first one wanted */
	uint64_t to;   /* the first one no longer wanted, if by_end */
	bool by_begin;
	bool by_end;
	uint32_t pid_offset;
	bool by_pid;
	bool by_cpu;
};

/* Sorts the filter's PIDs and CPUs. */
void rm_filter_sort(struct rm_filter *f);

/*
 * Returns true if all of the records pass. If they are of one CPU, the caller
 * has checked that CPU.
 */
bool rm_filter_passes_all(const struct rm_filter *f,
			  const struct rm_record_list *records);

/* Returns true if the filter names @cpu. */
bool rm_filter_names_cpu(const struct rm_filter *f, uint32_t cpu);

static inline bool rm_filter_cpu(const struct rm_filter *f, uint32_t cpu)
{
	return !f->by_cpu || rm_filter_names_cpu(f, cpu);
}

/* Lists the records that pass in @ret; returns false if there is no memory. */
bool rm_filter(const struct rm_filter *f, const struct rm_record_list *records,
	       struct rm_record_list *ret);

#endif
