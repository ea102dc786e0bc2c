/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * session.c - creates, sets up and removes a tracing instance
 *
 * libtracefs gets the mount point of tracefs from tracefs_instance_alloc();
 * otherwise it might find or mount another one. Errors are reported with the
 * errno that its calls leave.
 */
#define _GNU_SOURCE
#include "session/session.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/fork_mark.h"
#include "base/new_text.h"
#include "base/opts.h"
#include "base/tracefs.h"
#include "session/at_exit.h"
#include "session/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#define DEFAULT_CLOCK "mono"

/* The number of the namespace that the kernel's own numbers of tasks are from. */
#define INIT_PID_NS "pid:[4026531836]"

int rm_session_write(const struct ringmap_session *session, const char *file,
		     const char *text)
{
	errno = 0;
	int n = tracefs_instance_file_write(session->instance, file, text);
	if (n < 0)
		return errno ? errno : EIO;
	return (size_t)n == strlen(text) ? 0 : EIO;
}

enum ringmap_status rm_session_check(const struct ringmap_session *session,
				     struct ringmap_error *err)
{
	if (!session)
		return rm_fail(err, RINGMAP_E_INVAL, 0, "session is NULL");
	if (!*session->here)
		return rm_fail(err, RINGMAP_E_FORKED, 0,
			       "this session belongs to the parent process: "
			       "open one after the fork");
	return RINGMAP_OK;
}

static bool is_tracefs(const char *path)
{
	struct statfs fs = {.f_type = 0};

	errno = 0;
	return !statfs(path, &fs) && fs.f_type == TRACEFS_MAGIC;
}

static enum ringmap_status unmounted(const struct ringmap_session *session,
				     const char *what,
				     struct ringmap_error *err)
{
	return rm_fail(err, RINGMAP_E_NOENT, ENOENT,
		       "tracefs is no longer mounted at %s: %s",
		       session->tracefs, what);
}

/* Fails unless the session's path still leads to the instance that it made. */
static enum ringmap_status check_use(const struct ringmap_session *session,
				     struct ringmap_error *err)
{
	enum ringmap_status s = rm_session_check(session, err);

	if (s)
		return s;
	int error = rm_guard_find(&session->guard, session->directory);
	if (!error)
		return RINGMAP_OK;
	if (error != ENOENT)
		return rm_session_fail(error, "cannot reach the instance", err);
	if (!is_tracefs(session->tracefs))
		return unmounted(session, "mount it again", err);
	return rm_fail(err, RINGMAP_E_NOENT, ENOENT,
		       "another process has removed the instance %s",
		       ringmap_session_instance(session));
}

/* Returns true if the kernel's lockdown forbids tracing (by EPERM). */
static bool locked_down(void)
{
	char text[64];

	return rm_read_text_at(AT_FDCWD, "/sys/kernel/security/lockdown", text,
			       sizeof(text)) > 0 &&
	       strstr(text, "[confidentiality]");
}

enum ringmap_status rm_session_fail(int os_errno, const char *what,
				    struct ringmap_error *err)
{
	char why[128];

	switch (os_errno) {
	case EPERM:
	case EACCES:
		if (locked_down())
			return rm_fail(err, RINGMAP_E_PERMISSION, os_errno,
				       "%s: the kernel is locked down, which "
				       "forbids tracing: boot it with lockdown "
				       "below confidentiality",
				       what);
		return rm_fail(err, RINGMAP_E_PERMISSION, os_errno,
			       "%s: permission denied: run this as root", what);
	case ENOMEM:
		return rm_fail(err, RINGMAP_E_NOMEM, os_errno,
			       "%s: the kernel is out of memory", what);
	default:
		return rm_fail(err, RINGMAP_E_OS, os_errno, "%s: %s", what,
			       strerror_r(os_errno, why, sizeof(why)));
	}
}

static enum ringmap_status find_tracefs(const char *wanted, char **ret,
					struct ringmap_error *err)
{
	if (!is_tracefs(wanted) && errno == EACCES)
		return rm_session_fail(errno, wanted, err);
	if (!is_tracefs(wanted))
		return rm_fail(err, RINGMAP_E_NOENT, ENOENT,
			       "tracefs is not mounted at %s: run mount -t "
			       "tracefs nodev %s",
			       wanted, wanted);
	*ret = realpath(wanted, NULL);
	if (!*ret)
		return rm_session_fail(errno, wanted, err);
	return RINGMAP_OK;
}

/* ---- making the instance ------------------------------------------------- */

