/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * layout.h - the byte layout of a sub-buffer and of the meta page
 *
 * Sub-buffer: time stamp (u64), commit (the kernel's long), then events.
 * struct buffer_data_page, kernel/trace/ring_buffer.c; fields are listed in
 * events/header_page. Meta page: include/uapi/linux/trace_mmap.h.
 */
#ifndef RM_LAYOUT_H
#define RM_LAYOUT_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/* type_len of an event header, enum ring_buffer_type. */
	RM_TYPE_LONG = 0, /* length in array[0] */
	RM_TYPE_DATA_MAX = 28,
	RM_TYPE_PADDING = 29,
	RM_TYPE_TIME_EXTEND = 30,
	RM_TYPE_TIME_STAMP = 31,

	RM_EVENT_HEADER = 4,
	RM_EVENT_MIN = 8, /* RB_EVNT_MIN_SIZE: less room ends a sub-buffer */
	/* The longest event whose length is in its header. */
	RM_SHORT_MAX = RM_EVENT_HEADER + RM_TYPE_DATA_MAX * 4,
	RM_TIME_SHIFT = 27, /* bits of time_delta */
	RM_STAMP_BITS = 59, /* bits of an absolute time stamp */

	RM_COMMIT_OFFSET = 8,
	RM_DATA_OFFSET_MAX = 64, /* of the first event; kernels have 12 or 16 */
	RM_SUBBUF_MAX = 1 << 20, /* the kernel's write counter has 20 bits */
};

/* Bits of the low half of commit: RB_MISSED_EVENTS, RB_MISSED_STORED. */
#define RM_COMMIT_MISSED (1u << 31)
#define RM_COMMIT_STORED (1u << 30)
#define RM_COMMIT_SIZE (RM_COMMIT_STORED - 1)

/* The byte layout of a ring's sub-buffers. */
struct rm_layout {
	uint32_t long_size;   /* of the commit word: 4 or 8 */
	uint32_t data_offset; /* of the first event */
	bool big_endian;
};

/* struct trace_buffer_meta; the kernel writes it at each GET_READER. */
struct rm_meta_page {
	uint32_t meta_page_size;
	uint32_t meta_struct_len;
	uint32_t subbuf_size;
	uint32_t nr_subbufs;
	uint64_t reader_lost_events;
	uint32_t reader_id;
	uint32_t reader_read;
	uint64_t flags;
	uint64_t entries;
	uint64_t overrun;
	uint64_t read;
	uint64_t pages_lost;
	uint64_t pages_touched;
};

static_assert(sizeof(struct rm_meta_page) == 80, "as in the kernel's ABI");
static_assert(offsetof(struct rm_meta_page, reader_id) == 24, "ABI");
static_assert(offsetof(struct rm_meta_page, entries) == 40, "ABI");

/* The smallest meta_struct_len of the ABI, that of Linux 6.10 to 7.3. */
enum {
	RM_META_MIN = 80
};

/*
 * Loads from memory that another CPU may be writing. Each loads once, so that
 * the value that was checked is the value that is used. They are relaxed:
 * callers order them where it matters.
 */
static inline uint32_t rm_load32(const void *p, bool big_endian)
{
	uint32_t v = __atomic_load_n((const uint32_t *)p, __ATOMIC_RELAXED);

	return big_endian == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		       ? v
		       : __builtin_bswap32(v);
}

static inline uint16_t rm_load16(const void *p, bool big_endian)
{
	uint16_t v = __atomic_load_n((const uint16_t *)p, __ATOMIC_RELAXED);

	return big_endian == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		       ? v
		       : __builtin_bswap16(v);
}

/* For recorded bytes, which are aligned to 4 only. */
static inline uint64_t rm_load64(const void *p, bool big_endian)
{
	const uint32_t *word = p;
	uint64_t first = rm_load32(word, big_endian);
	uint64_t second = rm_load32(word + 1, big_endian);

	return big_endian ? first << 32 | second : second << 32 | first;
}

/*
 * Copies @size bytes, a multiple of 4, that another CPU may be writing; the
 * caller checks afterwards whether they were intact. Both pointers are aligned
 * to 4.
 */
static inline void rm_copy_shared(void *dst, const void *src, size_t size)
{
	uint32_t *to = dst;
	const uint32_t *from = src;

	for (size_t i = 0; i < size / 4; i++)
		to[i] = __atomic_load_n(from + i, __ATOMIC_RELAXED);
}

/* Offset of the low 32 bits of the commit word, the only ones in use. */
static inline uint32_t rm_commit_low(const struct rm_layout *f)
{
	return RM_COMMIT_OFFSET +
	       (f->big_endian && f->long_size == 8 ? 4u : 0u);
}

#endif
