/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * cleanup.h - variables that free or close their value at the end of scope
 */
#ifndef RM_CLEANUP_H
#define RM_CLEANUP_H

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

static inline void rm_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void rm_cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void rm_cleanup_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* A pointer; freed at the end of the scope. */
#define rm_autofree __attribute__((cleanup(rm_cleanup_free), unused))

/* A descriptor, or -1; closed at the end of the scope. */
#define rm_autoclose __attribute__((cleanup(rm_cleanup_close)))

/* An open folder, or NULL; closed at the end of the scope. */
#define rm_autoclosedir __attribute__((cleanup(rm_cleanup_closedir)))

/* Takes a pointer out of its rm_autofree variable. */
#define rm_steal(p)                                                            \
	({                                                                     \
		__typeof__(p) rm_stolen = (p);                                 \
		(p) = NULL;                                                    \
		rm_stolen;                                                     \
	})

/* Takes a descriptor out of its rm_autoclose variable. */
#define rm_steal_fd(fd)                                                        \
	({                                                                     \
		int rm_stolen_fd = (fd);                                       \
		(fd) = -1;                                                     \
		rm_stolen_fd;                                                  \
	})

#endif