static enum ringmap_status refused_mkdir(int os_errno, const char *tracefs,
					 const char *name,
					 struct ringmap_error *err)
{
	char what[160];

	snprintf(what, sizeof(what), "cannot create the tracing instance %s",
		 name);
	if (os_errno == EEXIST)
		return rm_fail(err, RINGMAP_E_BUSY, os_errno,
			       "an instance %s exists already: choose another "
			       "name, or remove it with rmdir "
			       "%s/instances/%s",
			       name, tracefs, name);
	if (os_errno == ENOENT && !locked_down())
		return rm_fail(err, RINGMAP_E_UNSUPPORTED, os_errno,
			       "%s: this kernel has no instances: the "
			       "directory %s/instances does not exist",
			       what, tracefs);
	if (os_errno == ENOENT)
		os_errno = EPERM;
	if (os_errno == -ENOSYS)
		return rm_fail(err, RINGMAP_E_UNSUPPORTED, ENOSYS,
			       "%s: its guaranteed removal needs Linux 5.9 or "
			       "later",
			       what);
	if (os_errno == -EXDEV)
		return rm_fail(err, RINGMAP_E_UNSUPPORTED, EXDEV,
			       "%s: children of this thread belong to another "
			       "PID namespace, where the process that removes "
			       "the instance cannot run: open the session "
			       "before unshare(CLONE_NEWPID)",
			       what);
	return rm_session_fail(os_errno < 0 ? -os_errno : os_errno, what, err);
}

/* Returns the value of rm_guard_start(). */
static int make_directory(struct ringmap_session *session, const char *name)
{
	rm_autofree char *instances =
		rm_new_text("%s/instances", session->tracefs);
	rm_autofree char *directory =
		instances ? rm_new_text("%s/%s", instances, name) : NULL;

	if (!directory)
		return ENOMEM;
	int error = rm_guard_start(instances, name, &session->guard);
	if (!error)
		session->directory = rm_steal(directory);
	return error;
}

static enum ringmap_status make_named(struct ringmap_session *session,
				      const char *name,
				      struct ringmap_error *err)
{
	if (!rm_is_file_name(name) || strlen(name) > NAME_MAX)
		return rm_fail(
			err, RINGMAP_E_INVAL, 0,
			"an instance's name must be a file name without '/'");
	int error = make_directory(session, name);
	if (error)
		return refused_mkdir(error, session->tracefs, name, err);
	return RINGMAP_OK;
}

/* If the name is taken, that is by another session: try the next one. */
static enum ringmap_status make_unique(struct ringmap_session *session,
				       struct ringmap_error *err)
{
	char name[RM_UNIQUE_NAME];
	int error = EEXIST;

	for (unsigned int n = 0; error == EEXIST && n < RM_UNIQUE_MAX; n++) {
		rm_unique_name(n, name);
		error = make_directory(session, name);
	}
	if (error)
		return refused_mkdir(error, session->tracefs, name, err);
	return RINGMAP_OK;
}

/* ---- setting it up ------------------------------------------------------- */

static enum ringmap_status set_clock(struct ringmap_session *session,
				     const char *clock,
				     struct ringmap_error *err)
{
	int error = rm_session_write(session, "trace_clock", clock);

	if (!error)
		return RINGMAP_OK;
	if (error != EINVAL)
		return rm_session_fail(error, "cannot set the trace clock",
				       err);
	rm_autofree char *known = tracefs_instance_file_read(
		session->instance, "trace_clock", NULL);
	return rm_fail(err, RINGMAP_E_UNSUPPORTED, error,
		       "this kernel has no trace clock %s; it has: %.*s", clock,
		       known ? (int)strcspn(known, "\n") : 0,
		       known ? known : "");
}

static enum ringmap_status set_buffer(struct ringmap_session *session,
				      uint64_t kb, struct ringmap_error *err)
{
	char what[96], text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)kb);
	int error = rm_session_write(session, "buffer_size_kb", text);
	if (!error)
		return RINGMAP_OK;
	/* For an impossible size the kernel returns one of these. */
	if (error == EINVAL || error == ERANGE || error == EOVERFLOW)
		error = ENOMEM;
	snprintf(what, sizeof(what),
		 "cannot give each CPU a ring buffer of %s KiB", text);
	return rm_session_fail(error, what, err);
}

static enum ringmap_status set_up(struct ringmap_session *session,
				  const struct ringmap_session_opts *opts,
				  struct ringmap_error *err)
{
	const char *name = strrchr(session->directory, '/') + 1;

