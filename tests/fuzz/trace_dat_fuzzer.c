/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * trace_dat_fuzzer.c - any trace.dat: its instances, events and formats
 */
#define _GNU_SOURCE
#include "tests/fuzz/fuzzer.h"

#include <ringmap/ringmap.h>

#include <sys/mman.h>
#include <unistd.h>

enum {
	EVENTS_MAX = 1 << 24, /* more than chunks of a small file can hold */
	PRINTED = 64,
	INSTANCES = 4 /* of them are read; they are alike */
};

static void print(struct ringmap_schema *schema,
		  const struct ringmap_event *event)
{
	char text[256];
	size_t length;

	ringmap_event_print(schema, event, RINGMAP_PRINT_LINE, text,
			    sizeof(text), &length);
	ringmap_event_print(schema, event, RINGMAP_PRINT_RAW, text,
			    sizeof(text), &length);
}

static void read_all(struct ringmap_trace *trace, struct ringmap_schema *schema)
{
	struct ringmap_event event;
	enum ringmap_status s;
	int count = 0;

	while ((s = ringmap_trace_next(trace, &event)) != RINGMAP_DONE) {
		volatile uint8_t last = 0;

		rm_must(s == RINGMAP_OK || s == RINGMAP_E_CORRUPT);
		rm_must(++count < EVENTS_MAX);
		if (s == RINGMAP_OK && event.size)
			last = ((const uint8_t *)event.data)[event.size - 1];
		(void)last;
		if (s == RINGMAP_OK && schema && count <= PRINTED)
			print(schema, &event);
	}
}

/* Opens one instance and reads it. */
static void open_one(const char *path, const char *name,
		     struct ringmap_schema *schema, struct ringmap_trace **ret)
{
	struct ringmap_error err = {.status = RINGMAP_OK};
	enum ringmap_status s = ringmap_trace_open_file(path, name, ret, &err);

	rm_must((s == RINGMAP_OK) == (*ret != NULL));
	/* An error that nobody can act on is none. */
	rm_must(s == RINGMAP_OK || (err.status == s && err.text[0]));
	rm_must(s != RINGMAP_E_INVAL);
	if (*ret)
		read_all(*ret, schema);
}

static void open_all(const char *path, struct ringmap_schema *schema)
{
	struct ringmap_trace *top = NULL;
	const char *name;

	open_one(path, NULL, schema, &top);
	for (size_t i = 1;
	     top && i < INSTANCES && (name = ringmap_trace_instance(top, i));
	     i++) {
		struct ringmap_trace *trace = NULL;

		open_one(path, name, schema, &trace);
		ringmap_trace_unref(trace);
	}
	ringmap_trace_unref(top);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ringmap_schema *schema = NULL;
	char path[64];
	size_t count;
	int fd = memfd_create("ringmap_fuzz", MFD_CLOEXEC);

	rm_must(fd >= 0);
	rm_must(write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (ringmap_schema_open(path, &schema, NULL) == RINGMAP_OK)
		ringmap_schema_load(schema, &count, NULL);
	open_all(path, schema);
	ringmap_schema_unref(schema);
	close(fd);
	return 0;
}
