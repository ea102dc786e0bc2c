/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_shift.c - reads how far the clock of a guest was from that of its host
 *
 * The option TIME_SHIFT has the id of the host's trace, flags, and the number
 * of CPUs; for each CPU the number of its samples, their times, offsets and
 * scalings; and, behind those of all CPUs, the fraction bits of the scalings.
 * Recorders before trace-cmd 3.1 left the fraction bits out.
 */
#include "recording/dat.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <stdlib.h>

enum {
	FLAG_INTERPOLATE = 1,
	NUMBER = 8 /* bytes of each number of a sample */
};

static void free_shift(struct rm_time_shift **shift)
{
	rm_time_shift_free(*shift);
}

static enum ringmap_status read_samples(const struct rm_dat *dat,
					struct rm_clock_samples *cpu,
					struct rm_cursor *data)
{
	uint32_t count = rm_cursor_u32(data, "number of clock samples");
	struct rm_cursor ahead = *data;

	/* Checked before memory for them is allocated. */
	if (!rm_cursor_take(&ahead, 3 * NUMBER * (uint64_t)count,
			    "clock samples"))
		return ahead.status;
	cpu->samples = calloc((size_t)count + 1, sizeof(*cpu->samples));
	if (!cpu->samples)
		return rm_dat_nomem(dat);
	cpu->count = count;
	for (uint32_t i = 0; i < count; i++)
		cpu->samples[i].time = rm_cursor_u64(data, "time of a sample");
	for (uint32_t i = 0; i < count; i++)
		cpu->samples[i].offset =
			(int64_t)rm_cursor_u64(data, "offset of a sample");
	for (uint32_t i = 0; i < count; i++)
		cpu->samples[i].scaling =
			rm_cursor_u64(data, "scaling of a sample");
	return data->status;
}

static enum ringmap_status read_fractions(struct rm_clock_samples *cpu,
					  struct rm_cursor *data)
{
	for (size_t i = 0; i < cpu->count; i++) {
		uint64_t bits = rm_cursor_u64(data, "fraction of a sample");

		if (!data->status && bits >= 64)
			rm_cursor_fail(data,
				       "a scaling with %llu fraction bits",
				       (unsigned long long)bits);
		cpu->samples[i].fraction = (uint32_t)bits;
	}
	return data->status;
}

static int by_time(const void *a, const void *b)
{
	const struct rm_clock_sample *x = a;
	const struct rm_clock_sample *y = b;

	return (x->time > y->time) - (x->time < y->time);
}

/* Sorts the samples; keeps one of those that have the same time. */
static void sort(struct rm_clock_samples *cpu)
{
	size_t kept = 0;

	if (cpu->count)
		qsort(cpu->samples, cpu->count, sizeof(*cpu->samples), by_time);
	for (size_t i = 0; i < cpu->count; i++)
		if (!i || cpu->samples[i].time != cpu->samples[i - 1].time)
			cpu->samples[kept++] = cpu->samples[i];
	cpu->count = kept;
}

static enum ringmap_status read_cpus(const struct rm_dat *dat,
				     struct rm_time_shift *shift,
				     uint32_t count, struct rm_cursor *data)
{
	enum ringmap_status s = RINGMAP_OK;

	/* Each has at least the number of its samples. */
	if (count > (data->end - data->at) / sizeof(uint32_t))
		return rm_cursor_fail(data,
				      "clock samples of %u CPUs do not "
				      "fit into the option",
				      count);
	shift->cpus = calloc((size_t)count + 1, sizeof(*shift->cpus));
	if (!shift->cpus)
		return rm_dat_nomem(dat);
	shift->nr_cpus = count;
	for (uint32_t i = 0; i < count && !s; i++)
		s = read_samples(dat, &shift->cpus[i], data);
	bool fractions = data->at < data->end;
	for (uint32_t i = 0; i < count && fractions && !s; i++)
		s = read_fractions(&shift->cpus[i], data);
	for (uint32_t i = 0; i < count && !s; i++)
		sort(&shift->cpus[i]);
	return s;
}

/* Returns false if no CPU has a sample, so that no stamp would change. */
static bool any_samples(const struct rm_time_shift *shift)
{
	for (size_t i = 0; i < shift->nr_cpus; i++)
		if (shift->cpus[i].count)
			return true;
	return false;
}

enum ringmap_status rm_dat_time_shift(struct rm_dat *dat,
				      struct rm_cursor *data)
{
	__attribute__((cleanup(free_shift))) struct rm_time_shift *shift =
		calloc(1, sizeof(*shift));

	if (!shift)
		return rm_dat_nomem(dat);
	rm_cursor_u64(data, "id of the host's trace");
	uint32_t flags = rm_cursor_u32(data, "flags of the clock samples");
	uint32_t count = rm_cursor_u32(data, "number of CPUs with samples");
	if (data->status)
		return data->status;
	shift->interpolate = flags & FLAG_INTERPOLATE;
	enum ringmap_status s = read_cpus(dat, shift, count, data);
	if (s)
		return s;
	/* If the option comes twice, the last one holds. */
	rm_time_shift_free(dat->stamps.guest);
	dat->stamps.guest = any_samples(shift) ? rm_steal(shift) : NULL;
	return RINGMAP_OK;
}
