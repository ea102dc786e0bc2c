/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * session_events.c - what a session records: events, filters, tasks, on and off
 */
#define _GNU_SOURCE
#include "session/session.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* "events/SYSTEM" or "events/SYSTEM/EVENT", and room for a file in it. */
struct event_dir {
	char path[256];
};

/* "2147483647 " and what ends a string */
#define PID_CHARS 12

static bool is_name(const char *text, size_t size)
{
	return size && !memchr(text, '/', size) && text[0] != '.';
}

/* False if no event can have that name. */
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

/* ---- filters -------------------------------------------------------------- */

/*
 * The kernel's words about the last filter, from
 *	[  123.456789] event filter parse error: error: Field not found
 *	  Command: prev_comm == x || nope
 *	                             ^
 * NULL if it said nothing. The caller frees it.
 */
static char *kernel_words(const struct ringmap_session *session)
{
	rm_autofree char *log = tracefs_error_last(session->instance);
	char *words = log ? strstr(log, "error: error: ") : NULL;
	char *command = words ? strstr(words, "Command: ") : NULL;
	char *caret = command ? strstr(command, "\n") : NULL;
	char *ret = NULL;

	if (!caret)
		return NULL;
	words += strlen("error: error: ");
	size_t place = strspn(caret + 1, " ") - strlen("  ");
	size_t length = (size_t)(caret - command);
	if (asprintf(&ret, "%.*s, at \"%.*s\"", (int)strcspn(words, "\n"),
		     words, place < length ? (int)(length - place) : 0,
		     command + (place < length ? place : 0)) < 0)
		return NULL;
	return ret;
}

static enum ringmap_status refused_filter(const struct ringmap_session *session,
					  int os_errno, const char *event,
					  const char *filter,
					  struct ringmap_error *err)
{
	rm_autofree char *words = kernel_words(session);

	/* What it logs is wrong with the filter, whatever errno it chose. */
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
	 * The kernel has dropped the event's former filter by now. Had it been
	 * enabled with one, everything would be recorded.
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

	enum ringmap_status s = rm_session_check(session, err);
	if (s)
		return s;
	if (!event)
		return rm_fail(err, RINGMAP_E_INVAL, 0, "event is NULL");
	if (!find_event(event, &dir))
		return no_such_event(session, event, err);
	/* Asked first: the kernel says ENOENT of a wrong filter, too. */
	snprintf(file, sizeof(file), "%s/enable", dir.path);
	if (!tracefs_file_exists(session->instance, file))
		return no_such_event(session, event, err);
	/* "0" stands for no filter. */
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

/* ---- tasks ------------------------------------------------------------------ */

/* "1 2 3", for the caller to free; NULL without memory. */
static char *list_pids(const int32_t *pids, size_t count)
{
	char *list = reallocarray(NULL, count, PID_CHARS);
	size_t at = 0;

	for (size_t i = 0; list && i < count; i++)
		at += (size_t)snprintf(list + at, PID_CHARS, "%d ",
				       (int)pids[i]);
	return list;
}

enum ringmap_status ringmap_session_set_pids(struct ringmap_session *session,
					     const int32_t *pids, size_t count,
					     struct ringmap_error *err)
{
	enum ringmap_status s = rm_session_check(session, err);
	if (s)
		return s;
	if (count && !pids)
		return rm_fail(err, RINGMAP_E_INVAL, 0, "pids is NULL");
	for (size_t i = 0; i < count; i++) {
		if (pids[i] <= 0)
			return rm_fail(err, RINGMAP_E_INVAL, 0,
				       "%d is no thread id", (int)pids[i]);
	}
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
	 * The former list is gone already, and without one the kernel would
	 * record every task.
	 */
	tracefs_trace_off(session->instance);
	return rm_session_fail(
		error, "cannot choose tasks, so tracing was stopped", err);
}

/* ---- on and off ---------------------------------------------------------------- */

enum ringmap_status ringmap_session_start(struct ringmap_session *session,
					  struct ringmap_error *err)
{
	enum ringmap_status s = rm_session_check(session, err);
	if (s)
		return s;
	if (tracefs_trace_on(session->instance))
		return rm_session_fail(errno, "cannot switch tracing on", err);
	return RINGMAP_OK;
}

enum ringmap_status ringmap_session_stop(struct ringmap_session *session,
					 struct ringmap_error *err)
{
	enum ringmap_status s = rm_session_check(session, err);
	if (s)
		return s;
	if (tracefs_trace_off(session->instance))
		return rm_session_fail(errno, "cannot switch tracing off", err);
	return RINGMAP_OK;
}
