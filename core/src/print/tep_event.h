/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * tep_event.h - a format, and records of it, as libtraceevent can take them
 */
#ifndef RM_TEP_EVENT_H
#define RM_TEP_EVENT_H

#include "schema/schema.h"

/* libtraceevent, as it prints a schema's events; under the schema's lock. */
struct rm_printer {
	struct tep_handle *tep;
	unsigned int events;  /* that tep was given */
	uint8_t *record;      /* the one that it prints */
	uint32_t record_used; /* bytes of it that may not be 0 */
	unsigned long field_flags[RM_FIELDS_MAX]; /* of the event printed */
	bool printks_given;
};

/* The schema's printer, made when it is first needed; NULL: no memory. */
struct rm_printer *rm_printer_of(struct ringmap_schema *schema);

/*
 * Gives the format to libtraceevent, once, under an id of our own. What came
 * of it stands in format->print. RINGMAP_E_NOMEM.
 */
enum ringmap_status rm_tep_event(struct ringmap_schema *schema,
				 const struct ringmap_format *format);

/* A record that may be printed: in memory of ours, with zeros behind it. */
struct rm_tep_record {
	uint8_t *data;
	uint32_t size;
};

/*
 * Copies a record, under libtraceevent's id and with the places of dynamic
 * data as it reads them. RINGMAP_E_CORRUPT: a field is not inside the record.
 */
enum ringmap_status rm_tep_record(struct ringmap_schema *schema,
				  const struct ringmap_format *format,
				  const void *data, uint32_t size,
				  struct rm_tep_record *ret);

/* Whether following the print fmt stays inside the record. */
bool rm_tep_is_safe(const struct ringmap_format *format,
		    const struct rm_tep_record *record);

#endif
