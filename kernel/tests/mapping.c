// SPDX-License-Identifier: GPL-2.0-only
/*
 * mapping.c - maps a ring and looks at it
 */
#define _GNU_SOURCE
#include "mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ktap.h"

void *map_raw(size_t size, int prot, int flags, int fd, uint64_t offset)
{
	long ret = syscall(SYS_mmap, NULL, size, prot, flags, fd, offset);

	return ret == -1 ? MAP_FAILED : (void *)ret;
}

void *map_raw_at(void *address, size_t size, int prot, int flags, int fd,
		 uint64_t offset)
{
	long ret = syscall(SYS_mmap, address, size, prot,
			   flags | MAP_FIXED_NOREPLACE, fd, offset);

	return ret == -1 ? MAP_FAILED : (void *)ret;
}

static void skip_without_mapping(const void *address)
{
	if (address == MAP_FAILED && errno == ENODEV)
		ktap_skip_without_mappings();
}

void need_mapping(const struct ring *r)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd = ring_open(r, O_RDONLY);
	void *address = map_raw(page, PROT_READ, MAP_SHARED, fd, 0);

	skip_without_mapping(address);
	EXPECT(address != MAP_FAILED, "cannot map the meta page: %s",
	       strerrorname_np(errno));
	EXPECT_OK(munmap(address, page));
	close(fd);
}

static void map_all(struct mapping *m)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct meta meta;

	void *first = map_raw(page, PROT_READ, MAP_SHARED, m->fd, 0);
	skip_without_mapping(first);
	EXPECT(first != MAP_FAILED, "cannot map the meta page: %s",
	       strerrorname_np(errno));
	memcpy(&meta, first, sizeof(meta));
	m->meta_size = meta.meta_page_size;
	m->subbuf_size = meta.subbuf_size;
	m->subbufs = meta.nr_subbufs;
	m->size = m->meta_size + (size_t)m->subbufs * m->subbuf_size;
	m->base = map_raw(m->size, PROT_READ, MAP_SHARED, m->fd, 0);
	EXPECT(m->base != MAP_FAILED, "cannot map %zu bytes: %s", m->size,
	       strerrorname_np(errno));
	EXPECT_OK(munmap(first, page));
}

void mapping_open(struct mapping *m, const struct ring *r)
{
	m->fd = ring_open(r, O_RDONLY);
	map_all(m);
}

void mapping_again(struct mapping *m, const struct mapping *first)
{
	m->fd = fcntl(first->fd, F_DUPFD_CLOEXEC, 0);
	EXPECT_OK(m->fd);
	map_all(m);
}

void mapping_close(struct mapping *m)
{
	EXPECT_OK(munmap(m->base, m->size));
	EXPECT_OK(close(m->fd));
}

struct meta meta_of(const struct mapping *m)
{
	struct meta meta;

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	memcpy(&meta, m->base, sizeof(meta));
	return meta;
}

struct meta get_reader(const struct mapping *m)
{
	EXPECT_OK(ioctl(m->fd, GET_READER));
	return meta_of(m);
}

const uint8_t *subbuf_of(const struct mapping *m, uint32_t id)
{
	EXPECT(id < m->subbufs, "reader.id %u of %u sub-buffers", id,
	       m->subbufs);
	return m->base + m->meta_size + (size_t)id * m->subbuf_size;
}

uint64_t subbuf_stamp(const uint8_t *subbuf)
{
	return __atomic_load_n((const uint64_t *)(const void *)subbuf,
			       __ATOMIC_ACQUIRE);
}

/* The low half: what flags do to the upper one differs between kernels. */
uint32_t subbuf_commit(const uint8_t *subbuf)
{
	/*
	 * Acquire: pairs with the smp_wmb() before the store of commit in
	 * rb_set_commit_to_write(), kernel/trace/ring_buffer.c.
	 */
	return (uint32_t)__atomic_load_n(
		(const uint64_t *)(const void *)(subbuf + 8), __ATOMIC_ACQUIRE);
}
