/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * map.c - maps the ring, and is the only file that reads the meta page
 */
#include "ring/map.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* include/uapi/linux/magic.h: tracefs, and debugfs, its older home. */
#define TRACEFS_FS 0x74726163
#define DEBUGFS_FS 0x64626720

/* First mappings that are made until none was disturbed by a reader. */
enum {
	NUMBERINGS = 32
};

/* Explains the errnos of tracing_buffers_mmap() and ring_buffer_map(). */
static enum ringmap_status refused(int os_errno, struct ringmap_error *err)
{
	switch (os_errno) {
	case ENODEV:
		return rm_fail(
			err, RINGMAP_E_UNSUPPORTED, os_errno,
			"this ring cannot be mapped: that needs Linux 6.10, "
			"and "
			"an instance that is not boot-mapped; read mode works");
	case EBUSY:
		return rm_fail(
			err, RINGMAP_E_BUSY, os_errno,
			"a kernel snapshot of this instance is armed: remove "
			"snapshot triggers and snapshotting tracers, or use "
			"read mode");
	case EINVAL:
		return rm_fail(err, RINGMAP_E_NOENT, os_errno,
			       "this CPU has no ring: it never was online");
	case EPERM:
	case EACCES:
		return rm_fail(err, RINGMAP_E_PERMISSION, os_errno,
			       "not allowed to map the ring: the descriptor "
			       "must be open for reading");
	case ENOMEM:
		return rm_fail(err, RINGMAP_E_NOMEM, os_errno,
			       "no memory to map the ring");
	}
	return rm_fail(err, RINGMAP_E_OS, os_errno, "cannot map the ring: %s",
		       strerror(os_errno));
}

/* Mapping past the end of a regular file succeeds; access then kills. */
static enum ringmap_status check_file(int fd, size_t need,
				      struct ringmap_error *err)
{
	struct stat st;
	struct statfs fs;

	if (fstat(fd, &st) || fstatfs(fd, &fs))
		return rm_fail(err, RINGMAP_E_OS, errno,
			       "cannot look at the ring's descriptor: %s",
			       strerror(errno));
	if (fs.f_type == TRACEFS_FS || fs.f_type == DEBUGFS_FS)
		return RINGMAP_OK;
	if (st.st_size < 0 || (uint64_t)st.st_size < need)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "this is no trace_pipe_raw: neither in tracefs "
			       "nor large enough to be a copy of its map");
	return RINGMAP_OK;
}

static bool is_power_of_two(uint32_t v)
{
	return v && !(v & (v - 1));
}

/* Copies the geometry from the meta page once, and checks the copy. */
static enum ringmap_status take_geometry(struct rm_map *map, const void *addr,
					 size_t page_size,
					 struct ringmap_error *err)
{
	const struct rm_meta_page *meta = addr;
	uint32_t meta_size =
		__atomic_load_n(&meta->meta_page_size, __ATOMIC_RELAXED);
	uint32_t meta_len =
		__atomic_load_n(&meta->meta_struct_len, __ATOMIC_RELAXED);
	uint32_t subbuf = __atomic_load_n(&meta->subbuf_size, __ATOMIC_RELAXED);
	uint32_t nr = __atomic_load_n(&meta->nr_subbufs, __ATOMIC_RELAXED);
	size_t data;

	if (meta_len < RM_META_MIN || meta_len > meta_size)
		return rm_fail(err, RINGMAP_E_CORRUPT, 0,
			       "meta page: meta_struct_len is %u", meta_len);
	if (meta_size % page_size || meta_size > RM_SUBBUF_MAX)
		return rm_fail(err, RINGMAP_E_CORRUPT, 0,
			       "meta page: meta_page_size is %u", meta_size);
	if (!is_power_of_two(subbuf) || subbuf % page_size ||
	    subbuf > RM_SUBBUF_MAX)
		return rm_fail(err, RINGMAP_E_CORRUPT, 0,
			       "meta page: subbuf_size is %u", subbuf);
	if (nr < 2 || nr >= 1u << 30 ||
	    __builtin_mul_overflow((size_t)nr, (size_t)subbuf, &data) ||
	    __builtin_add_overflow(data, (size_t)meta_size, &map->size))
		return rm_fail(err, RINGMAP_E_CORRUPT, 0,
			       "meta page: nr_subbufs is %u", nr);
	map->meta_size = meta_size;
	map->subbuf_size = subbuf;
	map->nr_subbufs = nr;
	map->newer = meta_len > RM_META_MIN;
	return RINGMAP_OK;
}

/*
 * True if nobody else maps this page. Bit 56 of its pagemap entry says so,
 * which a process may read of itself: Documentation/admin-guide/mm/pagemap.rst.
 */
static bool mapped_by_us_only(const void *page, size_t page_size)
{
	rm_autoclose int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;
	off_t offset = (off_t)((uintptr_t)page / page_size * sizeof(entry));

	return fd >= 0 &&
	       pread(fd, &entry, sizeof(entry), offset) == sizeof(entry) &&
	       entry >> 56 & 1;
}

/* pagemap has an entry for the page only once it was populated. */
static void *map_page(int fd, size_t page_size)
{
	return mmap(NULL, page_size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd,
		    0);
}

