/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * instance_dir.c - the open folder of an instance, which its rings share
 */
#include "ring/instance_dir.h"

#include "base/error.h"
#include "base/file.h"
#include "base/header_page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Without header_page the size of long is not known. It may be missing or
 * forbidden; any other failure is one of this moment.
 */
static enum ringmap_status read_long_size(struct rm_instance_dir *dir,
					  struct ringmap_error *err)
{
	char text[1024];
	ssize_t n = rm_read_text_at(dir->fd, "events/header_page", text,
				    sizeof(text));

	if (n < 0 && n != -ENOENT && n != -EACCES && n != -EPERM)
		return rm_fail(err, RINGMAP_E_OS, (int)-n,
			       "cannot read events/header_page of the "
			       "instance: %s",
			       strerror((int)-n));
	if (n < 0 || !rm_page_header_long(text, &dir->long_size))
		dir->long_size = 0;
	return RINGMAP_OK;
}

enum ringmap_status rm_instance_dir_new(int fd, struct rm_instance_dir **ret,
					struct ringmap_error *err)
{
	struct rm_instance_dir *dir = malloc(sizeof(*dir));

	if (!dir)
		return rm_fail(err, RINGMAP_E_NOMEM, 0, "no memory for a ring");
	*dir = (struct rm_instance_dir){.fd = fd, .refs = 1};
	enum ringmap_status s = read_long_size(dir, err);
	if (s) {
		free(dir);
		return s;
	}
	*ret = dir;
	return RINGMAP_OK;
}

struct rm_instance_dir *rm_instance_dir_ref(struct rm_instance_dir *dir)
{
	/* Relaxed: the caller holds a reference already. */
	__atomic_fetch_add(&dir->refs, 1, __ATOMIC_RELAXED);
	return dir;
}

void rm_instance_dir_unref(struct rm_instance_dir *dir)
{
	/* Acquire and release, for the reason in ringmap_ring_unref(): rings of
	 * one trace may be freed by different threads. */
	if (!dir || __atomic_sub_fetch(&dir->refs, 1, __ATOMIC_ACQ_REL))
		return;
	close(dir->fd);
	free(dir);
}
