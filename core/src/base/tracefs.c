/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * tracefs.c - where tracefs and the folders of its instances are
 */
#include "base/tracefs.h"

#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum ringmap_status rm_instance_path(const char *tracefs, const char *instance,
				     char *path, size_t size,
				     struct ringmap_error *err)
{
	bool top = !strcmp(instance, "/");

	if (!top && !rm_is_file_name(instance))
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "\"%s\" is no instance name; \"/\" is the "
			       "top-level buffer",
			       instance);
	int n = snprintf(path, size, "%s%s%s", tracefs ? tracefs : RM_TRACEFS,
			 top ? "" : "/instances/", top ? "" : instance);
	if (n < 0 || (size_t)n >= size)
		return rm_fail(err, RINGMAP_E_INVAL, ENAMETOOLONG,
			       "the path of the instance is too long");
	return RINGMAP_OK;
}