	session->instance = tracefs_instance_alloc(session->tracefs, name);
	if (!session->instance)
		return rm_fail(err, RINGMAP_E_NOMEM, ENOMEM,
			       "no memory for a session");
	/* In a new instance tracing is on. */
	enum ringmap_status s = ringmap_session_stop(session, err);
	if (!s)
		s = set_clock(session, opts->clock, err);
	if (!s && opts->buffer_kb)
		s = set_buffer(session, opts->buffer_kb, err);
	return s;
}

static void free_session(struct ringmap_session *session)
{
	if (!session)
		return;
	rm_guard_forget(&session->guard);
	if (session->instance)
		tracefs_instance_free(session->instance);
	rm_fork_mark_free(session->here);
	free(session->directory);
	free(session->tracefs);
	free(session);
}

static enum ringmap_status open_session(struct ringmap_session *session,
					const struct ringmap_session_opts *opts,
					struct ringmap_error *err)
{
	enum ringmap_status s =
		find_tracefs(opts->tracefs, &session->tracefs, err);

	if (!s)
		rm_sweep(session->tracefs);
	if (!s && opts->instance)
		s = make_named(session, opts->instance, err);
	else if (!s)
		s = make_unique(session, err);
	if (s)
		return s;
	s = set_up(session, opts, err);
	if (!s)
		return RINGMAP_OK;
	if (rmdir(session->directory))
		rm_guard_hand_over(&session->guard);
	else
		rm_guard_dismiss(&session->guard);
	return s;
}

enum ringmap_status
ringmap_session_open(const struct ringmap_session_opts *opts,
		     struct ringmap_session **ret, struct ringmap_error *err)
{
	struct ringmap_session_opts o = {.sz = sizeof(o)};

	if (!ret)
		return rm_fail(err, RINGMAP_E_INVAL, 0, "ret is NULL");
	if (opts) {
		enum ringmap_status s = rm_opts_copy(&o, sizeof(o), opts, err);
		if (s)
			return s;
	}
	if (!o.tracefs)
		o.tracefs = RM_TRACEFS;
	if (!o.clock)
		o.clock = DEFAULT_CLOCK;
	struct ringmap_session *session = calloc(1, sizeof(*session));
	if (!session)
		return rm_fail(err, RINGMAP_E_NOMEM, ENOMEM,
			       "no memory for a session");
	session->guard = RM_NO_GUARD;
	session->here = rm_fork_mark_new();
	enum ringmap_status s = session->here
					? open_session(session, &o, err)
					: rm_fail(err, RINGMAP_E_NOMEM, errno,
						  "no memory for a session");
	if (s) {
		free_session(session);
		return s;
	}
	rm_at_exit_add(session);
	*ret = session;
	return RINGMAP_OK;
}

const char *ringmap_session_instance(const struct ringmap_session *session)
{
	return tracefs_instance_get_name(session->instance);
}

static enum ringmap_status remove_instance(struct ringmap_session *session,
					   struct ringmap_error *err)
{
	const char *name = ringmap_session_instance(session);
	int error = rm_guard_find(&session->guard, session->directory);

	/* The guard finds the instance without the mount. */
	if (error == ENOENT && !is_tracefs(session->tracefs)) {
		rm_guard_hand_over(&session->guard);
		return unmounted(session,
				 "a process of its own removes the instance",
				 err);
	}
	if (!error) {
		tracefs_trace_off(session->instance);
		if (tracefs_instance_destroy(session->instance))
			error = errno;
	}
	/* ENOENT: another process has removed it. */
	if (!error || error == ENOENT) {
		rm_guard_dismiss(&session->guard);
		return RINGMAP_OK;
	}
	if (error == EBUSY) {
		rm_guard_hand_over(&session->guard);
		return rm_fail(err, RINGMAP_E_BUSY, error,
			       "the instance %s is still in use: close its "
			       "rings first; it is removed after its last user",
			       name);
	}
	char what[160];
	snprintf(what, sizeof(what), "cannot remove the instance %s", name);
	return rm_session_fail(error, what, err);
}

enum ringmap_status ringmap_session_close(struct ringmap_session *session,
					  struct ringmap_error *err)
{
	if (!session)
		return RINGMAP_OK;
	enum ringmap_status s = rm_session_check(session, err);
	rm_at_exit_drop(session);
	if (!s)
		s = remove_instance(session, err);
	free_session(session);
	return s;
}

