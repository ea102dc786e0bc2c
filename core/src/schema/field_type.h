/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * field_type.h - derives a field's type from its declaration in C
 */
#ifndef RM_FIELD_TYPE_H
#define RM_FIELD_TYPE_H

#include "schema/format.h"

/* One line of a format file: "field:DECL; offset:; size:; signed:;" */
struct rm_field_line {
	const char *decl;
	size_t decl_size;
	uint32_t offset;
	uint32_t size;
	bool sign_known; /* false: an old kernel, which writes no sign */
	bool is_signed;
};

/*
 * Fills @ret except for the values and the flags that follow from them. A type
 * that is not understood makes the field RINGMAP_FIELD_UNKNOWN.
 * RINGMAP_E_CORRUPT: the line names no field. RINGMAP_E_NOMEM.
 */
enum ringmap_status rm_field_type(const struct rm_field_line *line,
				  const struct rm_kernel *kernel,
				  struct rm_arena *arena,
				  struct ringmap_field_info *ret);

/* Makes the field a mask of bits, whatever its type is. */
void rm_field_is_bitmask(struct ringmap_field_info *field,
			 const struct rm_kernel *kernel);

#endif
