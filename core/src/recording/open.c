/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * open.c - opens a trace.dat, a folder or tracefs as a trace or a schema
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "recording/dat.h"
#include "schema/schema_source.h"

#include <errno.h>
#include <sys/stat.h>

static enum ringmap_status open_folder(const char *path, const char *instance,
				       struct ringmap_trace **ret,
				       struct ringmap_error *err)
{
	if (instance && *instance)
		return rm_fail(err, RINGMAP_E_NOENT, 0,
			       "%s is a folder and has no instance \"%.100s\"",
			       path, instance);
	return ringmap_trace_open_capture(path, ret, err);
}

enum ringmap_status ringmap_trace_open_file(const char *path,
					    const char *instance,
					    struct ringmap_trace **ret,
					    struct ringmap_error *err)
{
	struct stat st;

	if (!path || !ret)
		return rm_fail(err, RINGMAP_E_INVAL, 0, "%s is NULL",
			       path ? "ret" : "path");
	rm_autoclose int fd = -1;
	enum ringmap_status s = rm_dat_open_path(path, &fd, err);
	if (s)
		return s;
	if (fstat(fd, &st))
		return rm_fail(err, RINGMAP_E_OS, errno, "%s: fstat failed",
			       path);
	if (S_ISDIR(st.st_mode))
		return open_folder(path, instance, ret, err);
	return rm_dat_trace(fd, path, instance, ret, err);
}

enum ringmap_status ringmap_schema_open(const char *path,
					struct ringmap_schema **ret,
					struct ringmap_error *err)
{
	struct rm_schema_source source;
	struct stat st;

	if (!ret)
		return rm_fail(err, RINGMAP_E_INVAL, 0, "ret is NULL");
	bool file = path && !stat(path, &st) && !S_ISDIR(st.st_mode);
	enum ringmap_status s = file ? rm_dat_schema_source(path, &source, err)
				     : rm_dir_schema_source(path, &source, err);
	return s ? s : rm_schema_new(&source, ret, err);
}
