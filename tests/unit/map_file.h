/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * map_file.h - a file laid out as the map of a ring, in memory
 *
 * Nobody writes to it but the test. Sub-buffers have the size of a page and
 * the machine's own byte order and word.
 */
#ifndef RM_TEST_MAP_FILE_H
#define RM_TEST_MAP_FILE_H

#include "ring/map.h"
#include "ring/source.h"

#include <ringmap/ringmap.h>

#include <stdbool.h>

#define RM_MAP_FILE_NAME "ringmap_unit"

struct rm_map_file {
	int fd;
	uint8_t *mem; /* all of it, to be written to */
	size_t size;
	struct rm_meta_page *meta;
	struct rm_layout layout;
};

/*
 * @scripts: one for each sub-buffer, then NULL. The first is the reader's;
 * nothing of it was read.
 */
void rm_map_file_make(struct rm_map_file *ret, const char *const *scripts);
void rm_map_file_free(struct rm_map_file *file);

/* Writes a sub-buffer anew; its time stamp last but for its commit. */
void rm_map_file_write(struct rm_map_file *file, uint32_t id,
		       const char *script);

/* How many mappings of such files this process has, but for their own. */
int rm_map_file_mappings(void);

/* How many descriptors this process has. */
int rm_open_descriptors(void);

/* What a ring on the file is told beside its memory. */
struct rm_still {
	struct rm_kernel_stats stats;
	struct rm_source_marks marks;
	struct rm_source_info info;
	int stats_error; /* 0, or the errno that stats and marks end with */
	int freed;       /* how often */
};

/* Opens a ring on the file, which takes over a duplicate of its descriptor. */
enum ringmap_status rm_still_open(struct rm_still *still,
				  const struct rm_map_file *file,
				  const struct ringmap_ring_opts *opts,
				  struct ringmap_ring **ret,
				  struct ringmap_error *err);

#endif
