/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * error.h - fails a call with a status and a sentence
 */
#ifndef RM_ERROR_H
#define RM_ERROR_H

#include <ringmap/ringmap.h>

#include <stdbool.h>

/*
 * Fills @err, unless it is NULL, and returns @status. It is the last line of
 * every failing path. The text is one sentence without a full stop.
 */
enum ringmap_status rm_fail(struct ringmap_error *err,
			    enum ringmap_status status, int os_errno,
			    const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

enum {
	/* More of a path would leave no room for the reason. */
	RM_FILE_MAX = 96
};

/*
 * The beginning of an error's text: the path, or the end of a long one. The
 * arguments are those of a path that may be NULL.
 */
#define RM_FILE "%s%s%s"
#define RM_FILE_ARGS(path)                                                     \
	rm_file_is_long(path) ? "..." : "", rm_file_end(path),                 \
		(path) ? ": " : ""

bool rm_file_is_long(const char *path);
const char *rm_file_end(const char *path);

#endif
