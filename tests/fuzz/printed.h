/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * printed.h - prints a record in every way, and checks what comes
 */
#ifndef RM_PRINTED_H
#define RM_PRINTED_H

#include <ringmap/ringmap.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* @data becomes a record of the event @id, in memory of just its size. */
void rm_printed(struct ringmap_schema *schema, uint32_t id, bool big_endian,
		const uint8_t *data, size_t size);

#endif
