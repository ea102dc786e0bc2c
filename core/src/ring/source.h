/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * source.h - what a ring asks of the kernel apart from its mapped memory
 *
 * tracefs answers in source_tracefs.c; a simulated kernel answers in the
 * tests. Calls return 0 (read: bytes) or a negative errno.
 */
#ifndef RM_SOURCE_H
#define RM_SOURCE_H

#include <ringmap/ringmap.h>

#include <stdbool.h>
#include <sys/types.h>

/* per_cpu/cpuN/stats: counts since the last reset. */
struct rm_kernel_stats {
	uint64_t entries; /* ever committed: unread + overrun + read */
	uint64_t overrun;
	uint64_t read;
	uint64_t dropped;
};

/* What the files beside the ring say about it. */
struct rm_source_info {
	bool overwrite_off; /* options/overwrite says 0 */
	bool coarse_clock;  /* trace_clock may stamp two laps alike */
	bool persistent;    /* ids are places in memory, not ring order */
};

struct rm_source_ops {
	int (*get_reader)(void *ctx, int fd);
	ssize_t (*read)(void *ctx, int fd, void *buf, size_t size);
	int (*stats)(void *ctx, struct rm_kernel_stats *ret);
	void (*info)(void *ctx, struct rm_source_info *ret);
	void (*free)(void *ctx);
};

struct rm_source {
	const struct rm_source_ops *ops;
	void *ctx;
};

/*
 * The kernel behind @fd. @cpu_dir, a descriptor of its per_cpu/cpuN or -1, is
 * taken over on success: stats and the instance's files are found through it.
 */
enum ringmap_status rm_source_tracefs(int cpu_dir, struct rm_source *ret,
				      struct ringmap_error *err);

/* per_cpu/cpuN of an instance, opened; the error says what is missing. */
enum ringmap_status rm_tracefs_cpu_dir(const char *tracefs,
				       const char *instance, uint32_t cpu,
				       int *ret, struct ringmap_error *err);

/* Why trace_pipe_raw itself cannot be opened. */
enum ringmap_status rm_tracefs_refused(int os_errno, struct ringmap_error *err);

/* The directory that holds a descriptor's file, or -1. */
int rm_tracefs_dir_of(int fd);

#endif
