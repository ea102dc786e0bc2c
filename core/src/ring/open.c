/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * open.c - opens a live ring and chooses its mode
 */
#include "base/cleanup.h"
#include "base/opts.h"
#include "ring/ring.h"
#include "ring/settle.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/utsname.h>

/*
 * Returns the size of the kernel's long if header_page does not say it; 0: it
 * is not known. A 64-bit kernel may run 32-bit programs, and setarch(8) makes
 * its name that of a 32-bit one.
 */
static uint32_t guess_long_size(void)
{
	const unsigned long query = 0xffffffff;
	struct utsname u;

	if (sizeof(long) == 8)
		return 8;
	if (uname(&u))
		return 0;
	if (strstr(u.machine, "64") || !strcmp(u.machine, "s390x"))
		return 8;
	int persona = personality(query);
	return persona < 0 || (persona & PER_MASK) == PER_LINUX32 ? 0 : 4;
}

static enum ringmap_status native_layout(const struct rm_source *source,
					 struct rm_layout *ret,
					 struct ringmap_error *err)
{
	uint32_t long_size = source->long_size;

	if (!long_size)
		long_size = guess_long_size();
	if (!long_size)
		return rm_fail(err, RINGMAP_E_UNSUPPORTED, 0,
			       "cannot find out whether the kernel has 32 or "
			       "64 bits: events/header_page cannot be read, "
			       "and setarch hides the kernel's name");
	*ret = (struct rm_layout){
		.long_size = long_size,
		.data_offset = 8 + long_size,
		.big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
	};
	return RINGMAP_OK;
}

static enum ringmap_status check_opts(const struct ringmap_ring_opts *opts,
				      struct ringmap_error *err)
{
	if (opts->mode > RINGMAP_MODE_READ)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "mode %u is no mode of a live ring", opts->mode);
	if (opts->start > RINGMAP_START_NEWEST)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "start %u does not exist", opts->start);
	if (opts->stats_fd < 0 || opts->reserved)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "stats_fd is no descriptor, or reserved is not "
			       "0");
	const uint32_t known = RINGMAP_RING_CONSUMING | RINGMAP_RING_OVERWRITES;
	const uint32_t unknown = opts->flags & ~known;
	if (unknown)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "a ring has no flags 0x%x: there are "
			       "RINGMAP_RING_CONSUMING (0x%x) and "
			       "RINGMAP_RING_OVERWRITES (0x%x)",
			       unknown, RINGMAP_RING_CONSUMING,
			       RINGMAP_RING_OVERWRITES);
	return RINGMAP_OK;
}

static bool count_read(void *ctx, uint64_t *ret)
{
	struct rm_kernel_stats ks;

	if (!rm_kernel_stats(ctx, &ks))
		return false;
	*ret = ks.read;
	return true;
}

static enum ringmap_status map_ring(struct ringmap_ring *ring,
				    struct ringmap_error *err)
{
	const struct rm_map_reads reads = {count_read, ring};
	enum ringmap_status s = rm_map_open(&ring->map, ring->fd, &reads, err);
	struct rm_meta meta;

	rm_settle_init(ring);
	if (s != RINGMAP_OK)
		return s;
	ring->subbuf_size = ring->map.subbuf_size;
	return rm_map_meta(&ring->map, &ring->layout, &meta, err);
}

/*
 * Looks for a reason why a ring that can be mapped cannot be followed; @why is
 * NULL if there is none. Fails if that cannot be found out: a guess would lose
 * events silently, or take them away from others.
 */
static enum ringmap_status cannot_follow(struct ringmap_ring *ring,
					 const char **why,
					 struct ringmap_error *err)
{
	struct rm_source_info info;

