/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * instance_dir.c - the open folder of an instance, which its rings share
 */
#include "ring/instance_dir.h"

#include "base/error.h"

#include <stdlib.h>
#include <unistd.h>

enum ringmap_status rm_instance_dir_new(int fd, struct rm_instance_dir **ret,
					struct ringmap_error *err)
{
	struct rm_instance_dir *dir = malloc(sizeof(*dir));

	if (!dir)
		return rm_fail(err, RINGMAP_E_NOMEM, 0, "no memory for a ring");
	*dir = (struct rm_instance_dir){.fd = fd, .refs = 1};
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
