/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * c_type.h - names of C types, and those of the kernel
 */
#ifndef RM_C_TYPE_H
#define RM_C_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rm_sign {
	RM_SIGN_UNKNOWN,
	RM_SIGNED,
	RM_UNSIGNED
};

struct rm_c_type {
	uint32_t size; /* 0: not known */
	enum rm_sign sign;
	bool pointer;
	bool is_char; /* plain char */
	bool is_bool;
	bool is_struct; /* or union */
	bool cpumask;   /* may be a pointer as well: "cpumask_t *" */
};

/* What the @size chars of @text name; nothing is known of unknown ones. */
void rm_c_type(const char *text, size_t size, uint32_t long_size,
	       struct rm_c_type *ret);

#endif
