/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * demo_formats.h - names and field offsets of the events of the demo
 */
#ifndef DEMO_FORMATS_H
#define DEMO_FORMATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The events whose fields the analysis reads; all others are DEMO_OTHER. */
enum demo_kind {
	DEMO_OTHER,
	DEMO_SWITCH,
	DEMO_WAKING,
	DEMO_WAKEUP,
	DEMO_WAKEUP_NEW
};

enum demo_field_name {
	DEMO_COMMON_PID, /* the running task */
	DEMO_PID,        /* of a wake-up: the woken task */
	DEMO_COMM,
	DEMO_PREV_PID,
	DEMO_PREV_STATE,
	DEMO_PREV_COMM,
	DEMO_NEXT_PID,
	DEMO_NEXT_COMM,
	DEMO_FIELDS
};

/* A field's position in the payload. Size 0: the event has no such field. */
struct demo_field {
	uint32_t offset;
	uint32_t size;
};

struct demo_event {
	char name[80]; /* "system:event"; empty: unknown event */
	enum demo_kind kind;
	/* Of a switch: the bits of prev_state that mean that the task sleeps. */
	uint64_t sleeping;
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
 * Reads the format files of the demo's systems below @dir/events, of enabled
 * events only if the files "enable" exist. Returns 0 or an errno.
 */
int demo_formats_load(struct demo_formats *formats, const char *dir);

void demo_formats_free(struct demo_formats *formats);

/* Returns the event with that id, or NULL. */
const struct demo_event *demo_formats_find(const struct demo_formats *formats,
					   uint16_t id);

#endif
