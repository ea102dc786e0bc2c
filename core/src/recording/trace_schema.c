/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * trace_schema.c - the formats of a trace's events, opened when asked for
 *
 * Apart from the rest of a trace, which is linked without schemas.
 */
#include "base/error.h"
#include "trace/trace.h"

enum ringmap_status ringmap_trace_schema(struct ringmap_trace *trace,
					 struct ringmap_schema **ret,
					 struct ringmap_error *err)
{
	if (!trace || !ret)
		return rm_fail(err, RINGMAP_E_INVAL, 0, "%s is NULL",
			       trace ? "ret" : "trace");
	if (!rm_trace_here(trace))
		return rm_fail(err, RINGMAP_E_FORKED, 0,
			       "this trace belongs to the parent process: open "
			       "one of your own");
	if (!trace->schema) {
		if (trace->origin.schema_at == RM_SCHEMA_NOWHERE)
			return rm_fail(err, RINGMAP_E_UNSUPPORTED, 0,
				       "a trace of rings does not know where "
				       "their formats are: open a schema");
		enum ringmap_status s = ringmap_schema_open(
			trace->origin.path, &trace->schema, err);
		if (s)
			return s;
		trace->drop_schema = ringmap_schema_unref;
	}
	*ret = trace->schema;
	return RINGMAP_OK;
}
