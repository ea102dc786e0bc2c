/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * file.c - small files read whole, and the error if a file cannot be read
 */
#define _GNU_SOURCE
#include "base/file.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/new_text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum {
	FIRST_ROOM = 16384,
	TRIES = 16,
};

bool rm_is_file_name(const char *name)
{
	return *name && !strchr(name, '/') && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

ssize_t rm_read_text(int fd, char *text, size_t size)
{
	ssize_t n = pread(fd, text, size - 1, 0);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	return n;
}

ssize_t rm_read_text_at(int dir, const char *name, char *text, size_t size)
{
	/* Without O_NONBLOCK the opening of a FIFO would wait for a writer. */
	rm_autoclose int fd =
		openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : rm_read_text(fd, text, size);
}

int rm_read_all(int fd, size_t max, char **ret, size_t *size)
{
	size_t room = FIRST_ROOM;
	rm_autofree char *text = malloc(room);
	size_t filled = 0;

	while (text) {
		ssize_t n = read(fd, text + filled, room - 1 - filled);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (n == 0) {
			text[filled] = '\0';
			*size = filled;
			*ret = rm_steal(text);
			return 0;
		}
		filled += (size_t)n;
		if (filled > max)
			return EFBIG;
		if (filled < room - 1)
			continue;
		room *= 2;
		char *grown = realloc(text, room);
		if (!grown)
			break;
		text = grown;
	}
	return ENOMEM;
}

/* ---- files of a folder ---------------------------------------------------- */

/* Opens @path without following any link. */
static int walk(int dir, const char *path, int flags)
{
	rm_autofree char *copy = strdup(path);
	rm_autoclose int above = -1;
	char *rest = copy;

	if (!copy)
		return -ENOMEM;
	for (char *name = strsep(&rest, "/"); rest; name = strsep(&rest, "/")) {
		int fd = openat(above < 0 ? dir : above, name,
				O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0)
			return -errno;
		if (above >= 0)
			close(above);
		above = fd;
	}
	const char *last = strrchr(path, '/');
	int fd = openat(above < 0 ? dir : above, last ? last + 1 : path,
			flags | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

/* Where openat2(2) is missing (before 5.6) or forbidden, no link is followed. */
static int open_beneath(int dir, const char *path, int flags)
{
	const struct open_how how = {
		.flags = (uint32_t)flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	/* EAGAIN: a folder was renamed meanwhile. */
	for (int i = 0; i < TRIES; i++) {
		fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return walk(dir, path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

int rm_open_inside(int dir, const char *path)
{
	struct stat place, file;

	/* O_PATH opens nothing, so it has no effect on a device. */
	rm_autoclose int at = open_beneath(dir, path, O_PATH);
	if (at < 0)
		return at;
	if (fstat(at, &place))
		return -errno;
	if (!S_ISREG(place.st_mode))
		return -RM_NOT_REGULAR;
	rm_autoclose int fd = open_beneath(dir, path, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return fd;
	if (fstat(fd, &file))
		return -errno;
	return same_file(&place, &file) ? rm_steal_fd(fd) : -RM_NOT_REGULAR;
}

int rm_open_folder_inside(int dir, const char *path)
{
	return open_beneath(dir, path, O_RDONLY | O_DIRECTORY);
}

int rm_open_root(const char *path)
{
	static const char inside[] = "/events/header_page";
	rm_autofree char *file = rm_new_text("%s%s", path, inside);
	rm_autofree char *real = file ? realpath(file, NULL) : NULL;
	size_t size = real ? strlen(real) : 0;

	if (!file)
		return -ENOMEM;
	if (size > strlen(inside) &&
	    !strcmp(real + size - strlen(inside), inside)) {
		real[size - strlen(inside)] = '\0';
		path = real;
	}
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* ---- errors ---------------------------------------------------------------- */

enum ringmap_status rm_file_fail(struct ringmap_error *err, int os_errno,
				 const struct rm_file_hints *hints,
				 const char *dir, const char *file)
{
	const char *hint = NULL;
	char buf[128];
	const char *why = strerror_r(os_errno, buf, sizeof(buf));
	enum ringmap_status status = RINGMAP_E_OS;

	if (file && *file == '/') {
		dir = file;
		file = NULL;
	}
	switch (os_errno) {
	case ENOENT:
	case ENOTDIR:
		status = RINGMAP_E_NOENT;
		why = "there is no such file";
		hint = hints ? hints->missing : NULL;
		break;
	case EACCES:
	case EPERM:
		status = RINGMAP_E_PERMISSION;
		why = "not allowed to read it";
		hint = hints ? hints->forbidden : NULL;
		break;
	case EXDEV:
		status = RINGMAP_E_CORRUPT;
		why = "a link leads out of the folder";
		break;
	case RM_NOT_REGULAR:
		status = RINGMAP_E_CORRUPT;
		os_errno = 0;
		why = "it is not a regular file";
		break;
	case ENOMEM:
		status = RINGMAP_E_NOMEM;
		why = "no memory to read it";
		break;
	}
	return rm_fail(err, status, os_errno, "%s%s%s: %s%s%s", dir,
		       file ? "/" : "", file ? file : "", why, hint ? ": " : "",
		       hint ? hint : "");
}
