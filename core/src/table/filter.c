/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * filter.c - chooses the records that become rows
 */
#include "table/filter.h"

#include "ring/layout.h"

#include <stdlib.h>

bool rm_filter_passes_all(const struct rm_filter *f,
			  const struct rm_record_list *records)
{
	return !f->by_pid && !f->by_begin && !f->by_end &&
	       !(records->cpus && f->by_cpu);
}

static int compare_cpus(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a;
	uint32_t right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static int compare_pids(const void *a, const void *b)
{
	int32_t left = *(const int32_t *)a;
	int32_t right = *(const int32_t *)b;

	return (left > right) - (left < right);
}

void rm_filter_sort(struct rm_filter *f)
{
	qsort(f->pids, f->nr_pids, sizeof(*f->pids), compare_pids);
	qsort(f->cpus, f->nr_cpus, sizeof(*f->cpus), compare_cpus);
}

bool rm_filter_names_cpu(const struct rm_filter *f, uint32_t cpu)
{
	return bsearch(&cpu, f->cpus, f->nr_cpus, sizeof(cpu), compare_cpus);
}

static bool passes(const struct rm_filter *f,
		   const struct rm_record_list *records, size_t i)
{
	const uint64_t ts = records->ts[i] ^ f->flip;

	if ((f->by_begin && ts < f->from) || (f->by_end && ts >= f->to))
		return false;
	if (records->cpus && !rm_filter_cpu(f, records->cpus[i]))
		return false;
	if (!f->by_pid)
		return true;
	if (records->size[i] < f->pid_offset + sizeof(int32_t))
		return false;
	int32_t pid = (int32_t)rm_load32(records->record[i] + f->pid_offset,
					 records->big_endian);
	return bsearch(&pid, f->pids, f->nr_pids, sizeof(pid), compare_pids);
}

bool rm_filter(const struct rm_filter *f, const struct rm_record_list *records,
	       struct rm_record_list *ret)
{
	if (!rm_record_list_grow(ret, records->count, records->cpus))
		return false;
	ret->count = 0;
	ret->cpu = records->cpu;
	ret->big_endian = records->big_endian;
	for (size_t i = 0; i < records->count; i++) {
		if (!passes(f, records, i))
			continue;
		if (records->cpus)
			ret->cpus[ret->count] = records->cpus[i];
		rm_record_list_add(ret, records->record[i], records->size[i],
				   records->ts[i]);
	}
	return true;
}
