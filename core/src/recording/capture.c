/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * capture.c - opens a folder of raw captures as a trace
 *
 * The recorded sub-buffers are mapped rather than read, because a capture may
 * be larger than memory. ring/readahead.c notices, window by window, that a file
 * was truncated; an access to a window that lost its bytes since raises SIGBUS.
 */
#define _GNU_SOURCE
#include "recording/capture_shape.h"
#include "recording/rest.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/new_text.h"
#include "base/tracefs.h"
#include "trace/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define RAW_FILE "trace_pipe_raw"
#define HEADER_PAGE "events/header_page"

/* The state of one open; it is freed when the trace holds the rings. */
struct capture {
	const char *dir;
	int root; /* the same as a descriptor */
	struct ringmap_image_opts shape;
	uint32_t *cpus; /* ascending */
	size_t nr_cpus;
	struct ringmap_ring **rings;
	size_t nr_rings;
	struct ringmap_error cut; /* the first file that was; status 0: none */
	struct ringmap_error *err;
};

/* One mapped file, which lives until its ring is freed. */
struct mapping {
	void *mem;
	size_t size;
	char *path; /* for errors */
};

static enum ringmap_status failed(const struct capture *c, int os_errno,
				  const char *file)
{
	static const struct rm_file_hints hints = {
		.missing = "a capture has the layout of tracefs",
	};

	return rm_file_fail(c->err, os_errno, &hints, c->dir, file);
}

/* Opens a regular file, but none in the tracefs of a running kernel. */
static enum ringmap_status open_file(const struct capture *c, const char *file,
				     int *ret, size_t *size)
{
	rm_autoclose int fd = rm_open_inside(c->root, file);
	struct statfs fs;
	struct stat st;

	if (fd < 0)
		return failed(c, -fd, file);
	if (fstatfs(fd, &fs) || fstat(fd, &st))
		return failed(c, errno, file);
	if (fs.f_type == TRACEFS_MAGIC)
		return rm_fail(c->err, RINGMAP_E_CORRUPT, 0,
			       "%s is not a capture, it belongs to the running "
			       "kernel: open it as an instance",
			       c->dir);
	if ((uint64_t)st.st_size > SIZE_MAX)
		return failed(c, EFBIG, file);
	*ret = rm_steal_fd(fd);
	*size = (size_t)st.st_size;
	return RINGMAP_OK;
}

/* ---- geometry ---------------------------------------------------------- */

static enum ringmap_status read_header_page(struct capture *c)
{
	static const char file[] = HEADER_PAGE;
	char text[RM_HEADER_PAGE_MAX];
	rm_autoclose int fd = -1;
	size_t size;

	enum ringmap_status s = open_file(c, file, &fd, &size);
	if (s)
		return s;
	ssize_t n = read(fd, text, sizeof(text));
	if (n < 0)
		return failed(c, errno, file);
	if (!rm_header_page(text, (size_t)n, &c->shape))
		return rm_fail(c->err, RINGMAP_E_CORRUPT, 0,
			       "%s/%s does not describe a sub-buffer", c->dir,
			       file);
	return RINGMAP_OK;
}

/* ---- CPUs ---------------------------------------------------------------- */

static enum ringmap_status find_cpus(struct capture *c)
{
	int fd = rm_open_folder_inside(c->root, "per_cpu");
	if (fd < 0)
		return failed(c, -fd, "per_cpu");
	int os_errno = rm_list_cpus(fd, &c->cpus, &c->nr_cpus);
	if (os_errno)
		return failed(c, os_errno, "per_cpu");
	if (!c->nr_cpus)
		return failed(c, ENOENT, "per_cpu/cpu*/" RAW_FILE);
	return RINGMAP_OK;
}

/* ---- rings --------------------------------------------------------------- */

static void unmap(void *ctx)
{
	struct mapping *map = ctx;

	if (map->size)
		munmap(map->mem, map->size);
	free(map->path);
	free(map);
}

/* Notes that a file ends inside a sub-buffer. Only the first one is kept. */
static void note_cut(struct capture *c, const char *path, size_t size)
{
	if (c->cut.status)
		return;
	rm_fail(&c->cut, RINGMAP_E_CORRUPT, 0,
		RM_FILE "the file was cut inside a sub-buffer: %zu bytes are "
			"not a multiple of %" PRIu32,
		RM_FILE_ARGS(path), size, c->shape.subbuf_size);
}

static enum ringmap_status map_file(struct capture *c, const char *file,
				    struct mapping **ret)
{
	rm_autoclose int fd = -1;
	size_t size;

	enum ringmap_status s = open_file(c, file, &fd, &size);
	if (s)
		return s;
	rm_autofree struct mapping *map = calloc(1, sizeof(*map));
	rm_autofree char *path = rm_new_text("%s/%s", c->dir, file);
	if (!map || !path)
		return failed(c, ENOMEM, file);
	if (size % c->shape.subbuf_size)
		note_cut(c, path, size);
	/* The file of a CPU without events is empty; mmap() refuses that. */
	if (size) {
		map->mem = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map->mem == MAP_FAILED)
			return failed(c, errno, file);
		map->size = size;
	}
	map->path = rm_steal(path);
	*ret = rm_steal(map);
	return RINGMAP_OK;
}