	*why = NULL;
	ring->source.ops->info(ring->source.ctx, &info);
	if (info.overwrite_off)
		*why = "the instance does not overwrite old events: set "
		       "options/overwrite, or consume";
	else if (info.coarse_clock)
		*why = "the trace clock is too coarse to follow: use mono, or "
		       "consume";
	if (*why || !info.unread)
		return RINGMAP_OK;
	bool absent = info.unread == ENOENT || info.unread == EACCES ||
		      info.unread == EPERM;
	return rm_fail(
		err, absent ? RINGMAP_E_UNSUPPORTED : RINGMAP_E_OS, info.unread,
		"cannot find out whether the ring can be followed: its "
		"trace_clock and options/overwrite cannot be read (%s)%s",
		strerror(info.unread),
		absent ? ": set clock and RINGMAP_RING_OVERWRITES, or "
			 "ask for consume or read"
		       : "");
}

static enum ringmap_status use_follow(struct ringmap_ring *ring,
				      const struct ringmap_ring_opts *opts,
				      struct ringmap_error *err)
{
	ring->ops = &rm_follow_ops;
	if (opts->start == RINGMAP_START_OLDEST)
		rm_account_open(ring);
	enum ringmap_status s = rm_follow_open(ring, opts->start, err);
	if (opts->start == RINGMAP_START_NEWEST)
		rm_account_open(ring);
	return s;
}

static enum ringmap_status use_consume(struct ringmap_ring *ring,
				       struct ringmap_error *err)
{
	struct rm_meta meta;
	enum ringmap_status s =
		rm_map_meta(&ring->map, &ring->layout, &meta, err);

	if (s != RINGMAP_OK)
		return s;
	ring->ops = &rm_consume_ops;
	rm_consume_open(ring, &meta);
	rm_account_open(ring);
	rm_consume_opened(ring);
	return RINGMAP_OK;
}

static enum ringmap_status use_read(struct ringmap_ring *ring,
				    struct ringmap_error *err)
{
	void *mem = mmap(NULL, RM_SUBBUF_MAX, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		return rm_fail(err, RINGMAP_E_NOMEM, errno,
			       "no memory to read into");
	ring->read.mem = mem;
	ring->ops = &rm_read_ops;
	/* tracing_buffers_poll() reports an error if the CPU has no ring. */
	struct pollfd pfd = {.fd = ring->fd, .events = POLLIN};
	if (poll(&pfd, 1, 0) > 0 && pfd.revents & POLLERR)
		return rm_fail(err, RINGMAP_E_NOENT, 0,
			       "this CPU has no ring: it never was online");
	rm_account_open(ring);
	return RINGMAP_OK;
}

/* GET_READER on Linux 6.10 to 7.3 may log a warning with a stack trace. */
static enum ringmap_status use_read_only(struct ringmap_ring *ring,
					 const char *why,
					 struct ringmap_error *err)
{
	rm_map_close(&ring->map);
	ring->map = (struct rm_map){0};
	ring->subbuf_size = 0;
	snprintf(ring->reason, sizeof(ring->reason),
		 "consuming by read(2), because %s; consuming through the map "
		 "can make this kernel log warnings",
		 why);
	return use_read(ring, err);
}

/*
 * Consumes by read(2). Where the kernel is known to take sub-buffers through the
 * map without harm, both ways are prepared, and auto.c times them.
 */
static enum ringmap_status use_cheaper(struct ringmap_ring *ring,
				       const char *why,
				       struct ringmap_error *err)
{
	if (!ring->map.newer)
		return use_read_only(ring, why, err);
	enum ringmap_status s = use_read(ring, err);
	if (s == RINGMAP_OK)
		s = use_consume(ring, err);
	ring->choice.active = true;
	ring->choice.trying = true;
	snprintf(ring->reason, sizeof(ring->reason),
		 "consuming, because %s; consume and read are being timed",
		 why);
	return s;
}

static enum ringmap_status use_auto(struct ringmap_ring *ring,
				    const struct ringmap_ring_opts *opts,
				    struct ringmap_error *err)
{
	struct ringmap_error refusal;
	enum ringmap_status s = map_ring(ring, &refusal);

