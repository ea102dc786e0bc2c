/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * tracefs.h - where tracefs and the folders of its instances are
 */
#ifndef RM_TRACEFS_H
#define RM_TRACEFS_H

#include <ringmap/ringmap.h>

#include <stddef.h>

#define RM_TRACEFS "/sys/kernel/tracing"

/* The remedy for a user who may not open a file of tracefs. */
#define RM_TRACEFS_REMEDY                                                      \
	"be root, or mount tracefs with gid= of a group you are in"

/*
 * Writes the path of @instance's folder into @path. "/" is the top-level
 * buffer, and a @tracefs of NULL the usual place. RINGMAP_E_INVAL: the name is
 * not one of an instance, or the path does not fit into @size bytes.
 */
enum ringmap_status rm_instance_path(const char *tracefs, const char *instance,
				     char *path, size_t size,
				     struct ringmap_error *err);

/*
 * Lists the numbers of the entries cpu0, cpu1 ... of the folder open at @dir,
 * which is per_cpu of an instance or of a capture, in ascending order. Other
 * entries, such as "cpu01", are ignored. Closes @dir. Returns 0 or an errno.
 * @ret is the caller's.
 */
int rm_list_cpus(int dir, uint32_t **ret, size_t *count);

#endif
