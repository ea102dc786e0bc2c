/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * field_type.h - what a field's declaration in C says of it
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
	bool sign_known; /* old kernels do not say */
	bool is_signed;
};

/*
 * Fills all of @ret but values and what they imply. RINGMAP_E_CORRUPT: it
 * declares nothing that can be; RINGMAP_E_NOMEM.
 */
enum ringmap_status rm_field_type(const struct rm_field_line *line,
				  const struct rm_kernel *kernel,
				  struct rm_arena *arena,
				  struct ringmap_field_info *ret);

/* The field is a mask of bits, whatever its type. */
void rm_field_is_bitmask(struct ringmap_field_info *field,
			 const struct rm_kernel *kernel);

#endif