	bool consuming = opts->flags & RINGMAP_RING_CONSUMING;
	/* Without an errno it is a consumer that keeps the ring busy: its events
	 * are taken only if the caller wants to consume. */
	if (s == RINGMAP_E_UNSUPPORTED ||
	    (s == RINGMAP_E_BUSY && (refusal.os_errno || consuming))) {
		snprintf(ring->reason, sizeof(ring->reason), "%s",
			 refusal.text);
		return use_read(ring, err);
	}
	if (s != RINGMAP_OK)
		return rm_fail(err, s, refusal.os_errno, "%s", refusal.text);
	if (consuming)
		return use_cheaper(ring, "the caller wants to consume", err);
	const char *why;
	s = cannot_follow(ring, &why, err);
	if (s != RINGMAP_OK)
		return s;
	if (why)
		return use_cheaper(ring, why, err);
	strcpy(ring->reason, "the ring is mapped and overwrites old events, so "
			     "it can be followed without a system call");
	return use_follow(ring, opts, err);
}

static enum ringmap_status use_named(struct ringmap_ring *ring,
				     const struct ringmap_ring_opts *opts,
				     struct ringmap_error *err)
{
	snprintf(ring->reason, sizeof(ring->reason), "the caller asked for %s",
		 ringmap_mode_name((enum ringmap_mode)opts->mode));
	if (opts->mode == RINGMAP_MODE_READ)
		return use_read(ring, err);
	enum ringmap_status s = map_ring(ring, err);
	if (s != RINGMAP_OK)
		return s;
	if (opts->mode == RINGMAP_MODE_CONSUME)
		return use_consume(ring, err);
	const char *why;
	s = cannot_follow(ring, &why, err);
	if (s != RINGMAP_OK)
		return s;
	if (why)
		return rm_fail(err, RINGMAP_E_UNSUPPORTED, 0, "%s", why);
	return use_follow(ring, opts, err);
}

enum ringmap_status rm_ring_open_source(int fd, const struct rm_source *source,
					const struct ringmap_ring_opts *opts,
					struct ringmap_ring **ret,
					struct ringmap_error *err)
{
	struct ringmap_ring *ring;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return rm_fail(err, RINGMAP_E_INVAL, errno,
			       "%d is no open descriptor", fd);
	enum ringmap_status s = rm_ring_new(&ring, err);
	if (s != RINGMAP_OK)
		return s;
	ring->fd = fd;
	ring->source = *source;
	ring->cpu = opts->cpu;
	ring->latency_ns = opts->latency_us * 1000;
	ring->rate_ns = rm_now_ns();
	s = native_layout(source, &ring->layout, err);
	if (s == RINGMAP_OK)
		s = opts->mode == RINGMAP_MODE_AUTO
			    ? use_auto(ring, opts, err)
			    : use_named(ring, opts, err);
	/* The flag belongs to the open file, which others may share. A follower
	 * does not read from it, and leaves the flag alone. */
	if (s == RINGMAP_OK && ring->ops->consumes && !(flags & O_NONBLOCK) &&
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		s = rm_fail(err, RINGMAP_E_OS, errno,
			    "cannot make the descriptor non-blocking: %s",
			    strerror(errno));
	if (s == RINGMAP_OK) {
		*ret = ring;
		return s;
	}
	/* On failure the caller keeps the descriptor and the source. */
	ring->fd = -1;
	ring->source = (struct rm_source){0};
	ringmap_ring_unref(ring);
	return s;
}

enum ringmap_status rm_ring_open_raw(int fd,
				     const struct ringmap_ring_opts *opts,
				     struct ringmap_ring **ret,
				     struct ringmap_error *err)
{
	const struct rm_source_word word = {
		.clock = opts->clock,
		.overwrites = opts->flags & RINGMAP_RING_OVERWRITES,
		/* A duplicate: on failure the caller keeps its own. */
		.stats = opts->stats_fd
				 ? fcntl(opts->stats_fd, F_DUPFD_CLOEXEC, 0)
				 : -1,
	};
	rm_autoclose int stats = word.stats;
	struct rm_source source;

