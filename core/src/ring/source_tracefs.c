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
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* TRACE_MMAP_IOCTL_GET_READER, include/uapi/linux/trace_mmap.h, 6.10. */
#define GET_READER _IO('R', 0x20)

struct tracefs {
	int cpu_dir;     /* per_cpu/cpuN; -1: out of reach */
	int stats;       /* kept open; -1: out of reach */
	bool overwrites; /* the word of the sender, as is clock */
	char clock[32];  /* "": unknown */
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

static int truncated_at(int dir, const char *path, uint64_t *ret)
{
	struct stat st;

	if (fstatat(dir, path, &st, 0))
		return -errno;
	*ret = (uint64_t)st.st_mtim.tv_sec * 1000000000u +
	       (uint64_t)st.st_mtim.tv_nsec;
	return 0;
}

/* Writing to these files does not change the time, O_TRUNC does. */
static int tracefs_marks(void *ctx, struct rm_source_marks *ret)
{
	const struct tracefs *t = ctx;

	if (t->cpu_dir < 0)
		return -ENOENT;
	int error = truncated_at(t->cpu_dir, "trace", &ret->ring);
	if (!error)
		error = truncated_at(t->cpu_dir, "../../trace", &ret->instance);
	if (!error)
		error = truncated_at(t->cpu_dir, "../../trace_clock",
				     &ret->clock);
	return error;
}

/* The number of bytes, or a negative errno. An empty file tells nothing. */
static ssize_t read_beside(const struct tracefs *t, const char *file,
			   char *text, size_t size)
{
	if (t->cpu_dir < 0)
		return -ENOENT;
	ssize_t n = rm_read_text_at(t->cpu_dir, file, text, size);
	return n ? n : -ENODATA;
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
	ssize_t n =
		read_beside(t, "../../options/overwrite", text, sizeof(text));
	if (n >= 0)
		ret->overwrite_off = text[0] == '0';
	else if (!t->overwrites)
		ret->unread = (int)-n;
	n = read_beside(t, "../../trace_clock", text, sizeof(text));
	if (n >= 0)
		ret->coarse_clock = strstr(text, "[uptime]");
	else if (t->clock[0])
		ret->coarse_clock = !strcmp(t->clock, "uptime");
	else
		ret->unread = (int)-n;
	/* What cannot be looked at may be persistent. */
	ret->persistent = t->cpu_dir < 0 ||
			  !faccessat(t->cpu_dir, "buffer_meta", F_OK, 0) ||
			  errno != ENOENT;
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
	.marks = tracefs_marks,
	.info = tracefs_info,
	.free = tracefs_free,
};

/*
 * Without the counts a ring can be read, but not so exactly. They may be
 * missing or forbidden; any other failure is one of this moment, and a ring that
 * differs from the next because of it would be a riddle.
 */
static enum ringmap_status open_stats(int cpu_dir, int *ret,
				      struct ringmap_error *err)
{
	/* Without O_NONBLOCK the opening of a FIFO would wait for a writer. */
	*ret = openat(cpu_dir, "stats", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*ret >= 0 || errno == ENOENT || errno == EACCES || errno == EPERM)
		return RINGMAP_OK;
	return rm_fail(err, RINGMAP_E_OS, errno,
		       "cannot open the stats of the ring: %s",
		       strerror(errno));
}

enum ringmap_status rm_source_tracefs(int cpu_dir,
				      const struct rm_source_word *word,
				      struct rm_source *ret,
				      struct ringmap_error *err)
{
	struct tracefs *t = calloc(1, sizeof(*t));
	enum ringmap_status s = RINGMAP_OK;

	if (!t)
		return rm_fail(err, RINGMAP_E_NOMEM, 0, "no memory for a ring");
	t->cpu_dir = cpu_dir;
	t->stats = word ? word->stats : -1;
	t->overwrites = word && word->overwrites;
	if (word && word->clock)
		snprintf(t->clock, sizeof(t->clock), "%s", word->clock);
	if (t->stats < 0 && cpu_dir >= 0)
		s = open_stats(cpu_dir, &t->stats, err);
	if (s) {
		free(t);
		return s;
	}
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

/* ---- descriptors of others ------------------------------------------------ */

/*
 * The kernel's path of the file that @fd is open on, split into its folder and
 * its name. It may be of another mount namespace. An errno, or 0.
 */
static int split_path(int fd, char path[PATH_MAX], const char **name)
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, PATH_MAX - 1);
	if (n < 0)
		return errno;
	path[n] = '\0';
	char *slash = strrchr(path, '/');
	if (!slash)
		return EINVAL;
	*slash = '\0';
	*name = slash + 1;
	return 0;
}

enum ringmap_status rm_tracefs_check(int fd, const char *name,
				     struct ringmap_error *err)
{
	char path[PATH_MAX];
	const char *found;
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) || fstat(fd, &st))
		return rm_fail(err, RINGMAP_E_INVAL, errno,
			       "%d is no open descriptor", fd);
	bool file = fs.f_type == TRACEFS_MAGIC && S_ISREG(st.st_mode);
	int os_errno = file ? split_path(fd, path, &found) : 0;
	if (os_errno && os_errno != EINVAL)
		return rm_fail(err, RINGMAP_E_UNSUPPORTED, os_errno,
			       "cannot find out which file of tracefs "
			       "descriptor %d is open on: mount /proc",
			       fd);
	if (!file || os_errno || strcmp(found, name) != 0)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "descriptor %d is not open on a %s of tracefs",
			       fd, name);
	return RINGMAP_OK;
}

enum ringmap_status rm_tracefs_beside(int fd, int other,
				      struct ringmap_error *err)
{
	char path[PATH_MAX], other_path[PATH_MAX];
	const char *name;

	if (split_path(fd, path, &name) ||
	    split_path(other, other_path, &name) || strcmp(path, other_path))
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "descriptors %d and %d are not of one ring", fd,
			       other);
	return RINGMAP_OK;
}

/* True if the folder's trace_pipe_raw is the file that @fd is open on. */
static bool is_folder_of(int dir, int fd)
{
	struct stat named, given;

	return !fstatat(dir, "trace_pipe_raw", &named, AT_SYMLINK_NOFOLLOW) &&
	       !fstat(fd, &given) && named.st_dev == given.st_dev &&
	       named.st_ino == given.st_ino;
}

enum ringmap_status rm_tracefs_dir_of(int fd, int *ret,
				      struct ringmap_error *err)
{
	char path[PATH_MAX];
	const char *name;

	*ret = -1;
	if (split_path(fd, path, &name) || strcmp(name, "trace_pipe_raw") != 0)
		return RINGMAP_OK;
	rm_autoclose int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
		return rm_fail(err, RINGMAP_E_OS, errno,
			       "cannot open the folder of the ring: %s",
			       strerror(errno));
	if (dir >= 0 && is_folder_of(dir, fd))
		*ret = rm_steal_fd(dir);
	return RINGMAP_OK;
}
