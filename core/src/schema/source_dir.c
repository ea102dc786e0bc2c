/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * source_dir.c - reads formats from tracefs or a folder with its layout
 */
#define _GNU_SOURCE
#include "schema/schema.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/tracefs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

/* Bounds the memory. The largest text, kallsyms, has about 10 MB. */
#define TEXT_MAX ((size_t)256 << 20)

struct dir {
	int root;
	char *path;
	bool live; /* the running kernel, whose symbols are in /proc */
};

static enum ringmap_status refused(const struct dir *d, const char *file,
				   int os_errno, struct ringmap_error *err)
{
	static const struct rm_file_hints hints = {
		.forbidden = RM_TRACEFS_REMEDY,
	};

	return rm_file_fail(err, os_errno, &hints, d->path, file);
}

/* ---- files --------------------------------------------------------------- */

static enum ringmap_status read_file(const struct dir *d, const char *file,
				     size_t max, char **ret, size_t *size,
				     struct ringmap_error *err)
{
	/* A folder may hold anything; tracefs, and /proc, hold what we know. */
	rm_autoclose int fd =
		d->live ? openat(d->root, file, O_RDONLY | O_CLOEXEC)
			: rm_open_inside(d->root, file);
	int os_errno = fd >= 0   ? rm_read_all(fd, max, ret, size)
		       : d->live ? errno
				 : -fd;

	return os_errno ? refused(d, file, os_errno, err) : RINGMAP_OK;
}

/* Returns true if a system or event of that name can be a file. */
static bool is_name(const char *name)
{
	return *name && *name != '.' && !strchr(name, '/');
}

static enum ringmap_status dir_format(void *ctx, const char *system,
				      const char *event, char **ret,
				      size_t *size, struct ringmap_error *err)
{
	const struct dir *d = ctx;
	char file[2 * NAME_MAX + 32];

	int n = snprintf(file, sizeof(file), "events/%s/%s/format", system,
			 event);
	if (!is_name(system) || !is_name(event) || n >= (int)sizeof(file))
		return rm_fail(err, RINGMAP_E_NOENT, ENOENT,
			       "no such event: %s:%s", system, event);
	return read_file(d, file, RM_FORMAT_TEXT_MAX, ret, size, err);
}

static enum ringmap_status dir_text(void *ctx, enum rm_schema_text which,
				    char **ret, size_t *size,
				    struct ringmap_error *err)
{
	static const char *const files[] = {
		[RM_TEXT_HEADER_PAGE] = "events/header_page",
		[RM_TEXT_PRINTK_FORMATS] = "printk_formats",
		[RM_TEXT_SAVED_CMDLINES] = "saved_cmdlines",
		[RM_TEXT_KALLSYMS] = "kallsyms",
	};
	const struct dir *d = ctx;
	const char *file = files[which];

	/* openat() ignores the descriptor if the path is absolute. */
	if (d->live && which == RM_TEXT_KALLSYMS)
		file = "/proc/kallsyms";
	return read_file(d, file, TEXT_MAX, ret, size, err);
}

/* ---- folders ------------------------------------------------------------- */

/* Returns true if it may be a folder: some file systems leave d_type unset. */
static bool may_be_folder(const struct dirent *entry)
{
	return entry->d_name[0] != '.' &&
	       (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN ||
		entry->d_type == DT_LNK);
}

/* Opens the folder of a system; NULL: that of all. */
static DIR *open_folder(const struct dir *d, const char *system)
{
	char path[NAME_MAX + 16];

	snprintf(path, sizeof(path), "events%s%s", system ? "/" : "",
		 system ? system : "");
	rm_autoclose int fd = rm_open_folder_inside(d->root, path);
	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	DIR *dir = fdopendir(fd);
	if (dir)
		(void)rm_steal_fd(fd);
	return dir;
}

/* Every folder in a system's folder of tracefs is an event; in other folders
 * only those with a format are. */