	if (opts->stats_fd && stats < 0)
		return rm_fail(err, RINGMAP_E_OS, errno,
			       "cannot duplicate stats_fd: %s",
			       strerror(errno));
	enum ringmap_status s = rm_tracefs_source_of(fd, &word, &source, err);
	if (s != RINGMAP_OK)
		return s;
	(void)rm_steal_fd(stats);
	s = rm_ring_open_source(fd, &source, opts, ret, err);
	if (s != RINGMAP_OK) {
		source.ops->free(source.ctx);
		return s;
	}
	/* It fails for a descriptor that is not open only. */
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (opts->stats_fd)
		close(opts->stats_fd);
	return RINGMAP_OK;
}

enum ringmap_status ringmap_ring_open_fd(int fd,
					 const struct ringmap_ring_opts *opts,
					 struct ringmap_ring **ret,
					 struct ringmap_error *err)
{
	struct ringmap_ring_opts o = {.sz = sizeof(o)};
	enum ringmap_status s = RINGMAP_OK;

	if (!ret)
		return rm_fail(err, RINGMAP_E_INVAL, 0, "ret is NULL");
	if (opts)
		s = rm_opts_copy(&o, sizeof(o), opts, err);
	if (s == RINGMAP_OK)
		s = check_opts(&o, err);
	if (s == RINGMAP_OK)
		s = rm_tracefs_check(fd, "trace_pipe_raw", err);
	if (s == RINGMAP_OK && o.stats_fd)
		s = rm_tracefs_check(o.stats_fd, "stats", err);
	if (s == RINGMAP_OK && o.stats_fd)
		s = rm_tracefs_beside(fd, o.stats_fd, err);
	return s == RINGMAP_OK ? rm_ring_open_raw(fd, &o, ret, err) : s;
}

enum ringmap_status rm_ring_open_shared(struct rm_instance_dir **dir,
					const struct ringmap_ring_opts *opts,
					struct ringmap_ring **ret,
					struct ringmap_error *err)
{
	struct ringmap_ring_opts o = {.sz = 0};
	rm_autoclose int fd = -1;
	struct rm_source source;

	if (!opts || !ret)
		return rm_fail(err, RINGMAP_E_INVAL, 0, "opts or ret is NULL");
	enum ringmap_status s = rm_opts_copy(&o, sizeof(o), opts, err);
	if (s == RINGMAP_OK)
		s = check_opts(&o, err);
	if (s != RINGMAP_OK)
		return s;
	if (!o.instance)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "name the instance; \"/\" is the top-level "
			       "buffer");
	if (o.clock || o.stats_fd || o.flags & RINGMAP_RING_OVERWRITES)
		return rm_fail(err, RINGMAP_E_INVAL, 0,
			       "clock, stats_fd and RINGMAP_RING_OVERWRITES "
			       "are for ringmap_ring_open_fd() only");
	if (!*dir)
		s = rm_tracefs_open_instance(&o, dir, err);
	if (s == RINGMAP_OK)
		s = rm_tracefs_open(*dir, &o, &fd, &source, err);
	if (s != RINGMAP_OK)
		return s;
	s = rm_ring_open_source(fd, &source, &o, ret, err);
	if (s == RINGMAP_OK)
		(void)rm_steal_fd(fd);
	else
		source.ops->free(source.ctx);
	return s;
}

enum ringmap_status ringmap_ring_open(const struct ringmap_ring_opts *opts,
				      struct ringmap_ring **ret,
				      struct ringmap_error *err)
{
	rm_autoinstance struct rm_instance_dir *dir = NULL;

	return rm_ring_open_shared(&dir, opts, ret, err);
}
