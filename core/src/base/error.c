/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * error.c - statuses, their names, and the text of an error
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum ringmap_status rm_fail(struct ringmap_error *err,
			    enum ringmap_status status, int os_errno,
			    const char *fmt, ...)
{
	if (!err)
		return status;
	err->status = status;
	err->os_errno = os_errno;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return status;
}

uint32_t ringmap_version(void)
{
	return RINGMAP_VERSION_MAJOR << 16 | RINGMAP_VERSION_MINOR << 8 |
	       RINGMAP_VERSION_PATCH;
}

const char *ringmap_status_name(enum ringmap_status status)
{
	switch (status) {
	case RINGMAP_OK:
		return "RINGMAP_OK";
	case RINGMAP_DONE:
		return "RINGMAP_DONE";
	case RINGMAP_STOPPED:
		return "RINGMAP_STOPPED";
	case RINGMAP_E_INVAL:
		return "RINGMAP_E_INVAL";
	case RINGMAP_E_NOMEM:
		return "RINGMAP_E_NOMEM";
	case RINGMAP_E_OS:
		return "RINGMAP_E_OS";
	case RINGMAP_E_UNSUPPORTED:
		return "RINGMAP_E_UNSUPPORTED";
	case RINGMAP_E_BUSY:
		return "RINGMAP_E_BUSY";
	case RINGMAP_E_CORRUPT:
		return "RINGMAP_E_CORRUPT";
	case RINGMAP_E_STALE:
		return "RINGMAP_E_STALE";
	case RINGMAP_E_OVERWRITTEN:
		return "RINGMAP_E_OVERWRITTEN";
	case RINGMAP_E_FORKED:
		return "RINGMAP_E_FORKED";
	case RINGMAP_E_PERMISSION:
		return "RINGMAP_E_PERMISSION";
	case RINGMAP_E_NOENT:
		return "RINGMAP_E_NOENT";
	}
	return "RINGMAP_E_?";
}

const char *ringmap_mode_name(enum ringmap_mode mode)
{
	switch (mode) {
	case RINGMAP_MODE_AUTO:
		return "auto";
	case RINGMAP_MODE_FOLLOW:
		return "follow";
	case RINGMAP_MODE_CONSUME:
		return "consume";
	case RINGMAP_MODE_READ:
		return "read";
	case RINGMAP_MODE_IMAGE:
		return "image";
	}
	return "?";
}

bool rm_file_is_long(const char *path)
{
	return path && strlen(path) > RM_FILE_MAX;
}

const char *rm_file_end(const char *path)
{
	if (rm_file_is_long(path))
		return path + strlen(path) - RM_FILE_MAX;
	return path ? path : "";
}
