/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * print_fmt.h - how an event is printed, written so that it can be trusted
 */
#ifndef RM_PRINT_FMT_H
#define RM_PRINT_FMT_H

#include "base/out_text.h"
#include "schema/format.h"

/* What a conversion takes, in the order of the arguments. */
#define RM_CONVERSIONS_MAX 128

struct rm_conversions {
	char letters[RM_CONVERSIONS_MAX]; /* '*': a width or precision */
	size_t count;
};

/*
 * The conversions of @size chars between quotes. False: some are not known
 * to libtraceevent, or would take it too far.
 */
bool rm_print_conversions(const char *text, size_t size,
			  struct rm_conversions *ret);

/* The print fmt for libtraceevent. False: it cannot be followed. */
bool rm_print_fmt(const struct ringmap_format *format, struct rm_text *ret);

/* Makes SYMBOL and FLAGS of the fields that are shown so. False: no memory. */
bool rm_field_values(struct ringmap_format *format);

#endif
