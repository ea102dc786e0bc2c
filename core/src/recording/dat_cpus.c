/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_cpus.c - reads and checks where each CPU's data lies in a trace.dat
 */
#include "recording/dat.h"

#include "base/error.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	CPUS_MAX = 8192,       /* NR_CPUS of the largest kernel */
	ALL_CPUS_MAX = 1 << 17 /* in all instances; bounds the memory */
};

enum ringmap_status rm_dat_instance(const struct rm_dat *dat, const char *name,
				    struct rm_dat_instance **ret)
{
	for (size_t i = 0; i < dat->nr_instances; i++)
		if (!strcmp(dat->instances[i].name, name ? name : "")) {
			*ret = &dat->instances[i];
			if ((*ret)->missing)
				return rm_fail(
					dat->err, RINGMAP_E_CORRUPT, 0,
					RM_FILE "the file was cut at byte %zu, "
						"before the list of the CPUs "
						"of instance \"%.100s\"",
					RM_FILE_ARGS(dat->map->path),
					dat->map->size, name ? name : "");
			return RINGMAP_OK;
		}
	return rm_fail(dat->err, RINGMAP_E_NOENT, 0,
		       RM_FILE "the file%s has no instance \"%.100s\"",
		       RM_FILE_ARGS(dat->map->path),
		       dat->cut.status ? " was cut and" : "", name);
}

/* @c: where it was read, for the error. */
static enum ringmap_status add_cpu(struct rm_dat *dat,
				   struct rm_dat_instance *instance,
				   const struct rm_dat_cpu *cpu,
				   struct rm_cursor *c)
{
	if (instance->nr_cpus == CPUS_MAX || dat->all_cpus == ALL_CPUS_MAX)
		return rm_cursor_fail(c, "more CPUs than any kernel supports");
	struct rm_dat_cpu *cpus = reallocarray(
		instance->cpus, instance->nr_cpus + 1, sizeof(*instance->cpus));
	if (!cpus)
		return rm_dat_nomem(dat);
	cpus[instance->nr_cpus++] = *cpu;
	instance->cpus = cpus;
	dat->all_cpus++;
	return RINGMAP_OK;
}

enum ringmap_status rm_dat_take_cpu(struct rm_dat *dat,
				    struct rm_dat_instance *instance,
				    uint32_t number, struct rm_cursor *c)
{
	struct rm_dat_cpu cpu = {.cpu = number};

	/* C leaves open which member of an initializer is read first. */
	cpu.offset = rm_cursor_u64(c, "offset of a CPU's data");
	cpu.size = rm_cursor_u64(c, "size of a CPU's data");
	if (c->status || !cpu.size)
		return c->status;
	return add_cpu(dat, instance, &cpu, c);
}

enum ringmap_status rm_dat_table(struct rm_dat *dat,
				 struct rm_dat_instance *instance,
				 struct rm_cursor *c)
{
	if (dat->nr_cpus > CPUS_MAX)
		return rm_cursor_fail(
			c, "%u CPUs are more than any kernel supports",
			dat->nr_cpus);
	for (uint32_t i = 0; i < dat->nr_cpus; i++) {
		enum ringmap_status s = rm_dat_take_cpu(dat, instance, i, c);

		if (s)
			return s;
	}
	return RINGMAP_OK;
}

static int by_offset(const void *a, const void *b)
{
	const struct rm_dat_cpu *x = a;
	const struct rm_dat_cpu *y = b;

	return (x->offset > y->offset) - (x->offset < y->offset);
}

static int by_number(const void *a, const void *b)
{
	const struct rm_dat_cpu *x = a;
	const struct rm_dat_cpu *y = b;

	return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

static enum ringmap_status refuse(const struct rm_dat *dat,
				  const struct rm_dat_cpu *cpu, const char *why)
{
	return rm_fail(dat->err, RINGMAP_E_CORRUPT, 0,
		       RM_FILE "byte %" PRIu64 ": the %" PRIu64
			       " bytes of data of CPU %" PRIu32
			       " %s (the file has %zu bytes)",
		       RM_FILE_ARGS(dat->map->path), cpu->offset, cpu->size,
		       cpu->cpu, why, dat->map->size);
}

/*
 * Data that reaches beyond the end of the file is what a cut leaves, if nothing
 * else should follow before it ends. Holds afterwards: offset + size is in the
 * file.
 */
static enum ringmap_status check_end(struct rm_dat *dat, struct rm_dat_cpu *cpu,
				     const struct rm_dat_cpu *next)
{
	uint64_t room = dat->map->size;
	uint64_t end;

	if (__builtin_add_overflow(cpu->offset, cpu->size, &end) ||
	    (end > room && next && next->offset < end))
		return refuse(dat, cpu, "reach beyond the end of the file");
	if (end <= room)
		return RINGMAP_OK;
	rm_dat_note_cut(dat, "the data of CPU", cpu->cpu, end);
	cpu->cut = true;
	if (cpu->offset > room)
		cpu->offset = room;
	cpu->size = room - cpu->offset;
	return RINGMAP_OK;
}

enum ringmap_status rm_dat_check_cpus(struct rm_dat *dat,
				      struct rm_dat_instance *instance)
{
	struct rm_dat_cpu *cpus = instance->cpus;
	size_t count = instance->nr_cpus;
	uint64_t end = 0;

	if (!count)
		return RINGMAP_OK;
	qsort(cpus, count, sizeof(*cpus), by_offset);
	for (size_t i = 0; i < count; i++) {
		const struct rm_dat_cpu *next =
			i + 1 < count ? &cpus[i + 1] : NULL;

		bool aligned = cpus[i].offset % 4 == 0;

		enum ringmap_status s = check_end(dat, &cpus[i], next);
		if (s)
			return s;
		if (cpus[i].offset < end)
			return refuse(dat, &cpus[i], "overlap another CPU's");
		if (!aligned)
			return refuse(dat, &cpus[i],
				      "are not aligned to 4 bytes");
		end = cpus[i].offset + cpus[i].size;
	}
	qsort(cpus, count, sizeof(*cpus), by_number);
	for (size_t i = 1; i < count; i++)
		if (cpus[i].cpu == cpus[i - 1].cpu)
			return refuse(dat, &cpus[i], "are its second block");
	return RINGMAP_OK;
}
