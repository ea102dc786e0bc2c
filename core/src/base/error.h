/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * error.h - fails a call with a status and a sentence
 */
#ifndef RM_ERROR_H
#define RM_ERROR_H

#include <ringmap/ringmap.h>

/*
 * Fills @err, unless it is NULL, and returns @status. It is the last line of
 * every failing path. The text is one sentence without a full stop.
 */
enum ringmap_status rm_fail(struct ringmap_error *err,
			    enum ringmap_status status, int os_errno,
			    const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