/* ---- events -------------------------------------------------------------- */

/* "events/SYSTEM" or "events/SYSTEM/EVENT" */
struct event_dir {
	char path[256];
};

/* The size of "2147483647 " with its NUL. */
#define PID_CHARS 12

static bool is_name(const char *text, size_t size)
{
	return size && !memchr(text, '/', size) && text[0] != '.';
}

/* Returns false if no event can have that name. */
static bool find_event(const char *event, struct event_dir *ret)
{
	size_t system = strcspn(event, ":");
	const char *name = event[system] ? event + system + 1 : "*";
	int n;

	if (!is_name(event, system) || !is_name(name, strlen(name)))
		return false;
	if (!strcmp(name, "*"))
		n = snprintf(ret->path, sizeof(ret->path), "events/%.*s",
			     (int)system, event);
	else
		n = snprintf(ret->path, sizeof(ret->path), "events/%.*s/%s",
			     (int)system, event, name);
	return n < (int)sizeof(ret->path);
}

static int write_event(const struct ringmap_session *session,
		       const struct event_dir *dir, const char *file,
		       const char *text)
{
	char path[sizeof(dir->path) + 16];

	snprintf(path, sizeof(path), "%s/%s", dir->path, file);
	return rm_session_write(session, path, text);
}

static enum ringmap_status no_such_event(const struct ringmap_session *session,
					 const char *event,
					 struct ringmap_error *err)
{
	return rm_fail(err, RINGMAP_E_NOENT, ENOENT,
		       "this kernel has no event %s: %s/available_events lists "
		       "those it has",
		       event, session->tracefs);
}

/* ---- filters ------------------------------------------------------------- */

/*
 * Returns the kernel's message about the last filter and the part of the filter
 * that its caret points to, or NULL. The caller frees the text. error_log has:
 *	[  123.456789] event filter parse error: error: Field not found
 *	  Command: prev_comm == x || nope
 *	                             ^
 */
static char *kernel_words(const struct ringmap_session *session)
{
	rm_autofree char *log = tracefs_error_last(session->instance);
	char *words = log ? strstr(log, "error: error: ") : NULL;
	char *command = words ? strstr(words, "Command: ") : NULL;
	char *caret = command ? strstr(command, "\n") : NULL;

	if (!caret)
		return NULL;
	words += strlen("error: error: ");
	size_t place = strspn(caret + 1, " ") - strlen("  ");
	size_t length = (size_t)(caret - command);
	return rm_new_text("%.*s, at \"%.*s\"", (int)strcspn(words, "\n"),
			   words, place < length ? (int)(length - place) : 0,
			   command + (place < length ? place : 0));
}

static enum ringmap_status refused_filter(const struct ringmap_session *session,
					  int os_errno, const char *event,
					  const char *filter,
					  struct ringmap_error *err)
{
	rm_autofree char *words = kernel_words(session);

	/* If the kernel logged an error, the filter is wrong, for any errno. */
	if (!words && os_errno != EINVAL) {
		char what[160];

		snprintf(what, sizeof(what), "cannot set the filter of %s",
			 event);
		return rm_session_fail(os_errno, what, err);
	}
	return rm_fail(err, RINGMAP_E_INVAL, os_errno,
		       "the kernel refuses the filter \"%s\" of %s: %s", filter,
		       event, words ? words : "no such field or value");
}

static enum ringmap_status set_filter(const struct ringmap_session *session,
				      const struct event_dir *dir,
				      const char *event, const char *filter,
				      struct ringmap_error *err)
{
	tracefs_error_clear(session->instance);
	int error = write_event(session, dir, "filter", filter);
	if (!error)
		return RINGMAP_OK;
	enum ringmap_status s =
		refused_filter(session, error, event, filter, err);
	/*
	 * The kernel has dropped the event's former filter by now. If the event
	 * is enabled, it would be recorded without any filter.
	 */
	write_event(session, dir, "enable", "0");
	write_event(session, dir, "filter", "0");
	return s;
}

enum ringmap_status ringmap_session_enable(struct ringmap_session *session,
					   const char *event,
					   const char *filter,
					   struct ringmap_error *err)
{
	struct event_dir dir;
	char file[sizeof(dir.path) + 16];

