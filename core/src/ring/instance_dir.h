/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * instance_dir.h - the open folder of an instance, which its rings share
 *
 * A ring names all files of its instance and of its CPU by their paths below
 * this folder. The rings of a trace share one, so that each needs only two
 * descriptors of its own: trace_pipe_raw and stats. The folder stays open as
 * long as any of them.
 */
#ifndef RM_INSTANCE_DIR_H
#define RM_INSTANCE_DIR_H

#include <ringmap/ringmap.h>

struct rm_instance_dir {
	int fd;             /* O_PATH */
	uint32_t long_size; /* of the kernel, by header_page; 0: not known */
	uint32_t refs;      /* atomic */
};

/*
 * Makes one with one reference of the folder that is open at @fd, which it then
 * owns; on failure the caller keeps @fd.
 */
enum ringmap_status rm_instance_dir_new(int fd, struct rm_instance_dir **ret,
					struct ringmap_error *err);

struct rm_instance_dir *rm_instance_dir_ref(struct rm_instance_dir *dir);
void rm_instance_dir_unref(struct rm_instance_dir *dir); /* NULL: nothing */

static inline void rm_cleanup_instance_dir(struct rm_instance_dir **dir)
{
	rm_instance_dir_unref(*dir);
}

/* A folder, or NULL; its reference is dropped at the end of the scope. */
#define rm_autoinstance __attribute__((cleanup(rm_cleanup_instance_dir)))

#endif