static enum ringmap_status map_cpu(struct capture *c, uint32_t cpu,
				   struct mapping **ret)
{
	char file[sizeof("per_cpu/cpu4294967295/" RAW_FILE)];

	snprintf(file, sizeof(file), "per_cpu/cpu%" PRIu32 "/" RAW_FILE, cpu);
	return map_file(c, file, ret);
}

/*
 * All CPUs of a machine have the same byte order, but a CPU without events does
 * not show it. No ring is opened before one of the CPUs has shown it.
 */
static enum ringmap_status find_order(struct capture *c)
{
	bool found = false;

	for (size_t i = 0; i < c->nr_cpus && !found; i++) {
		struct mapping *map = NULL;
		enum ringmap_status s = map_cpu(c, c->cpus[i], &map);

		if (s)
			return s;
		size_t rest = map->size % c->shape.subbuf_size;
		found = rm_byte_order(map->mem, map->size - rest, &c->shape);
		unmap(map);
	}
	return RINGMAP_OK;
}

static enum ringmap_status open_cpu(struct capture *c, uint32_t cpu)
{
	struct mapping *map = NULL;
	enum ringmap_status s = map_cpu(c, cpu, &map);

	if (s)
		return s;
	size_t rest = map->size % c->shape.subbuf_size;
	size_t size = map->size - rest;
	c->shape.cpu = cpu;
	struct ringmap_ring *ring;
	s = ringmap_ring_open_image(map->mem, size, &c->shape, &ring, c->err);
	if (s) {
		unmap(map);
		return s;
	}
	rm_ring_on_free(ring, unmap, map);
	rm_image_in_file(ring, map->path, 0, c->nr_cpus);
	if (rest)
		s = rm_ring_was_cut(ring, (const uint8_t *)map->mem + size,
				    rest, &c->shape, c->err);
	if (s) {
		ringmap_ring_unref(ring);
		return s;
	}
	c->rings[c->nr_rings++] = ring;
	return RINGMAP_OK;
}

static enum ringmap_status open_rings(struct capture *c)
{
	c->rings = calloc(c->nr_cpus, sizeof(*c->rings));
	if (!c->rings)
		return failed(c, ENOMEM, "per_cpu");
	for (size_t i = 0; i < c->nr_cpus; i++) {
		enum ringmap_status s = open_cpu(c, c->cpus[i]);
		if (s)
			return s;
	}
	return RINGMAP_OK;
}

/* ---- opening --------------------------------------------------------------- */

/* A capture may have no trace_clock. */
static enum ringmap_status read_clock(const struct capture *c,
				      struct rm_trace_info *origin)
{
	static const char file[] = "trace_clock";
	char text[512];
	rm_autoclose int fd = rm_open_inside(c->root, file);

	if (fd == -ENOENT)
		return RINGMAP_OK;
	ssize_t n = fd < 0 ? fd : rm_read_text(fd, text, sizeof(text));
	if (n < 0)
		return failed(c, (int)-n, file);
	return rm_trace_info_clock(origin, text, (size_t)n)
		       ? RINGMAP_OK
		       : failed(c, ENOMEM, file);
}

static void free_capture(struct capture *c)
{
	if (c->root >= 0)
		close(c->root);
	for (size_t i = 0; i < c->nr_rings; i++)
		ringmap_ring_unref(c->rings[i]);
	free(c->rings);
	free(c->cpus);
}

enum ringmap_status ringmap_trace_open_capture(const char *dir,
					       struct ringmap_trace **ret,
					       struct ringmap_error *err)
{
	if (!dir || !ret)
		return rm_fail(err, RINGMAP_E_INVAL, 0, "%s is NULL",
			       dir ? "ret" : "dir");
	__attribute__((cleanup(free_capture))) struct capture c = {
		.dir = dir,
		.root = rm_open_root(dir),
		.shape = {.sz = sizeof(c.shape)},
		.err = err,
	};
	enum ringmap_status s = c.root < 0 ? failed(&c, -c.root, HEADER_PAGE)
					   : read_header_page(&c);
	if (!s)
		s = find_cpus(&c);
	if (!s)
		s = find_order(&c);
	if (!s)
		s = open_rings(&c);
	struct rm_trace_info origin = {.open_schema = rm_dir_schema_source,
				       .cut = c.cut};
	if (!s && !rm_trace_info_path(&origin, dir))
		s = failed(&c, ENOMEM, NULL);
	if (!s)
		s = read_clock(&c, &origin);
	if (!s)
		s = rm_trace_new(c.rings, c.nr_rings, &origin, ret, err);
	rm_trace_info_free(&origin);
	return s;
}
