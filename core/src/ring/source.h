/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * source.h - the kernel's calls and files that a ring uses besides the map
 *
 * source_tracefs.c is the real kernel; the tests put a simulated one in its
 * place. Calls return 0 (read: bytes) or a negative errno.
 */
#ifndef RM_SOURCE_H
#define RM_SOURCE_H

#include "ring/instance_dir.h"

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

/* Properties of the ring that files of its instance report. */
struct rm_source_info {
	bool overwrite_off; /* options/overwrite says 0 */
	bool coarse_clock;  /* trace_clock may stamp two laps alike */
	bool persistent;    /* ids are places in memory, not ring order */
	int unread; /* errno of a file that overwrite_off and coarse_clock need,
		       and that nobody has vouched for; 0: there is none */
};

/* What the sender of a descriptor says about its ring. */
struct rm_source_word {
	const char *clock; /* NULL: it says nothing; copied */
	bool overwrites;   /* false: it says nothing */
	int stats;         /* descriptor of the file stats; -1: none */
};

/*
 * The times at which files were last truncated whose truncation empties the
 * ring; 0 in a simulated ring that was never emptied.
 */
struct rm_source_marks {
	uint64_t ring;     /* per_cpu/cpuN/trace */
	uint64_t instance; /* trace */
	uint64_t clock;    /* trace_clock */
};

struct rm_source_ops {
	int (*get_reader)(void *ctx, int fd);
	ssize_t (*read)(void *ctx, int fd, void *buf, size_t size);
	int (*stats)(void *ctx, struct rm_kernel_stats *ret);
	int (*marks)(void *ctx, struct rm_source_marks *ret);
	void (*info)(void *ctx, struct rm_source_info *ret);
	void (*free)(void *ctx);
};

struct rm_source {
	const struct rm_source_ops *ops;
	void *ctx;
	uint32_t long_size; /* of the kernel; 0: not known */
};

/* Opens the folder of the instance that @opts name. The error names the missing
 * part. */
enum ringmap_status
rm_tracefs_open_instance(const struct ringmap_ring_opts *opts,
			 struct rm_instance_dir **ret,
			 struct ringmap_error *err);

/*
 * Opens the trace_pipe_raw of the CPU that @opts name, and the source of that
 * ring. @dir is the folder of the instance that they name, and the source gets
 * a reference to it. The error names the missing part.
 */
enum ringmap_status rm_tracefs_open(struct rm_instance_dir *dir,
				    const struct ringmap_ring_opts *opts,
				    int *ret, struct rm_source *source,
				    struct ringmap_error *err);

/*
 * Makes the source of the ring whose trace_pipe_raw @fd is open on. Where the
 * path of @fd leads to another file, or to none, @word stands for the files
 * beside it. On success the source owns word->stats.
 */
enum ringmap_status rm_tracefs_source_of(int fd,
					 const struct rm_source_word *word,
					 struct rm_source *ret,
					 struct ringmap_error *err);

/*
 * Fails unless @fd is open on the file @name of per_cpu/cpuN in tracefs. The
 * name is that of the file in its folder, in whatever mount namespace.
 */
enum ringmap_status rm_tracefs_check(int fd, const char *name,
				     struct ringmap_error *err);

/* Fails unless both descriptors are open on files of one folder. */
enum ringmap_status rm_tracefs_beside(int fd, int other,
				      struct ringmap_error *err);

#endif
