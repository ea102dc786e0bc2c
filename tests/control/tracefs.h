/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * tracefs.h - what tracefs and /proc say, asked without the library
 */
#ifndef RM_TEST_TRACEFS_H
#define RM_TEST_TRACEFS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Why this process cannot make tracing instances; NULL if it can. */
const char *rm_no_tracing(void);

/* In the body of a case: it is skipped where tracing is missing. */
#define rm_needs_tracing()                                                     \
	do {                                                                   \
		const char *rm_why = rm_no_tracing();                          \
                                                                               \
		if (rm_why)                                                    \
			rm_skip(rm_why);                                       \
	} while (0)

bool rm_exists(const char *instance);

/* True once the instance is gone; false if it never goes. */
bool rm_vanishes(const char *instance);

/*
 * A file's text without its last line end; @instance NULL: of the top level.
 * Returns @ret.
 */
char *rm_read_sized(const char *instance, const char *file, char *ret,
		    size_t size);
char *rm_read(const char *instance, const char *file, char ret[256]);

/* How many lines a file has. */
int rm_lines(const char *instance, const char *file);

/*
 * Children of this process, of every kind, zombies too, and the number of one
 * of them in @ret if that is not NULL.
 */
int rm_children(pid_t *ret);

/* How many descriptors a process has. */
int rm_descriptors(pid_t pid);

/* The value of a line of /proc/PID/status in KiB. */
long rm_status_kb(pid_t pid, const char *line);

#endif
