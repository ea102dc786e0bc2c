/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * file.h - small files read whole, and the error if a file cannot be read
 */
#ifndef RM_FILE_H
#define RM_FILE_H

#include <ringmap/ringmap.h>

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* With 32 bits, open(2) refuses large files, and readdir(3) large inode numbers. */
_Static_assert(sizeof(off_t) == 8,
	       "32-bit: compile with -D_FILE_OFFSET_BITS=64");

/* True if @name can be an entry of a folder: no "", ".", ".." and no '/'. */
bool rm_is_file_name(const char *name);

/*
 * Reads a small file from its start into @text of @size bytes, ends it with a
 * NUL and cuts what does not fit. The number of bytes, or a negative errno.
 */
ssize_t rm_read_text(int fd, char *text, size_t size);

/* The same for the file @name in the folder @dir, as openat(2) takes them. */
ssize_t rm_read_text_at(int dir, const char *name, char *text, size_t size);

/*
 * Reads all that is left of @fd, whose size the kernel may not know. @ret is
 * the caller's and ends with a NUL that @size does not count. 0, or an errno;
 * EFBIG: there are more than @max bytes.
 */
int rm_read_all(int fd, size_t max, char **ret, size_t *size);

/* The errno of a file that is a FIFO, a device or a folder. */
#define RM_NOT_REGULAR EMEDIUMTYPE

/*
 * Opens a regular file below the folder @dir, to be read. It neither waits nor
 * opens anything else, whose opening might have an effect. Links may lead to
 * other places of the folder, but not out of it. Returns a descriptor, or a
 * negative errno: -RM_NOT_REGULAR; -EXDEV: a link leads out of the folder.
 */
int rm_open_inside(int dir, const char *path);

/* Opens a folder below the folder @dir in the same way. */
int rm_open_folder_inside(int dir, const char *path);

/*
 * Opens the folder @path, which is laid out as tracefs is, with O_PATH. Build
 * tools present a folder as one of links, each to a file of the true folder:
 * if its events/header_page is such a link, the true folder is opened. Returns a
 * descriptor, or a negative errno.
 */
int rm_open_root(const char *path);

/* The remedy for an error, appended to its sentence; NULL: there is none. */
struct rm_file_hints {
	const char *missing;   /* ENOENT, ENOTDIR */
	const char *forbidden; /* EACCES, EPERM */
};

/*
 * Fails because @file in the folder @dir cannot be read: @os_errno says why.
 * @file may be NULL: @dir is then the whole path. If @file is absolute, @dir
 * is not mentioned. @hints may be NULL.
 */
enum ringmap_status rm_file_fail(struct ringmap_error *err, int os_errno,
				 const struct rm_file_hints *hints,
				 const char *dir, const char *file);

#endif
