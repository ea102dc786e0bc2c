/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mapping.h - a ring in our memory, by plain system calls
 */
#ifndef MAPPING_H
#define MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include "ring.h"

/* The ABI, once more and on purpose: it is what these cases watch. */
struct meta {
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
	uint64_t reserved[2];
};

_Static_assert(sizeof(struct meta) == 80, "struct trace_buffer_meta");

#define GET_READER _IO('R', 0x20)

struct mapping {
	int fd;
	uint8_t *base; /* meta page and all sub-buffers, in one piece */
	size_t size;
	uint32_t meta_size;
	uint32_t subbuf_size;
	uint32_t subbufs;
};

/*
 * Maps the whole ring. Where the kernel cannot map rings at all the case is
 * skipped: refusal.c has the cases for such kernels.
 */
void mapping_open(struct mapping *m, const struct ring *r);

/* One more mapping of the same ring, on the same descriptor. */
void mapping_again(struct mapping *m, const struct mapping *first);

void mapping_close(struct mapping *m);

/* mmap(2) itself: glibc's checks some arguments before the kernel may. */
void *map_raw(size_t size, int prot, int flags, int fd, uint64_t offset);

/* The same at @address, where nothing may be mapped. */
void *map_raw_at(void *address, size_t size, int prot, int flags, int fd,
		 uint64_t offset);

/* Skips the case if the kernel cannot map this ring. */
void need_mapping(const struct ring *r);

/* The meta page as it is now. */
struct meta meta_of(const struct mapping *m);

/* The ioctl, which must succeed, and the meta page after it. */
struct meta get_reader(const struct mapping *m);

const uint8_t *subbuf_of(const struct mapping *m, uint32_t id);

/* A sub-buffer's header. */
#define SUBBUF_HEADER 16u
#define MISSED_EVENTS 0x80000000u
#define MISSED_STORED 0x40000000u
#define COMMIT_MASK 0x3fffffffu

uint64_t subbuf_stamp(const uint8_t *subbuf);
uint32_t subbuf_commit(const uint8_t *subbuf);

#endif
