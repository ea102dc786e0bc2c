/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * demo_formats.h - what the events of the demo are called and where their
 * fields lie
 */
#ifndef DEMO_FORMATS_H
#define DEMO_FORMATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The events whose fields are looked at. */
enum demo_kind {
	DEMO_OTHER,
	DEMO_SWITCH,
	DEMO_WAKING,
	DEMO_WAKEUP,
	DEMO_WAKEUP_NEW
};

enum demo_field_name {
	DEMO_COMMON_PID, /* who was running */
	DEMO_PID,        /* of a waking: who is woken */
	DEMO_COMM,
	DEMO_PREV_PID,
	DEMO_PREV_STATE,
	DEMO_PREV_COMM,
	DEMO_NEXT_PID,
	DEMO_NEXT_COMM,
	DEMO_FIELDS
};

/* In the payload of an event; size 0: there is no such field. */
struct demo_field {
	uint32_t offset;
	uint32_t size;
};

struct demo_event {
	char name[80]; /* "system:event"; empty: not known */
	enum demo_kind kind;
	struct demo_field field[DEMO_FIELDS];
};

struct demo_formats {
	struct demo_event *by_id;
	size_t count; /* larger than every known id */
	bool has_waking;
};

/* The systems that the demo records. */
extern const char *const demo_systems[];

/*
 * Reads the format files of the demo's systems below @dir/events: those of
 * enabled events, or all in a recording. Returns 0 or an errno.
 */
int demo_formats_load(struct demo_formats *formats, const char *dir);

void demo_formats_free(struct demo_formats *formats);

/* NULL for an unknown id. */
const struct demo_event *demo_formats_find(const struct demo_formats *formats,
					   uint16_t id);

#endif