static bool is_event(const struct dir *d, DIR *system, const char *name)
{
	char file[NAME_MAX + 16];

	if (d->live)
		return true;
	snprintf(file, sizeof(file), "%s/format", name);
	return !faccessat(dirfd(system), file, F_OK, 0);
}

/*
 * Returns true if the entry has no events for us: the folder is gone because its
 * module was unloaded, it is a file or a link out of the tree, or only others may
 * read it. Any other error would hide events that are there.
 */
static bool is_no_system(int os_errno)
{
	return os_errno == ENOENT || os_errno == ENOTDIR || os_errno == ELOOP ||
	       os_errno == EXDEV || os_errno == EACCES || os_errno == EPERM;
}

static enum ringmap_status
list_system(const struct dir *d, const char *system,
	    enum ringmap_status (*found)(void *arg, const char *system,
					 const char *event),
	    void *arg, struct ringmap_error *err)
{
	rm_autoclosedir DIR *dir = open_folder(d, system);
	enum ringmap_status s = RINGMAP_OK;
	struct dirent *entry;

	if (!dir && !is_no_system(errno))
		return refused(d, "events", errno, err);
	while (dir && !s && (entry = readdir(dir))) {
		if (may_be_folder(entry) && is_event(d, dir, entry->d_name))
			s = found(arg, system, entry->d_name);
	}
	return s;
}

static enum ringmap_status
dir_list(void *ctx,
	 enum ringmap_status (*found)(void *arg, const char *system,
				      const char *event),
	 void *arg, struct ringmap_error *err)
{
	const struct dir *d = ctx;
	rm_autoclosedir DIR *dir = open_folder(d, NULL);
	enum ringmap_status s = RINGMAP_OK;
	struct dirent *entry;

	if (!dir)
		return refused(d, "events", errno, err);
	while (!s && (entry = readdir(dir))) {
		if (may_be_folder(entry))
			s = list_system(d, entry->d_name, found, arg, err);
	}
	return s;
}

/* ---- opening ------------------------------------------------------------- */

static void dir_free(void *ctx)
{
	struct dir *d = ctx;

	if (d->root >= 0)
		close(d->root);
	free(d->path);
	free(d);
}

static const struct rm_schema_source_ops dir_ops = {
	.format = dir_format,
	.list = dir_list,
	.text = dir_text,
	.free = dir_free,
};

static enum ringmap_status open_dir(struct dir *d, struct ringmap_error *err)
{
	struct statfs fs;

	d->root = rm_open_root(d->path);
	if (d->root == -ENOENT)
		return rm_fail(err, RINGMAP_E_NOENT, ENOENT,
			       d->live ? "tracefs is not mounted on %s"
				       : "no such folder: %s",
			       d->path);
	if (d->root < 0)
		return refused(d, NULL, -d->root, err);
	/* Wherever tracefs is mounted, it is that of the running kernel. */
	if (!fstatfs(d->root, &fs) && fs.f_type == TRACEFS_MAGIC)
		d->live = true;
	rm_autoclose int events = rm_open_folder_inside(d->root, "events");
	if (events == -ENOENT && d->live)
		return rm_fail(err, RINGMAP_E_NOENT, ENOENT,
			       "tracefs is not mounted on %s", d->path);
	return events < 0 ? refused(d, "events", -events, err) : RINGMAP_OK;
}

enum ringmap_status rm_dir_schema_source(const char *path,
					 struct rm_schema_source *ret,
					 struct ringmap_error *err)
{
	struct dir *d = calloc(1, sizeof(*d));

	if (d)
		*d = (struct dir){
			.root = -1,
			.path = strdup(path ? path : RM_TRACEFS),
			.live = !path,
		};
	if (!d || !d->path) {
		free(d);
		return rm_fail(err, RINGMAP_E_NOMEM, 0, "no memory for a path");
	}
	enum ringmap_status s = open_dir(d, err);
	if (s) {
		dir_free(d);
		return s;
	}
	*ret = (struct rm_schema_source){.ops = &dir_ops, .ctx = d};
	return RINGMAP_OK;
}
