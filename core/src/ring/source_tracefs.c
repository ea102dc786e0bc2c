/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * source_tracefs.c - the kernel behind a ring: its calls and its files
 */
#define _GNU_SOURCE
#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/tracefs.h"
#include "ring/source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

/* TRACE_MMAP_IOCTL_GET_READER, include/uapi/linux/trace_mmap.h, 6.10. */
#define GET_READER _IO('R', 0x20)

struct tracefs {
	int cpu_dir; /* per_cpu/cpuN; -1: out of reach */
	int stats;   /* kept open; -1: out of reach */
};

static int tracefs_get_reader(void *ctx, int fd)
{
	(void)ctx;
	return ioctl(fd, GET_READER) ? -errno : 0;
}

static ssize_t tracefs_read(void *ctx, int fd, void *buf, size_t size)
{
	(void)ctx;
	ssize_t n = read(fd, buf, size);
	return n < 0 ? -errno : n;
}

/* Reads the number behind "name: "; -1: there is none. */
static int stat_line(const char *text, const char *name, uint64_t *ret)
{
	size_t len = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, len) && line[len] == ':')
			return sscanf(line + len + 1, "%" SCNu64, ret) == 1
				       ? 0
				       : -1;
	}
	return -1;
}

/* "entries" of tracing_stats_read() are the unread events. */
static int tracefs_stats(void *ctx, struct rm_kernel_stats *ret)
{
	const struct tracefs *t = ctx;
	char text[1024];
	uint64_t unread;

	if (t->stats < 0)
		return -ENOENT;
	ssize_t n = rm_read_text(t->stats, text, sizeof(text));
	if (n < 0)
		return (int)n;
	if (stat_line(text, "entries", &unread) ||
	    stat_line(text, "overrun", &ret->overrun) ||
	    stat_line(text, "dropped events", &ret->dropped) ||
	    stat_line(text, "read events", &ret->read))
		return -EPROTO;
	ret->entries = unread + ret->overrun + ret->read;
	return 0;
}

/*
 * The clock "uptime" counts jiffies. A ring can come round within one, and then
 * two fills of a sub-buffer have the same stamp.
 */
static void tracefs_info(void *ctx, struct rm_source_info *ret)
{
	const struct tracefs *t = ctx;
	char text[256];

	*ret = (struct rm_source_info){0};
	if (t->cpu_dir < 0)
		return;
	if (rm_read_text_at(t->cpu_dir, "../../options/overwrite", text,
			    sizeof(text)) >= 0)
		ret->overwrite_off = text[0] == '0';
	if (rm_read_text_at(t->cpu_dir, "../../trace_clock", text,
			    sizeof(text)) >= 0)
		ret->coarse_clock = strstr(text, "[uptime]");
	ret->persistent = !faccessat(t->cpu_dir, "buffer_meta", F_OK, 0);
}

static void tracefs_free(void *ctx)
{
	struct tracefs *t = ctx;

	if (t->stats >= 0)
		close(t->stats);
	if (t->cpu_dir >= 0)
		close(t->cpu_dir);
	free(t);
}

static const struct rm_source_ops tracefs_ops = {
	.get_reader = tracefs_get_reader,
	.read = tracefs_read,
	.stats = tracefs_stats,
	.info = tracefs_info,
	.free = tracefs_free,
};

enum ringmap_status rm_source_tracefs(int cpu_dir, struct rm_source *ret,
				      struct ringmap_error *err)
{
	struct tracefs *t = malloc(sizeof(*t));

	if (!t)
		return rm_fail(err, RINGMAP_E_NOMEM, 0, "no memory for a ring");
	t->cpu_dir = cpu_dir;
	t->stats = cpu_dir < 0 ? -1
			       : openat(cpu_dir, "stats", O_RDONLY | O_CLOEXEC);
	*ret = (struct rm_source){&tracefs_ops, t};
	return RINGMAP_OK;
}

/* Fails with the part of the path that is missing or forbidden. */
static enum ringmap_status explain(const char *tracefs, const char *instance,
				   uint32_t cpu, int os_errno,
				   struct ringmap_error *err)
{
	char path[PATH_MAX];

	if (os_errno == EACCES || os_errno == EPERM)
		return rm_fail(
			err, RINGMAP_E_PERMISSION, os_errno,
			"not allowed to look into %s: " RM_TRACEFS_REMEDY,
			tracefs);
	if (os_errno != ENOENT && os_errno != ENOTDIR)
		return rm_fail(err, RINGMAP_E_OS, os_errno,
			       "cannot open the ring of CPU %u: %s", cpu,
			       strerror(os_errno));
	snprintf(path, sizeof(path), "%s/per_cpu", tracefs);
	if (access(path, F_OK))
		return rm_fail(err, RINGMAP_E_NOENT, os_errno,
			       "no tracefs at %s: mount -t tracefs nodev %s, "
			       "in a kernel with CONFIG_FTRACE",
			       tracefs, tracefs);
	if (rm_instance_path(tracefs, instance, path, sizeof(path), NULL) ==
		    RINGMAP_OK &&
	    access(path, F_OK))
		return rm_fail(err, RINGMAP_E_NOENT, os_errno,
			       "no tracing instance is named %s", instance);
	return rm_fail(err, RINGMAP_E_NOENT, os_errno,
		       "instance %s has no ring for CPU %u", instance, cpu);
}

enum ringmap_status rm_tracefs_cpu_dir(const char *tracefs,
				       const char *instance, uint32_t cpu,
				       int *ret, struct ringmap_error *err)
{
	char path[PATH_MAX];
	char per_cpu[32];

	if (!tracefs)
		tracefs = RM_TRACEFS;
	enum ringmap_status s =
		rm_instance_path(tracefs, instance, path, sizeof(path), err);
	if (s != RINGMAP_OK)
		return s;
	rm_autoclose int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(per_cpu, sizeof(per_cpu), "per_cpu/cpu%u", cpu);
	*ret = dir < 0 ? -1
		       : openat(dir, per_cpu, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*ret < 0)
		return explain(tracefs, instance, cpu, errno, err);
	return RINGMAP_OK;
}

enum ringmap_status rm_tracefs_refused(int os_errno, struct ringmap_error *err)
{
	if (os_errno == EACCES)
		return rm_fail(err, RINGMAP_E_PERMISSION, os_errno,
			       "not allowed to open "
			       "trace_pipe_raw: " RM_TRACEFS_REMEDY);
	if (os_errno == EPERM)
		return rm_fail(err, RINGMAP_E_PERMISSION, os_errno,
			       "the kernel is locked down: tracefs is closed "
			       "even to root");
	if (os_errno == ENODEV)
		return rm_fail(err, RINGMAP_E_UNSUPPORTED, os_errno,
			       "tracing is disabled in this kernel since an "
			       "earlier fault");
	return rm_fail(err, RINGMAP_E_OS, os_errno,
		       "cannot open trace_pipe_raw: %s", strerror(os_errno));
}

int rm_tracefs_dir_of(int fd)
{
	char link[64];
	char path[PATH_MAX];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof(path) - 1);
	if (n <= 0)
		return -1;
	path[n] = '\0';
	char *slash = strrchr(path, '/');
	if (path[0] != '/' || !slash || strcmp(slash, "/trace_pipe_raw") != 0)
		return -1;
	*slash = '\0';
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}
