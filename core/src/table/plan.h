/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * plan.h - makes the columns of a table from a schema and options
 */
#ifndef RM_PLAN_H
#define RM_PLAN_H

#include "table/table.h"

/* Copies and checks the caller's options. */
enum ringmap_status rm_table_opts(const struct ringmap_table_opts *opts,
				  struct ringmap_table_opts *ret,
				  struct ringmap_error *err);

/* @opts are from rm_table_opts(); @ts_unit applies if their ts_unit is 0. */
enum ringmap_status rm_plan_new(struct ringmap_schema *schema,
				const struct ringmap_table_opts *opts,
				uint32_t ts_unit, struct rm_plan **ret,
				struct ringmap_error *err);

#endif
