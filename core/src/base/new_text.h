/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * new_text.h - a formatted text in memory of its own
 */
#ifndef RM_NEW_TEXT_H
#define RM_NEW_TEXT_H

/* Formats a text like asprintf(3); the caller frees it. NULL: no memory. */
char *rm_new_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
