/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * instance.h - tells instances of one name apart, and switches one off
 *
 * The guard uses this, so it makes system calls only, and calls no function of
 * another file: guard.c says why. Files that include it define _GNU_SOURCE.
 */
#ifndef RM_INSTANCE_H
#define RM_INSTANCE_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The guard unmaps memory that the dynamic linker needs to bind a function on
 * its first call. With noplt, syscall() is bound when the library is loaded.
 */
extern long syscall(long number, ...) __attribute__((noplt));

/* tracefs does not use the number of an inode again. */
struct rm_instance_id {
	uint64_t device;
	uint64_t inode;
};

static inline bool rm_same_instance(const struct rm_instance_id *a,
				    const struct rm_instance_id *b)
{
	return a->device == b->device && a->inode == b->inode;
}

/*
 * Identifies @name in the folder @dir, or @dir itself if @name is empty. False:
 * errno says why.
 */
static inline bool rm_identify(int dir, const char *name,
			       struct rm_instance_id *ret)
{
	struct statx st;

	if (syscall(SYS_statx, dir, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW,
		    STATX_INO, &st))
		return false;
	ret->inode = st.stx_ino;
	ret->device = (uint64_t)st.stx_dev_major << 32 | st.stx_dev_minor;
	return true;
}

static inline void rm_write_zero(int dir, const char *file)
{
	int fd = (int)syscall(SYS_openat, dir, file, O_WRONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return;
	syscall(SYS_write, fd, "0", 1);
	/* An open file would keep the instance. */
	syscall(SYS_close, fd);
}

/*
 * Ends the tracing of the instance that is open at @dir, before the instance is
 * removed. An error is ignored: the instance is removed nevertheless.
 */
static inline void rm_switch_off(int dir)
{
	rm_write_zero(dir, "tracing_on");
	rm_write_zero(dir, "events/enable");
}

#endif
