/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_options.c - reads the options of a trace.dat, versions 6 and 7 alike
 */
#include "recording/dat.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

enum {
	/* Bounds the memory; recordings have far fewer. */
	INSTANCES_MAX = 1024,
	/* The sizes of the numbers that these options have at least. */
	SCALE_SIZE = 16,
	SHIFT_SIZE = 16
};

/* Returns a signed number that is written as decimal or hexadecimal text. */
static int64_t number_of(struct rm_cursor *data)
{
	char text[64];
	uint64_t size = data->end - data->at;

	if (size >= sizeof(text))
		size = sizeof(text) - 1;
	memcpy(text, data->bytes + data->at, (size_t)size);
	text[size] = '\0';
	return strtoll(text, NULL, 0);
}

static enum ringmap_status take_clock(struct rm_dat *dat,
				      const struct rm_cursor *data)
{
	struct rm_trace_info origin = {.clock = dat->clock};

	/* In version 6 the option is empty and the name follows later. */
	dat->has_clock = true;
	bool done = rm_trace_info_clock(&origin,
					(const char *)data->bytes + data->at,
					(size_t)(data->end - data->at));
	dat->clock = origin.clock;
	return done ? RINGMAP_OK : rm_dat_nomem(dat);
}

/*
 * Patched recorders use the numbers of these options for something else, of
 * another size. Such an option is ignored, as every unknown one is.
 */
static bool has_size(const struct rm_cursor *data, uint64_t least,
		     uint64_t most)
{
	uint64_t size = data->end - data->at;

	return size >= least && size <= most;
}

static enum ringmap_status take_scale(struct rm_dat *dat,
				      struct rm_cursor *data)
{
	uint32_t mult = rm_cursor_u32(data, "multiplier of the TSC");
	uint32_t shift = rm_cursor_u32(data, "shift of the TSC");

	/* The product of a 64-bit count and a 32-bit number has 96 bits. */
	if (!data->status && shift >= 96)
		rm_cursor_fail(data, "a shift of %u bits is too large", shift);
	if (data->status)
		return data->status;
	dat->stamps.mult = mult;
	dat->stamps.shift = shift;
	return RINGMAP_OK;
}

/* Adds an instance; an empty name is that of the top level, number 0. */
static enum ringmap_status new_instance(struct rm_dat *dat,
					struct rm_cursor *data,
					const char *name,
					struct rm_dat_instance **ret)
{
	struct rm_dat_instance *grown = dat->instances;

	if (!*name) {
		*ret = &dat->instances[0];
		return RINGMAP_OK;
	}
	if (dat->nr_instances == INSTANCES_MAX)
		return rm_cursor_fail(data, "more than %d instances",
				      INSTANCES_MAX);
	grown = reallocarray(grown, dat->nr_instances + 1, sizeof(*grown));
	if (!grown)
		return rm_dat_nomem(dat);
	dat->instances = grown;
	*ret = &grown[dat->nr_instances];
	**ret = (struct rm_dat_instance){.subbuf_size = dat->subbuf_size};
	(*ret)->name = strdup(name);
	if (!(*ret)->name)
		return rm_dat_nomem(dat);
	dat->nr_instances++;
	return RINGMAP_OK;
}

static enum ringmap_status take_cpus(struct rm_dat *dat,
				     struct rm_dat_instance *instance,
				     struct rm_cursor *data)
{
	instance->subbuf_size = rm_cursor_u32(data, "sub-buffer size");
	uint32_t count = rm_cursor_u32(data, "number of CPUs");

	for (uint32_t i = 0; i < count && !data->status; i++) {
		uint32_t cpu = rm_cursor_u32(data, "number of a CPU");
		enum ringmap_status s =
			rm_dat_take_cpu(dat, instance, cpu, data);

		if (s)
			return s;
	}
	return data->status;
}

static enum ringmap_status take_buffer(struct rm_dat *dat,
				       struct rm_cursor *data, bool text)
{
	struct rm_dat_instance *instance = NULL;
	uint64_t offset = rm_cursor_u64(data, "offset of a buffer");
	const char *name = rm_cursor_string(data, "name of a buffer");

	if (data->status)
		return data->status;
	enum ringmap_status s = new_instance(dat, data, name, &instance);
	if (s)
		return s;
	instance->offset = offset;
	instance->text = text;
	instance->described = true;
	if (dat->version == 6)
		return RINGMAP_OK;
	const char *clock = rm_cursor_string(data, "clock of a buffer");
	if (data->status)
		return data->status;
	struct rm_trace_info origin = {.clock = instance->clock};
	bool done = rm_trace_info_clock(&origin, clock, strlen(clock));
	instance->clock = origin.clock;
	if (!done)
		return rm_dat_nomem(dat);
	/* If an instance is described twice, the last description holds. */
	instance->nr_cpus = 0;
	return text ? RINGMAP_OK : take_cpus(dat, instance, data);
}

enum ringmap_status rm_dat_option(struct rm_dat *dat, uint32_t id,
				  struct rm_cursor *data)
{
	switch (id) {
	case RM_DAT_DATE:
		/* The option is in microseconds, the offset in ns. */
		dat->stamps.offset += (uint64_t)number_of(data) * 1000;
		return RINGMAP_OK;
	case RM_DAT_OFFSET:
		dat->stamps.offset += (uint64_t)number_of(data);
		return RINGMAP_OK;
	case RM_DAT_TRACECLOCK:
		return take_clock(dat, data);
	case RM_DAT_TSC2NSEC:
		return has_size(data, SCALE_SIZE, UINT64_MAX)
			       ? take_scale(dat, data)
			       : RINGMAP_OK;
	case RM_DAT_TIME_SHIFT:
		return has_size(data, SHIFT_SIZE, UINT64_MAX)
			       ? rm_dat_time_shift(dat, data)
			       : RINGMAP_OK;
	case RM_DAT_CPUCOUNT:
		if (has_size(data, sizeof(uint32_t), sizeof(uint32_t)))
			dat->nr_cpus = rm_cursor_u32(data, "number of CPUs");
		return data->status;
	case RM_DAT_BUFFER:
	case RM_DAT_BUFFER_TEXT:
		return take_buffer(dat, data, id == RM_DAT_BUFFER_TEXT);
	default:
		if (dat->version == 7 && id >= RM_DAT_FIRST_PART &&
		    id < RM_DAT_FIRST_PART + RM_DAT_PARTS)
			dat->parts[id - RM_DAT_FIRST_PART] =
				rm_cursor_u64(data, "offset of a section");
		return data->status;
	}
}
