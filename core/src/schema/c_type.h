/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * c_type.h - size and sign of C's types and the kernel's, by name
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
	uint32_t size; /* 0: unknown */
	enum rm_sign sign;
	bool pointer;
	bool is_char; /* char without signed or unsigned */
	bool is_bool;
	bool is_struct; /* or union */
	bool cpumask;   /* also set for a pointer: "cpumask_t *" */
};

/* Looks up the type that @size chars of @text name. Size and sign of a type
 * that it does not know are 0 and RM_SIGN_UNKNOWN. */
void rm_c_type(const char *text, size_t size, uint32_t long_size,
	       struct rm_c_type *ret);

#endif
