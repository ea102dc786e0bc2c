/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * plan.h - from a schema and options to the columns of a table
 */
#ifndef RM_PLAN_H
#define RM_PLAN_H

#include "table/table.h"

/* The caller's options, copied and checked. */
enum ringmap_status rm_table_opts(const struct ringmap_table_opts *opts,
				  struct ringmap_table_opts *ret,
				  struct ringmap_error *err);

/* @opts: of rm_table_opts(). @ts_unit: where they do not say. */
enum ringmap_status rm_plan_new(struct ringmap_schema *schema,
				const struct ringmap_table_opts *opts,
				uint32_t ts_unit, struct rm_plan **ret,
				struct ringmap_error *err);

/* plan_column.c */

/* What a field becomes; name is the caller's to set. */
struct rm_column rm_field_column(const struct ringmap_field_info *field,
				 bool last_of_ftrace, bool numbers);

/* A column that is no field; false: there is none of that name. */
bool rm_own_column(const char *name, struct rm_column *ret);

#endif
