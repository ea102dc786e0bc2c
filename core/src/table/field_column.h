/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * field_column.h - the type of a field's values
 */
#ifndef RM_FIELD_COLUMN_H
#define RM_FIELD_COLUMN_H

#include "table/column.h"

/*
 * Returns the column that a field becomes; the caller sets its name. @field is
 * one of the format's own. @numbers: without names of values.
 */
struct rm_column rm_field_column(const struct ringmap_format *format,
				 const struct ringmap_field_info *field,
				 bool numbers);

#endif
