/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * tracefs.c - where tracefs and the folders of its instances are
 */
#include "base/tracefs.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
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

/* Returns false unless @name is "cpu" and a number as %u prints it. */
static bool cpu_of_name(const char *name, uint32_t *ret)
{
	char again[sizeof("cpu4294967295")];

	if (sscanf(name, "cpu%" SCNu32, ret) != 1)
		return false;
	snprintf(again, sizeof(again), "cpu%" PRIu32, *ret);
	return !strcmp(name, again);
}

static int by_number(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a;
	uint32_t right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

int rm_list_cpus(int dir, uint32_t **ret, size_t *count)
{
	rm_autoclose int fd = dir;
	rm_autoclosedir DIR *folder = fdopendir(fd);
	rm_autofree uint32_t *cpus = NULL;
	size_t n = 0;

	if (!folder)
		return errno;
	(void)rm_steal_fd(fd);
	for (struct dirent *entry; (entry = readdir(folder));) {
		uint32_t cpu;

		if (!cpu_of_name(entry->d_name, &cpu))
			continue;
		uint32_t *grown = reallocarray(cpus, n + 1, sizeof(*cpus));
		if (!grown)
			return ENOMEM;
		cpus = grown;
		cpus[n++] = cpu;
	}
	if (n)
		qsort(cpus, n, sizeof(*cpus), by_number);
	*ret = rm_steal(cpus);
	*count = n;
	return 0;
}
