/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * tracefs_tree.h - a folder laid out as tracefs is, with ordinary files
 *
 * Its rings can be mapped and stand still.
 */
#ifndef RM_TEST_TRACEFS_TREE_H
#define RM_TEST_TRACEFS_TREE_H

#include <stddef.h>
#include <stdint.h>

/* The root is where the top-level buffer's files are. */
struct rm_tree {
	char root[512];
};

void rm_tree_make(struct rm_tree *ret);
void rm_tree_free(struct rm_tree *tree);

/* Writes a file and the folders above it. */
void rm_tree_write(const struct rm_tree *tree, const char *path,
		   const void *bytes, size_t size);
void rm_tree_print(const struct rm_tree *tree, const char *path,
		   const char *text);

/*
 * The ring of one CPU of an instance, "/" for the top level: trace_pipe_raw
 * with one event, stats that agree, and trace.
 */
void rm_tree_add_ring(const struct rm_tree *tree, const char *instance,
		      uint32_t cpu, uint64_t ts);

/* An instance with its clock and header_page, in overwrite mode. */
void rm_tree_add_instance(const struct rm_tree *tree, const char *instance);

/* Path of a file of the tree; the caller's. */
char *rm_tree_path(const struct rm_tree *tree, const char *path);

#endif