/*
 * Makes the first mapping of the ring, for which the kernel numbers the
 * sub-buffers. ring_buffer_map() does that under reader_lock, but marks the ring
 * as mapped only later: a read(2) or splice(2) in between may give the memory of
 * a sub-buffer away, and the map then shows that dead memory in its place. It is
 * certain that none did if the count of events read, which the meta page has
 * from the numbering, is still the kernel's afterwards. So only one page is
 * mapped, and the count is read at once: whoever reads later looks the same.
 */
static enum ringmap_status map_first(int fd, size_t page_size,
				     const struct rm_map_reads *reads,
				     void **ret, bool *first,
				     struct ringmap_error *err)
{
	for (int i = 0; i < NUMBERINGS; i++) {
		const struct rm_meta_page *meta = map_page(fd, page_size);
		uint64_t read;

		*ret = (void *)meta;
		if (*ret == MAP_FAILED)
			return refused(errno, err);
		bool known = reads && reads->count(reads->ctx, &read);
		*first = mapped_by_us_only(meta, page_size);
		if (!*first || !known ||
		    __atomic_load_n(&meta->read, __ATOMIC_RELAXED) == read)
			return RINGMAP_OK;
		munmap(*ret, page_size);
	}
	return rm_fail(err, RINGMAP_E_BUSY, 0,
		       "a consumer takes events from this ring all the time, "
		       "so sub-buffers may be missing from a map: open it "
		       "while the consumer rests, or use read mode");
}

/*
 * Maps the meta page. If nobody else maps the ring, it is unmapped and mapped
 * again: then ours is certainly the first mapping, even if somebody's last one
 * went away meanwhile.
 */
static enum ringmap_status map_meta(int fd, size_t page_size,
				    const struct rm_map_reads *reads,
				    void **ret, bool *first,
				    struct ringmap_error *err)
{
	*first = false;
	*ret = map_page(fd, page_size);
	if (*ret == MAP_FAILED)
		return refused(errno, err);
	if (!mapped_by_us_only(*ret, page_size))
		return RINGMAP_OK;
	munmap(*ret, page_size);
	return map_first(fd, page_size, reads, ret, first, err);
}

enum ringmap_status rm_map_open(struct rm_map *map, int fd,
				const struct rm_map_reads *reads,
				struct ringmap_error *err)
{
	size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	enum ringmap_status s = check_file(fd, page_size, err);

	if (s != RINGMAP_OK)
		return s;
	/* The size of the whole map depends on the meta page. */
	void *meta;
	s = map_meta(fd, page_size, reads, &meta, &map->first, err);
	if (s != RINGMAP_OK)
		return s;
	s = take_geometry(map, meta, page_size, err);
	if (s == RINGMAP_OK)
		s = check_file(fd, map->size, err);
	if (s != RINGMAP_OK) {
		munmap(meta, page_size);
		return s;
	}
	/*
	 * The whole is mapped before the meta page is unmapped: otherwise there
	 * might be no mapping in between, and the kernel would number the
	 * sub-buffers anew.
	 */
	void *all = mmap(NULL, map->size, PROT_READ, MAP_SHARED, fd, 0);
	int os_errno = errno;
	munmap(meta, page_size);
	if (all == MAP_FAILED)
		return refused(os_errno, err);
	map->addr = all;
	return RINGMAP_OK;
}

void rm_map_close(struct rm_map *map)
{
	if (map->addr)
		munmap(map->addr, map->size);
	map->addr = NULL;
}

enum ringmap_status rm_map_meta(const struct rm_map *map,
				const struct rm_layout *layout,
				struct rm_meta *ret, struct ringmap_error *err)
{
	const struct rm_meta_page *meta = (const void *)map->addr;

	ret->reader_id = __atomic_load_n(&meta->reader_id, __ATOMIC_RELAXED);
	ret->reader_read =
		__atomic_load_n(&meta->reader_read, __ATOMIC_RELAXED);
	ret->entries = __atomic_load_n(&meta->entries, __ATOMIC_RELAXED);
	ret->overrun = __atomic_load_n(&meta->overrun, __ATOMIC_RELAXED);
	ret->read = __atomic_load_n(&meta->read, __ATOMIC_RELAXED);
	if (ret->reader_id >= map->nr_subbufs)
		return rm_fail(err, RINGMAP_E_CORRUPT, 0,
			       "meta page: reader.id is %u of %u sub-buffers",
			       ret->reader_id, map->nr_subbufs);
	if (ret->reader_read > map->subbuf_size - layout->data_offset)
		return rm_fail(err, RINGMAP_E_CORRUPT, 0,
			       "meta page: reader.read is %u",
			       ret->reader_read);
	return RINGMAP_OK;
}

bool rm_map_intact(const struct rm_map *map, const struct rm_layout *layout,
		   uint32_t id, uint64_t ts, uint32_t end)
{
	const uint8_t *p = rm_map_subbuf(map, id);

	rm_map_read_fence();
	uint32_t commit = __atomic_load_n(
		(const uint32_t *)(const void *)(p + rm_commit_low(layout)),
		__ATOMIC_ACQUIRE);
	if ((commit & RM_COMMIT_SIZE) < end)
		return false;
	return __atomic_load_n((const uint64_t *)(const void *)p,
			       __ATOMIC_ACQUIRE) == ts;
}
