/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * at_exit.h - removes the instances of a program that no guard outlives
 */
#ifndef RM_AT_EXIT_H
#define RM_AT_EXIT_H

struct ringmap_session;

/* Adds an open session to those that are closed when the program exits. */
void rm_at_exit_add(struct ringmap_session *session);

/* Takes it out again; does nothing for a session that was not added. */
void rm_at_exit_drop(struct ringmap_session *session);

#endif
