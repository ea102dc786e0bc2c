/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * sweep.c - removes instances that lost both their program and their guard
 *
 * The end of a PID namespace or a cgroup kills all of its processes at once. A
 * pid does not show whether its process is alive, since it may be one of
 * another namespace. The lock that the guard and the program hold on the folder
 * of the instance does: the kernel has one such folder for all mounts, and ends
 * the lock with its last holder.
 */
#define _GNU_SOURCE
#include "session/sweep.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/new_text.h"
#include "session/instance.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define NAME_FORMAT "ringmap_%d_%llu_%u"

/* In clock ticks after boot; 0 if /proc does not say it. */
static unsigned long long start_time(void)
{
	unsigned long long ticks = 0;
	char text[1024];

	if (rm_read_text_at(AT_FDCWD, "/proc/self/stat", text, sizeof(text)) <=
	    0)
		return 0;
	/* Field 2, the name, is in parentheses and may contain some; the time
	 * is field 22. */
	char *rest = strrchr(text, ')');
	if (!rest || sscanf(rest + 1,
			    " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u "
			    "%*u %*d %*d %*d %*d %*d %*d %llu",
			    &ticks) != 1)
		return 0;
	return ticks;
}

void rm_unique_name(unsigned int n, char ret[RM_UNIQUE_NAME])
{
	snprintf(ret, RM_UNIQUE_NAME, NAME_FORMAT, (int)getpid(), start_time(),
		 n);
}

static bool is_unique_name(const char *name)
{
	unsigned long long start;
	char again[RM_UNIQUE_NAME];
	unsigned int n;
	int owner;

	if (sscanf(name, NAME_FORMAT, &owner, &start, &n) != 3)
		return false;
	snprintf(again, sizeof(again), NAME_FORMAT, owner, start, n);
	return !strcmp(name, again);
}

/*
 * Holds the lock while it removes the instance: a guard that has made one of
 * that name and could not lock it yet makes another.
 */
static void remove_stale(int instances, const char *name)
{
	rm_autoclose int dir =
		openat(instances, name,
		       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct rm_instance_id mine, named;

	if (dir < 0 || flock(dir, LOCK_EX | LOCK_NB))
		return;
	if (rm_identify(dir, "", &mine) &&
	    rm_identify(instances, name, &named) &&
	    rm_same_instance(&mine, &named)) {
		rm_switch_off(dir);
		unlinkat(instances, name, AT_REMOVEDIR);
	}
	/* A child that was forked meanwhile has the descriptor, too. */
	flock(dir, LOCK_UN);
}

void rm_sweep(const char *tracefs)
{
	rm_autofree char *path = rm_new_text("%s/instances", tracefs);
	rm_autoclosedir DIR *dir = path ? opendir(path) : NULL;
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (is_unique_name(entry->d_name))
			remove_stale(dirfd(dir), entry->d_name);
}
