/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * saved_cmdlines.h - names of tasks
 */
#ifndef RM_SAVED_CMDLINES_H
#define RM_SAVED_CMDLINES_H

#include "schema/schema_source.h"

struct rm_comm {
	int32_t pid;
	const char *name;
};

/* All zeros: not read yet. */
struct rm_comms {
	bool read;
	char *text;
	struct rm_comm *comms; /* by pid */
	size_t count;
};

/* As rm_symbols_load(). */
enum ringmap_status rm_comms_load(struct rm_comms *comms,
				  const struct rm_schema_source *source);

/* NULL: not known. */
const char *rm_comms_find(const struct rm_comms *comms, int32_t pid);

void rm_comms_free(struct rm_comms *comms);

#endif
