/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * file.c - small files read whole, and the error if a file cannot be read
 */
#define _GNU_SOURCE
#include "base/file.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum {
	FIRST_ROOM = 16384
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
	case ENOMEM:
		status = RINGMAP_E_NOMEM;
		why = "no memory to read it";
		break;
	}
	return rm_fail(err, status, os_errno, "%s%s%s: %s%s%s", dir,
		       file ? "/" : "", file ? file : "", why, hint ? ": " : "",
		       hint ? hint : "");
}
