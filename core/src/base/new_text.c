/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * new_text.c - a formatted text in memory of its own
 */
#define _GNU_SOURCE
#include "base/new_text.h"

#include <stdarg.h>
#include <stdio.h>

char *rm_new_text(const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	/* After a failure vasprintf(3) leaves anything in text. */
	return n < 0 ? NULL : text;
}
