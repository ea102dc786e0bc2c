/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * saved_cmdlines.h - the names of tasks that the kernel saved
 */
#ifndef RM_SAVED_CMDLINES_H
#define RM_SAVED_CMDLINES_H

#include "schema/sorted_text.h"

/* Lines pad task names on the left to this width. */
#define RM_COMM_WIDTH 16

struct rm_comm {
	int32_t pid;
	const char *name;
	size_t size; /* of the name */
	/* The name as lines show it, if it is no wider. */
	char column[RM_COMM_WIDTH];
};

/* All members are zero until the names are read. */
struct rm_comms {
	struct rm_sorted_text lines; /* of struct rm_comm, sorted by pid */
};

/* Reads the names, see rm_sorted_text_load(). */
enum ringmap_status rm_comms_load(struct rm_comms *comms,
				  const struct rm_schema_source *source);

/* Returns the entry of the task, or NULL if its name is not known. */
const struct rm_comm *rm_comms_find(const struct rm_comms *comms, int32_t pid);

void rm_comms_free(struct rm_comms *comms);

#endif
