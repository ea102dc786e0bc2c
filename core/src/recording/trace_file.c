/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * trace_file.c - opens the rings of a trace.dat as a trace
 */
#include "recording/dat.h"
#include "recording/rest.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "ring/layout.h"
#include "trace/trace.h"

#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

static void unmap(void *ctx)
{
	rm_dat_map_unref(ctx);
}

/* Opens a ring over data that is not compressed. */
static enum ringmap_status open_plain(struct rm_dat *dat,
				      const struct rm_dat_cpu *cpu,
				      const struct ringmap_image_opts *shape,
				      size_t rings, struct ringmap_ring **ret)
{
	size_t rest = (size_t)(cpu->size % shape->subbuf_size);
	size_t size = (size_t)cpu->size - rest;

	if (rest && !cpu->cut)
		return rm_fail(dat->err, RINGMAP_E_CORRUPT, 0,
			       RM_FILE "byte %" PRIu64
				       ": the data of CPU %" PRIu32
				       " ends inside a sub-buffer: %" PRIu64
				       " bytes are not a multiple of %" PRIu32,
			       RM_FILE_ARGS(dat->map->path), cpu->offset,
			       cpu->cpu, cpu->size, shape->subbuf_size);
	enum ringmap_status s = ringmap_ring_open_image(
		size ? dat->map->bytes + cpu->offset : NULL, size, shape, ret,
		dat->err);
	if (s)
		return s;
	rm_ring_on_free(*ret, unmap, rm_dat_map_ref(dat->map));
	rm_image_in_file(*ret, dat->map->path, cpu->offset, rings);
	if (!cpu->cut)
		return RINGMAP_OK;
	s = rm_ring_was_cut(*ret, dat->map->bytes + cpu->offset + size, rest,
			    shape, dat->err);
	if (s)
		ringmap_ring_unref(*ret);
	return s;
}

/* Reads from the instance's section whether its data is compressed. */
static enum ringmap_status is_packed(const struct rm_dat *dat,
				     const struct rm_dat_instance *instance,
				     bool *ret)
{
	struct rm_dat_section section;

	*ret = false;
	if (dat->version == 6 || !instance->nr_cpus)
		return RINGMAP_OK;
	/* If the file was cut before the section, there is nothing to unpack. */
	if (dat->cut.status &&
	    (instance->offset > dat->map->size ||
	     dat->map->size - instance->offset < RM_DAT_SECTION_HEADER))
		return RINGMAP_OK;
	enum ringmap_status s =
		(dat->cut.status ? rm_dat_section_header : rm_dat_section_at)(
			dat, RM_DAT_BUFFER, instance->offset, &section);
	*ret = !s && section.packed;
	return s;
}

static enum ringmap_status open_rings(struct rm_dat *dat,
				      const struct rm_dat_instance *instance,
				      struct ringmap_ring **rings,
				      size_t *opened)
{
	struct ringmap_image_opts shape = {
		.sz = sizeof(shape),
		.subbuf_size = instance->subbuf_size,
		.long_size = dat->long_size,
		.data_offset = dat->data_offset,
		.big_endian = dat->big_endian,
	};
	bool packed;

	enum ringmap_status s = is_packed(dat, instance, &packed);
	for (size_t i = 0; i < instance->nr_cpus && !s; i++) {
		const struct rm_dat_cpu *cpu = &instance->cpus[i];

		shape.cpu = cpu->cpu;
		s = (packed ? rm_dat_open_chunks : open_plain)(
			dat, cpu, &shape, instance->nr_cpus, &rings[i]);
		*opened += !s;
	}
	return s;
}

/* Holds afterwards: subbuf_size is a size that a kernel can have. */
static enum ringmap_status check_shape(const struct rm_dat *dat,
				       const struct rm_dat_instance *instance)
{
	uint32_t size = instance->subbuf_size;

	if (instance->text)
		return rm_fail(dat->err, RINGMAP_E_UNSUPPORTED, 0,
			       RM_FILE "instance \"%.100s\" is the text of a "
				       "latency tracer and has no events",
			       RM_FILE_ARGS(dat->map->path), instance->name);
	if (instance->nr_cpus &&
	    (size < 4096 || size > RM_SUBBUF_MAX || (size & (size - 1))))
		return rm_fail(dat->err, RINGMAP_E_CORRUPT, 0,
			       RM_FILE "instance \"%.100s\": no kernel has "
				       "sub-buffers of %" PRIu32 " bytes",
			       RM_FILE_ARGS(dat->map->path), instance->name,
			       size);
	return RINGMAP_OK;
}

/* Moves clock, instances and stamps into @ret. */
static enum ringmap_status origin_of(struct rm_dat *dat, const char *path,
				     struct rm_dat_instance *instance,
				     struct rm_trace_info *ret)
{
	char **clock = instance->clock ? &instance->clock : &dat->clock;

	*ret = (struct rm_trace_info){
		.open_schema = rm_dat_schema_source,
		.clock = rm_steal(*clock),
		.instances = calloc(dat->nr_instances, sizeof(char *)),
		.nr_instances = dat->nr_instances,
		.stamps = dat->stamps,
		/* trace-cmd names every clock but its default, "local". */
		.unit = RINGMAP_TS_NS,
	};
	ret->cut = dat->cut;
	dat->stamps.guest = NULL;
	if (!ret->instances || !rm_trace_info_path(ret, path))
		return rm_dat_nomem(dat);
	for (size_t i = 1; i < dat->nr_instances; i++)
		ret->instances[i] = rm_steal(dat->instances[i].name);
	return RINGMAP_OK;
}

static enum ringmap_status open_instance(struct rm_dat *dat, const char *path,
					 const char *name,
					 struct ringmap_trace **ret)
{
	struct rm_dat_instance *instance;
	struct rm_trace_info origin = {.path = NULL};
	size_t opened = 0;

	enum ringmap_status s = rm_dat_instance(dat, name, &instance);
	if (!s)
		s = check_shape(dat, instance);
	if (!s)
		s = rm_dat_check_cpus(dat, instance);
	if (s)
		return s;
	rm_autofree struct ringmap_ring **rings =
		calloc(instance->nr_cpus + 1, sizeof(struct ringmap_ring *));
	if (!rings)
		return rm_dat_nomem(dat);
	s = open_rings(dat, instance, rings, &opened);
	/* The rings do not read formats and options again: free the pages. */
	(void)madvise((void *)(uintptr_t)dat->map->bytes, dat->map->size,
		      MADV_DONTNEED);
	if (!s)
		s = origin_of(dat, path, instance, &origin);
	if (!s)
		s = rm_trace_new(rings, opened, &origin, ret, dat->err);
	rm_trace_info_free(&origin);
	for (size_t i = 0; i < opened; i++)
		ringmap_ring_unref(rings[i]);
	return s;
}

enum ringmap_status rm_dat_trace(int fd, const char *path, const char *instance,
				 struct ringmap_trace **ret,
				 struct ringmap_error *err)
{
	struct rm_dat dat;
	enum ringmap_status s = rm_dat_open(&dat, path, fd, err);

	if (s)
		return s;
	s = open_instance(&dat, path, instance, ret);
	rm_dat_close(&dat);
	return s;
}