	enum ringmap_status s = check_use(session, err);
	if (s)
		return s;
	if (!event)
		return rm_fail(err, RINGMAP_E_INVAL, 0, "event is NULL");
	if (!find_event(event, &dir))
		return no_such_event(session, event, err);
	/* This comes first because a wrong filter may also fail with ENOENT. */
	snprintf(file, sizeof(file), "%s/enable", dir.path);
	if (!tracefs_file_exists(session->instance, file))
		return no_such_event(session, event, err);
	/* "0" removes the filter. */
	s = set_filter(session, &dir, event, filter ? filter : "0", err);
	if (s)
		return s;
	int error = rm_session_write(session, file, "1");
	if (!error)
		return RINGMAP_OK;
	char what[160];
	snprintf(what, sizeof(what), "cannot enable the event %s", event);
	return rm_session_fail(error, what, err);
}

/* ---- tasks --------------------------------------------------------------- */

/* Returns "1 2 3 ", which the caller frees, or NULL if memory is short. */
static char *list_pids(const int32_t *pids, size_t count)
{
	char *list = reallocarray(NULL, count, PID_CHARS);
	size_t at = 0;

	for (size_t i = 0; list && i < count; i++)
		at += (size_t)snprintf(list + at, PID_CHARS, "%d ",
				       (int)pids[i]);
	return list;
}

#define NAMESPACES "/proc/thread-self/ns/"

/*
 * Fails unless thread ids have the same meaning here as in the kernel, which
 * compares the numbers that tasks have in the initial PID namespace. A kernel
 * without CONFIG_PID_NS has no other one, and no file for it; every kernel has
 * mount namespaces.
 */
static enum ringmap_status check_pid_ns(struct ringmap_error *err)
{
	char ns[64];
	ssize_t n = readlink(NAMESPACES "pid", ns, sizeof(ns) - 1);
	int error = errno;

	if (n < 0 && error == ENOENT && !access(NAMESPACES "mnt", F_OK))
		return RINGMAP_OK;
	if (n < 0)
		return rm_fail(err, RINGMAP_E_UNSUPPORTED, error,
			       "cannot find out the PID namespace of this "
			       "process, and with it the tasks that the kernel "
			       "would record: mount /proc");
	ns[n] = '\0';
	if (strcmp(ns, INIT_PID_NS) != 0)
		return rm_fail(err, RINGMAP_E_UNSUPPORTED, 0,
			       "this process is in a PID namespace (%s), and "
			       "the kernel would take its thread ids for those "
			       "of other tasks: filter by common_pid of the "
			       "events instead",
			       ns);
	return RINGMAP_OK;
}

enum ringmap_status ringmap_session_set_pids(struct ringmap_session *session,
					     const int32_t *pids, size_t count,
					     struct ringmap_error *err)
{
	enum ringmap_status s = check_use(session, err);
	if (s)
		return s;
	if (count && !pids)
		return rm_fail(err, RINGMAP_E_INVAL, 0, "pids is NULL");
	for (size_t i = 0; i < count; i++) {
		if (pids[i] <= 0)
			return rm_fail(err, RINGMAP_E_INVAL, 0,
				       "%d is not a thread id", (int)pids[i]);
	}
	if (count && (s = check_pid_ns(err)))
		return s;
	if (!count) {
		if (!tracefs_instance_file_clear(session->instance,
						 "set_event_pid"))
			return RINGMAP_OK;
		return rm_session_fail(errno, "cannot record all tasks", err);
	}
	rm_autofree char *list = list_pids(pids, count);
	if (!list)
		return rm_fail(err, RINGMAP_E_NOMEM, ENOMEM,
			       "no memory for %zu thread ids", count);
	int error = rm_session_write(session, "set_event_pid", list);
	if (!error)
		return RINGMAP_OK;
	/*
	 * The former list is gone already, and without a list the kernel
	 * records every task.
	 */
	tracefs_trace_off(session->instance);
	return rm_session_fail(
		error, "cannot set the tasks, so tracing was stopped", err);
}

/* ---- on and off ---------------------------------------------------------- */

enum ringmap_status ringmap_session_start(struct ringmap_session *session,
					  struct ringmap_error *err)
{
	enum ringmap_status s = check_use(session, err);
	if (s)
		return s;
	if (tracefs_trace_on(session->instance))
		return rm_session_fail(errno, "cannot switch tracing on", err);
	return RINGMAP_OK;
}

enum ringmap_status ringmap_session_stop(struct ringmap_session *session,
					 struct ringmap_error *err)
{
	enum ringmap_status s = check_use(session, err);
	if (s)
		return s;
	if (tracefs_trace_off(session->instance))
		return rm_session_fail(errno, "cannot switch tracing off", err);
	return RINGMAP_OK;
}
