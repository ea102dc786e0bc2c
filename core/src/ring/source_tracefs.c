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

/* The folder of a ring, from that of its instance on: per_cpu/cpuN. */
struct ring_path {
	char text[sizeof("per_cpu/cpu4294967295")];
};

struct tracefs {
	struct rm_instance_dir *dir; /* NULL: out of reach */
	struct ring_path ring;       /* valid if dir is */
	int stats;                   /* kept open; -1: out of reach */
	bool overwrites;             /* the word of the sender, as is clock */
	char clock[32];              /* "": unknown */
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

/* The path of a file in the folder of the ring. */
struct file_path {
	char text[sizeof(struct ring_path) + sizeof("/trace_pipe_raw")];
};

static struct file_path path_in(const struct ring_path *ring, const char *file)
{
	struct file_path ret;

	snprintf(ret.text, sizeof(ret.text), "%s/%s", ring->text, file);
	return ret;
}

static int truncated_at(const struct tracefs *t, const char *path,
			uint64_t *ret)
{
	struct stat st;

	if (fstatat(t->dir->fd, path, &st, 0))
		return -errno;
	*ret = (uint64_t)st.st_mtim.tv_sec * 1000000000u +
	       (uint64_t)st.st_mtim.tv_nsec;
	return 0;
}

/* Writing to these files does not change the time, O_TRUNC does. */
static int tracefs_marks(void *ctx, struct rm_source_marks *ret)
{
	const struct tracefs *t = ctx;

	if (!t->dir)
		return -ENOENT;
	const struct file_path trace = path_in(&t->ring, "trace");
	int error = truncated_at(t, trace.text, &ret->ring);
	if (!error)
		error = truncated_at(t, "trace", &ret->instance);
	if (!error)
		error = truncated_at(t, "trace_clock", &ret->clock);
	return error;
}

/* The number of bytes, or a negative errno. An empty file tells nothing. */
static ssize_t read_file(const struct tracefs *t, const char *file, char *text,
			 size_t size)
{
	if (!t->dir)
		return -ENOENT;
	ssize_t n = rm_read_text_at(t->dir->fd, file, text, size);
	return n ? n : -ENODATA;
}

/* What cannot be looked at may be persistent. */
static bool may_be_persistent(const struct tracefs *t)
{
	if (!t->dir)
		return true;
	const struct file_path meta = path_in(&t->ring, "buffer_meta");
	return !faccessat(t->dir->fd, meta.text, F_OK, 0) || errno != ENOENT;
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
	ssize_t n = read_file(t, "options/overwrite", text, sizeof(text));
	if (n >= 0)
		ret->overwrite_off = text[0] == '0';
	else if (!t->overwrites)
		ret->unread = (int)-n;
	n = read_file(t, "trace_clock", text, sizeof(text));
	if (n >= 0)
		ret->coarse_clock = strstr(text, "[uptime]");
	else if (t->clock[0])
		ret->coarse_clock = !strcmp(t->clock, "uptime");
	else
		ret->unread = (int)-n;
	ret->persistent = may_be_persistent(t);
}

static void tracefs_free(void *ctx)
{
	struct tracefs *t = ctx;

	if (t->stats >= 0)
		close(t->stats);
	rm_instance_dir_unref(t->dir);
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

/*
 * Makes a source. @cpu_dir, the folder of the ring, is open for this call only;
 * -1: it is out of reach. @dir is the folder of the instance, of which @ring is
 * a part; NULL: it is out of reach, and @ring is not used. @word may be NULL.
 */
static enum ringmap_status new_source(int cpu_dir, struct rm_instance_dir *dir,
				      const struct ring_path *ring,
				      const struct rm_source_word *word,
				      struct rm_source *ret,
				      struct ringmap_error *err)
{
	rm_autofree struct tracefs *t = calloc(1, sizeof(*t));
	enum ringmap_status s = RINGMAP_OK;

	if (!t)
		return rm_fail(err, RINGMAP_E_NOMEM, 0, "no memory for a ring");
	t->stats = word ? word->stats : -1;
	t->overwrites = word && word->overwrites;
	if (word && word->clock)
		snprintf(t->clock, sizeof(t->clock), "%s", word->clock);
	if (t->stats < 0 && cpu_dir >= 0)
		s = open_stats(cpu_dir, &t->stats, err);
	if (s)
		return s;
	if (dir) {
		t->dir = rm_instance_dir_ref(dir);
		t->ring = *ring;
	}
	*ret = (struct rm_source){
		.ops = &tracefs_ops,
		.ctx = rm_steal(t),
		.long_size = dir ? dir->long_size : 0,
	};
	return RINGMAP_OK;
}

/* ---- rings by name -------------------------------------------------------- */

static const char *tracefs_of(const struct ringmap_ring_opts *opts)
{
	return opts->tracefs ? opts->tracefs : RM_TRACEFS;
}

/* Fails with the part of the path that is missing or forbidden. */
static enum ringmap_status explain(const struct ringmap_ring_opts *opts,
				   int os_errno, struct ringmap_error *err)
{
	const char *tracefs = tracefs_of(opts);
	char path[PATH_MAX];

	if (os_errno == EACCES || os_errno == EPERM)
		return rm_fail(
			err, RINGMAP_E_PERMISSION, os_errno,
			"not allowed to look into %s: " RM_TRACEFS_REMEDY,
			tracefs);
	if (os_errno != ENOENT && os_errno != ENOTDIR)
		return rm_fail(err, RINGMAP_E_OS, os_errno,
			       "cannot open the ring of CPU %u: %s", opts->cpu,
			       strerror(os_errno));
	snprintf(path, sizeof(path), "%s/per_cpu", tracefs);
	if (access(path, F_OK))
		return rm_fail(err, RINGMAP_E_NOENT, os_errno,
			       "no tracefs at %s: mount -t tracefs nodev %s, "
			       "in a kernel with CONFIG_FTRACE",
			       tracefs, tracefs);
	if (rm_instance_path(tracefs, opts->instance, path, sizeof(path),
			     NULL) == RINGMAP_OK &&
	    access(path, F_OK))
		return rm_fail(err, RINGMAP_E_NOENT, os_errno,
			       "no tracing instance is named %s",
			       opts->instance);
	return rm_fail(err, RINGMAP_E_NOENT, os_errno,
		       "instance %s has no ring for CPU %u", opts->instance,
		       opts->cpu);
}

/* Fails because trace_pipe_raw cannot be opened: @os_errno says why. */
static enum ringmap_status refused(int os_errno, struct ringmap_error *err)
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

enum ringmap_status
rm_tracefs_open_instance(const struct ringmap_ring_opts *opts,
			 struct rm_instance_dir **ret,
			 struct ringmap_error *err)
{
	char path[PATH_MAX];
	enum ringmap_status s = rm_instance_path(
		tracefs_of(opts), opts->instance, path, sizeof(path), err);

	if (s != RINGMAP_OK)
		return s;
	rm_autoclose int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return explain(opts, errno, err);
	s = rm_instance_dir_new(fd, ret, err);
	if (s == RINGMAP_OK)
		(void)rm_steal_fd(fd);
	return s;
}

enum ringmap_status rm_tracefs_open(struct rm_instance_dir *dir,
				    const struct ringmap_ring_opts *opts,
				    int *ret, struct rm_source *source,
				    struct ringmap_error *err)
{
	struct ring_path ring;

	snprintf(ring.text, sizeof(ring.text), "per_cpu/cpu%" PRIu32,
		 opts->cpu);
	rm_autoclose int cpu_dir =
		openat(dir->fd, ring.text, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (cpu_dir < 0)
		return explain(opts, errno, err);
	rm_autoclose int fd = openat(cpu_dir, "trace_pipe_raw",
				     O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return refused(errno, err);
	enum ringmap_status s =
		new_source(cpu_dir, dir, &ring, NULL, source, err);
	if (s == RINGMAP_OK)
		*ret = rm_steal_fd(fd);
	return s;
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

/* True if @path below the folder @dir is the file that @fd is open on. */
static bool is_file(int dir, const char *path, int fd)
{
	struct stat named, given;

	return !fstatat(dir, path, &named, AT_SYMLINK_NOFOLLOW) &&
	       !fstat(fd, &given) && named.st_dev == given.st_dev &&
	       named.st_ino == given.st_ino;
}

/*
 * Opens a folder. @ret is -1 if that fails for a reason that lasts: the folder
 * is out of reach.
 */
static enum ringmap_status reach(int dir, const char *path, int *ret,
				 struct ringmap_error *err)
{
	*ret = openat(dir, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*ret < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
		return rm_fail(err, RINGMAP_E_OS, errno,
			       "cannot open the folder of the ring: %s",
			       strerror(errno));
	return RINGMAP_OK;
}

/*
 * Opens the folder of the instance of the ring @fd, from the folder of the ring
 * @cpu_dir. @ret is NULL if no folder above has the ring as ring->text.
 */
static enum ringmap_status instance_of(int fd, int cpu_dir,
				       const struct ring_path *ring,
				       struct rm_instance_dir **ret,
				       struct ringmap_error *err)
{
	const struct file_path raw = path_in(ring, "trace_pipe_raw");
	rm_autoclose int dir = -1;

	*ret = NULL;
	enum ringmap_status s = reach(cpu_dir, "../..", &dir, err);
	if (s != RINGMAP_OK || dir < 0 || !is_file(dir, raw.text, fd))
		return s;
	s = rm_instance_dir_new(dir, ret, err);
	if (s == RINGMAP_OK)
		(void)rm_steal_fd(dir);
	return s;
}

/* Returns false if that is not the path of a ring's folder. */
static bool ring_path_of(const char *cpu_dir, struct ring_path *ret)
{
	const char *slash = strrchr(cpu_dir, '/');
	int n = snprintf(ret->text, sizeof(ret->text), "per_cpu/%s",
			 slash ? slash + 1 : "");

	return slash && n > 0 && (size_t)n < sizeof(ret->text);
}

enum ringmap_status rm_tracefs_source_of(int fd,
					 const struct rm_source_word *word,
					 struct rm_source *ret,
					 struct ringmap_error *err)
{
	rm_autoinstance struct rm_instance_dir *dir = NULL;
	rm_autoclose int cpu_dir = -1;
	enum ringmap_status s = RINGMAP_OK;
	struct ring_path ring = {""};
	char path[PATH_MAX];
	const char *name;

	if (!split_path(fd, path, &name) && !strcmp(name, "trace_pipe_raw"))
		s = reach(AT_FDCWD, path, &cpu_dir, err);
	if (cpu_dir >= 0 && !is_file(cpu_dir, name, fd)) {
		close(cpu_dir);
		cpu_dir = -1;
	}
	if (cpu_dir >= 0 && ring_path_of(path, &ring))
		s = instance_of(fd, cpu_dir, &ring, &dir, err);
	if (s == RINGMAP_OK)
		s = new_source(cpu_dir, dir, &ring, word, ret, err);
	return s;
}
