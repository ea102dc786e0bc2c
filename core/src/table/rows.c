/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * rows.c - room for lists of records
 */
#include "table/rows.h"

#include <stdlib.h>

bool rm_rows_grow(struct rm_rows *rows, size_t room, bool cpus)
{
	if (room <= rows->room)
		return true;
	void *record = realloc(rows->record, room * sizeof(*rows->record));
	if (record)
		rows->record = record;
	void *ts = realloc(rows->ts, room * sizeof(*rows->ts));
	if (ts)
		rows->ts = ts;
	void *size = realloc(rows->size, room * sizeof(*rows->size));
	if (size)
		rows->size = size;
	if (!record || !ts || !size)
		return false;
	if (cpus) {
		void *cpu = realloc(rows->cpus, room * sizeof(*rows->cpus));

		if (!cpu)
			return false;
		rows->cpus = cpu;
	}
	rows->room = room;
	return true;
}

void rm_rows_free(struct rm_rows *rows)
{
	free(rows->record);
	free(rows->ts);
	free(rows->size);
	free(rows->cpus);
	*rows = (struct rm_rows){0};
}
