/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * session.h - a tracing session, as its files share it
 *
 * session.c    opens, sets up and closes a session
 * guard.c      removes the instance when the program has ended
 * guard_trim.c keeps the guard's memory small
 * instance.h   tells instances of one name apart, and switches one off
 * sweep.c      removes instances that lost both their program and their guard
 * at_exit.c    removes the instances of a program that no guard outlives
 */
#ifndef RM_SESSION_H
#define RM_SESSION_H

#include "base/error.h"
#include "session/guard.h"

#include <stdbool.h>
#include <stdint.h>
#include <tracefs.h>

struct ringmap_session {
	struct ringmap_session *next; /* see at_exit.c */
	uint8_t *here;                /* fork mark: others may not use it */
	char *tracefs;                /* absolute */
	char *directory;              /* of the instance */
	struct tracefs_instance *instance;
	struct rm_guard guard;
};

/* Overwrites a file of the instance. Returns 0 or an errno. */
int rm_session_write(const struct ringmap_session *session, const char *file,
		     const char *text);

/* Fails with RINGMAP_E_FORKED unless this process opened the session. */
enum ringmap_status rm_session_check(const struct ringmap_session *session,
				     struct ringmap_error *err);

/* Reports an errno; @what is the part of the text before the colon. */
enum ringmap_status rm_session_fail(int os_errno, const char *what,
				    struct ringmap_error *err);

#endif
