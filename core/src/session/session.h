/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * session.h - what a session is inside, and the seams between its files
 *
 * session.c        life: open and close
 * session_events.c what is recorded: events, filters, tasks, on and off
 * guard.c          removal when the process ends
 */
#ifndef RM_SESSION_H
#define RM_SESSION_H

#include "base/error.h"
#include "session/guard.h"

#include <stdbool.h>
#include <sys/types.h>
#include <tracefs.h>

struct ringmap_session {
	pid_t owner;     /* the process that may use it */
	char *tracefs;   /* absolute */
	char *directory; /* of the instance */
	struct tracefs_instance *instance;
	struct rm_guard guard;
};

/* Writes one of the instance's files, emptied before; returns 0 or an errno. */
int rm_session_write(const struct ringmap_session *session, const char *file,
		     const char *text);

/* RINGMAP_E_FORKED in a child of the process that opened the session. */
enum ringmap_status rm_session_check(const struct ringmap_session *session,
				     struct ringmap_error *err);

/* An errno that has no better explanation; @what could not be done. */
enum ringmap_status rm_session_fail(int os_errno, const char *what,
				    struct ringmap_error *err);

#endif
