/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * map.h - the mapped ring: meta page and sub-buffers
 */
#ifndef RM_MAP_H
#define RM_MAP_H

#include "ring/layout.h"

#include <ringmap/ringmap.h>

/*
 * addr is NULL while nothing is mapped. The geometry was copied from the meta
 * page once and checked: every sub-buffer below nr_subbufs lies inside the map.
 */
struct rm_map {
	uint8_t *addr;
	size_t size;
	uint32_t meta_size;
	uint32_t subbuf_size;
	uint32_t nr_subbufs;
	bool first; /* nobody else maps it: the kernel numbered it for us */
	bool newer; /* the meta page is longer than that of Linux 6.10 to 7.3 */
};

/*
 * Reads the kernel's count of events that consumers took since the last reset;
 * false: it is out of reach.
 */
struct rm_map_reads {
	bool (*count)(void *ctx, uint64_t *ret);
	void *ctx;
};

/* Header of a mapped sub-buffer at one moment. */
struct rm_head {
	uint64_t ts;
	uint32_t commit; /* in bytes, without the flags */
	bool missed;     /* a consumer took it and stamped a loss on it */
};

/* The changing half of the meta page; torn if another thread is consuming. */
struct rm_meta {
	uint32_t reader_id;
	uint32_t reader_read;
	uint64_t entries;
	uint64_t overrun;
	uint64_t read;
};

/*
 * Maps the ring behind @fd. RINGMAP_E_UNSUPPORTED, RINGMAP_E_BUSY,
 * RINGMAP_E_PERMISSION: the kernel refuses, and @err has the reason.
 * RINGMAP_E_BUSY without an errno: a consumer took events whenever the
 * sub-buffers were numbered, by @reads, so some may be missing from the map.
 * @reads: NULL if that cannot be found out.
 */
enum ringmap_status rm_map_open(struct rm_map *map, int fd,
				const struct rm_map_reads *reads,
				struct ringmap_error *err);

void rm_map_close(struct rm_map *map);

/* Copies the changing half of the meta page; checks reader_id, reader_read. */
enum ringmap_status rm_map_meta(const struct rm_map *map,
				const struct rm_layout *layout,
				struct rm_meta *ret, struct ringmap_error *err);

static inline const uint8_t *rm_map_subbuf(const struct rm_map *map,
					   uint32_t id)
{
	return map->addr + map->meta_size + (size_t)id * map->subbuf_size;
}

/*
 * Loads the stamp first, then commit, both with acquire. rb_tail_page_update()
 * zeroes commit before its full-barrier cmpxchg of tail_page, and the stamp of
 * the new fill is stored after that (__rb_reserve_next()), so a reader that
 * sees the new stamp sees a commit of the new fill, too. The acquire of commit
 * pairs with the smp_wmb() in rb_set_commit_to_write(): it makes [0, commit)
 * readable.
 */
static inline struct rm_head rm_map_head(const struct rm_map *map,
					 const struct rm_layout *layout,
					 uint32_t id)
{
	const uint8_t *p = rm_map_subbuf(map, id);
	struct rm_head head;

	head.ts = __atomic_load_n((const uint64_t *)(const void *)p,
				  __ATOMIC_ACQUIRE);
	uint32_t commit = __atomic_load_n(
		(const uint32_t *)(const void *)(p + rm_commit_low(layout)),
		__ATOMIC_ACQUIRE);
	head.commit = commit & RM_COMMIT_SIZE;
	head.missed = commit & RM_COMMIT_MISSED;
	return head;
}

/*
 * Keeps the loads before it, of a sub-buffer's bytes, before the loads after it
 * that check them. TSan does not know fences; there it orders the compiler
 * only, and the hardware that TSan runs on keeps loads in order.
 */
static inline void rm_map_read_fence(void)
{
#ifdef __SANITIZE_THREAD__
	__asm__ volatile("" ::: "memory");
#else
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
#endif
}

/*
 * True if the first @end bytes are still those of the fill with stamp @ts. Call
 * it after the bytes were used. Its fence keeps the loads of the bytes before
 * its own. It loads commit before the stamp, the reverse of rm_map_head(): if a
 * byte of a newer fill was used, we see the zeroed commit or, through the
 * smp_wmb() in rb_set_commit_to_write(), the newer stamp.
 */
bool rm_map_intact(const struct rm_map *map, const struct rm_layout *layout,
		   uint32_t id, uint64_t ts, uint32_t end);

#endif
