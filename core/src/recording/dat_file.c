/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * dat_file.c - maps a trace.dat and makes bounded cursors over it
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "recording/dat.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct rm_dat_map *rm_dat_map_ref(struct rm_dat_map *map)
{
	/* Relaxed: the caller's own reference keeps the map alive. */
	__atomic_fetch_add(&map->refs, 1, __ATOMIC_RELAXED);
	return map;
}

void rm_dat_map_unref(struct rm_dat_map *map)
{
	/*
	 * Release, so that uses of the map happen before the count drops;
	 * acquire, so that the thread that drops it to 0 sees them all done.
	 * Each call pairs with those of the other threads.
	 */
	if (!map || __atomic_sub_fetch(&map->refs, 1, __ATOMIC_ACQ_REL))
		return;
	munmap((void *)(uintptr_t)map->bytes, map->size);
	free(map->path);
	free(map);
}

void rm_dat_note_cut(struct rm_dat *dat, const char *what, uint32_t number,
		     uint64_t end)
{
	if (dat->cut.status)
		return;
	rm_fail(&dat->cut, RINGMAP_E_CORRUPT, 0,
		RM_FILE "the file was cut: it has %zu bytes, and %s %" PRIu32
			" should end at byte %" PRIu64,
		RM_FILE_ARGS(dat->map->path), dat->map->size, what, number,
		end);
}

enum ringmap_status rm_dat_nomem(const struct rm_dat *dat)
{
	return rm_fail(dat->err, RINGMAP_E_NOMEM, 0,
		       "no memory for a trace.dat");
}

enum ringmap_status rm_dat_open_path(const char *path, int *ret,
				     struct ringmap_error *err)
{
	/* Without O_NONBLOCK, open() of a FIFO would wait for a writer. */
	*ret = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*ret >= 0)
		return RINGMAP_OK;
	return rm_file_fail(err, errno, NULL, path, NULL);
}

enum ringmap_status rm_dat_map(struct rm_dat *dat, const char *path, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return rm_file_fail(dat->err, errno, NULL, path, NULL);
	if (!S_ISREG(st.st_mode))
		return rm_fail(dat->err, RINGMAP_E_CORRUPT, 0,
			       "%s is neither a regular file nor a folder",
			       path);
	if ((uint64_t)st.st_size < RM_DAT_SIZE_MIN)
		return rm_fail(dat->err, RINGMAP_E_CORRUPT, 0,
			       RM_FILE "byte 0: not the beginning of a "
				       "trace.dat",
			       RM_FILE_ARGS(path));
	if ((uint64_t)st.st_size > SIZE_MAX)
		return rm_dat_nomem(dat);
	rm_autofree struct rm_dat_map *map = calloc(1, sizeof(*map));
	rm_autofree char *copy = strdup(path);
	if (!map || !copy)
		return rm_dat_nomem(dat);
	void *bytes =
		mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return rm_fail(dat->err, RINGMAP_E_OS, errno,
			       "%s: cannot be mapped: %s", path,
			       strerror(errno));
	*map = (struct rm_dat_map){
		.bytes = bytes,
		.size = (size_t)st.st_size,
		.path = rm_steal(copy),
		.refs = 1,
	};
	dat->map = rm_steal(map);
	return RINGMAP_OK;
}

struct rm_cursor rm_dat_cursor(const struct rm_dat *dat, uint64_t at)
{
	struct rm_cursor c = {
		.bytes = dat->map->bytes,
		.end = dat->map->size,
		.file = dat->map->path,
		.big_endian = dat->big_endian,
		.err = dat->err,
	};

	c.at = at < c.end ? at : c.end;
	if (at > c.end)
		rm_cursor_fail(&c, "the file ends before byte %llu",
			       (unsigned long long)at);
	return c;
}
