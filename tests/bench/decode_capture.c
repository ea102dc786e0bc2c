/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * decode_capture.c - captures of any size, made of a small recording
 */
#define _GNU_SOURCE
#include "tests/bench/decode_capture.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	HEADER = 16,
	EVENT_HEADER = 4,
	DELTA_MAX = (1 << 27) - 1,
	RECORDS_MAX = 1 << 16,
	/* A second name's id: the first one's and this. */
	TWIN = 10000,
};

/* The recording's, in the order of their ids; four have a twin. */
static const char *const types[CAPTURE_TYPES] = {
	"irq:irq_handler_entry",    "irq:irq_handler_exit",
	"irq:softirq_entry",        "irq:softirq_exit",
	"irq:softirq_raise",        "irq:tasklet_entry",
	"irq:tasklet_exit",         "raw_syscalls:sys_enter",
	"raw_syscalls:sys_exit",    "sched:sched_process_exec",
	"sched:sched_process_exit", "sched:sched_process_fork",
	"sched:sched_switch",       "sched:sched_wakeup",
	"sched:sched_wakeup_new",   "sched:sched_waking",
	"twin:sys_enter_twin",      "twin:sys_exit_twin",
	"twin:sched_switch_twin",   "twin:sched_waking_twin",
};

struct record {
	uint64_t delta;
	const uint8_t *bytes;
	uint32_t size;
	uint16_t id;
};

struct records {
	struct record *all;
	size_t count;
};

const char *const *capture_types(void)
{
	return types;
}

static void check(enum ringmap_status s, const struct ringmap_error *error)
{
	if (s != RINGMAP_OK)
		errx(1, "%s", error->text);
}

/* Every other record of a type that has a twin goes to the twin. */
static uint16_t twin_of(uint16_t id, const uint16_t *twins, size_t nth)
{
	for (size_t i = 0; i < 4; i++)
		if (twins[i] == id && nth % 2)
			return (uint16_t)(id + TWIN);
	return id;
}

static uint16_t id_of(struct ringmap_schema *schema, const char *name)
{
	const struct ringmap_format *format;
	struct ringmap_format_info info;
	struct ringmap_error error;

	check(ringmap_schema_format(schema, name, &format, &error), &error);
	ringmap_format_info(format, &info, sizeof(info));
	return (uint16_t)info.id;
}

/* One CPU's records; the image stays mapped, they point into it. */
static struct records read_cpu(struct ringmap_trace *trace,
			       enum capture_mix mix, const uint16_t *twins,
			       uint16_t wanted)
{
	struct ringmap_ring *ring = ringmap_trace_ring(trace, 0);
	struct records r = {calloc(RECORDS_MAX, sizeof(*r.all)), 0};
	struct ringmap_page page;
	struct ringmap_event event;
	uint64_t before = 0;

	while (ringmap_ring_borrow_page(ring, &page) == RINGMAP_OK) {
		while (r.count < RECORDS_MAX &&
		       ringmap_page_next(&page, &event) == RINGMAP_OK) {
			uint16_t id = *(const uint16_t *)event.data;
			uint64_t delta = before ? event.ts - before : 0;

			if (mix == CAPTURE_SWITCHES && id != wanted)
				continue;
			r.all[r.count] = (struct record){
				delta > DELTA_MAX ? DELTA_MAX : delta,
				event.data, event.size,
				twin_of(id, twins, r.count)};
			r.count++;
			before = event.ts;
		}
		ringmap_ring_return_page(ring, &page);
	}
	if (!r.count)
		errx(1, "the recording has no such records");
	return r;
}

/* Fills one sub-buffer from record @at on; returns the next record. */
static size_t pack(uint8_t *subbuf, const struct records *r, size_t at,
		   uint64_t *ts, uint64_t *events)
{
	uint64_t used = HEADER;

	memcpy(subbuf, ts, sizeof(*ts));
	for (;;) {
		const struct record *record = &r->all[at];
		uint32_t word = record->size / 4 | (uint32_t)record->delta << 5;

		if (used + EVENT_HEADER + record->size > CAPTURE_SUBBUF)
			break;
		if (record->size > 28 * 4 || record->size % 4)
			errx(1, "a record too large for this benchmark");
		memcpy(subbuf + used, &word, sizeof(word));
		memcpy(subbuf + used + EVENT_HEADER, record->bytes,
		       record->size);
		memcpy(subbuf + used + EVENT_HEADER, &record->id,
		       sizeof(record->id));
		used += EVENT_HEADER + record->size;
		*ts += record->delta;
		at = (at + 1) % r->count;
		++*events;
	}
	used -= HEADER;
	memcpy(subbuf + 8, &used, sizeof(used));
	return at;
}

static uint8_t *make_cpu(struct capture *c, const struct records *r)
{
	uint8_t *mem = mmap(NULL, c->size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t ts = 1000000000;
	size_t at = 0;

	if (mem == MAP_FAILED)
		err(1, "no memory for a capture");
	for (size_t i = 0; i < c->size; i += CAPTURE_SUBBUF)
		at = pack(mem + i, r, at, &ts, &c->events);
	return mem;
}

/* ---- the folder --------------------------------------------------------------- */

static FILE *create(const char *folder, const char *path)
{
	char name[256];

	snprintf(name, sizeof(name), "%s/%s", folder, path);
	for (char *p = strchr(name + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = 0;
		if (mkdir(name, 0777) && errno != EEXIST)
			err(1, "%s", name);
		*p = '/';
	}
	FILE *file = fopen(name, "we");
	if (!file)
		err(1, "%s", name);
	return file;
}

/* Copies a file of the recording; a format's name and id may be a twin's. */
static void copy(const struct capture *c, const char *recording,
		 const char *from, const char *to, bool twin)
{
	char path[512];
	char line[4096];
	char name[256];
	int id;

	snprintf(path, sizeof(path), "%s/%s", recording, from);
	FILE *in = fopen(path, "re");
	if (!in)
		err(1, "%s", path);
	FILE *out = create(c->folder, to);
	while (fgets(line, sizeof(line), in)) {
		if (twin && sscanf(line, "name: %255s", name) == 1)
			fprintf(out, "name: %s_twin\n", name);
		else if (twin && sscanf(line, "ID: %d", &id) == 1)
			fprintf(out, "ID: %d\n", id + TWIN);
		else
			fputs(line, out);
	}
	fclose(in);
	if (fclose(out))
		err(1, "%s", to);
}

/* Path of "system:event"'s format; of the original where it is a twin's. */
static bool format_path(const char *type, bool original, char ret[128])
{
	static const char *const homes[4] = {"raw_syscalls", "raw_syscalls",
					     "sched", "sched"};
	const char *event = strchr(type, ':') + 1;
	int system = (int)(event - type - 1);
	bool twin = !strncmp(type, "twin:", 5);

	if (twin && original) {
		size_t i = CAPTURE_TYPES - 4;

		while (strcmp(types[i], type))
			i++;
		snprintf(ret, 128, "events/%s/%.*s/format",
			 homes[i - (CAPTURE_TYPES - 4)],
			 (int)(strlen(event) - strlen("_twin")), event);
	} else {
		snprintf(ret, 128, "events/%.*s/%s/format", system, type,
			 event);
	}
	return twin;
}

static void make_folder(struct capture *c, const char *recording)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(c->folder, sizeof(c->folder), "%s/ringmap_decode.XXXXXX",
		 tmp && strlen(tmp) < 32 ? tmp : "/tmp");
	if (!mkdtemp(c->folder))
		err(1, "%s", c->folder);
	copy(c, recording, "events/header_page", "events/header_page", false);
	copy(c, recording, "trace_clock", "trace_clock", false);
	for (size_t i = 0; i < CAPTURE_TYPES; i++) {
		char from[128];
		char to[128];
		bool twin = format_path(types[i], true, from);

		format_path(types[i], false, to);
		copy(c, recording, from, to, twin);
	}
}

void capture_write(const struct capture *c, unsigned int times)
{
	for (unsigned int cpu = 0; cpu < CAPTURE_CPUS; cpu++) {
		uint8_t *mem = c->cpus[cpu];
		uint64_t first, last;
		char path[64];

		memcpy(&first, mem, sizeof(first));
		memcpy(&last, mem + c->size - CAPTURE_SUBBUF, sizeof(last));
		snprintf(path, sizeof(path), "per_cpu/cpu%u/trace_pipe_raw",
			 cpu);
		FILE *out = create(c->folder, path);
		for (unsigned int n = 0; n < times; n++) {
			fwrite(mem, 1, c->size, out);
			for (size_t i = 0; i < c->size; i += CAPTURE_SUBBUF) {
				uint64_t ts;

				memcpy(&ts, mem + i, sizeof(ts));
				ts += last - first + 1000000;
				memcpy(mem + i, &ts, sizeof(ts));
			}
		}
		if (ferror(out) || fclose(out))
			err(1, "%s/%s", c->folder, path);
	}
}

/* ---- the capture ----------------------------------------------------------------- */

void capture_make(struct capture *c, const char *recording,
		  enum capture_mix mix, size_t size)
{
	struct ringmap_schema *schema;
	struct ringmap_trace *trace;
	struct ringmap_error error;
	uint16_t twins[4];

	*c = (struct capture){
		.nr_cpus = CAPTURE_CPUS, .size = size, .times = 1};
	make_folder(c, recording);
	check(ringmap_schema_open(recording, &schema, &error), &error);
	twins[0] = id_of(schema, "sys_enter");
	twins[1] = id_of(schema, "sys_exit");
	twins[2] = id_of(schema, "sched_switch");
	twins[3] = id_of(schema, "sched_waking");
	check(ringmap_trace_open_file(recording, NULL, &trace, &error), &error);
	struct records r = read_cpu(trace, mix, twins, twins[2]);
	if (mix == CAPTURE_SWITCHES)
		for (size_t i = 0; i < r.count; i++)
			r.all[i].id = twins[2];
	for (int cpu = 0; cpu < CAPTURE_CPUS; cpu++)
		c->cpus[cpu] = make_cpu(c, &r);
	free(r.all);
	ringmap_trace_unref(trace);
	ringmap_schema_unref(schema);
}

void capture_free(struct capture *c)
{
	char command[128];

	for (int cpu = 0; cpu < CAPTURE_CPUS; cpu++)
		munmap(c->cpus[cpu], c->size);
	/* The name is of our making: letters, digits and slashes. */
	snprintf(command, sizeof(command), "rm -r '%s'", c->folder);
	if (system(command))
		warnx("%s stays behind", c->folder);
}

struct ringmap_trace *capture_trace(const struct capture *c)
{
	uint32_t count = CAPTURE_CPUS * c->times;
	struct ringmap_ring **rings = calloc(count, sizeof(*rings));
	struct ringmap_trace *trace;
	struct ringmap_error error;

	if (!rings)
		err(1, "no memory for rings");
	for (uint32_t cpu = 0; cpu < count; cpu++) {
		struct ringmap_image_opts opts = {.sz = sizeof(opts),
						  .cpu = cpu};

		check(ringmap_ring_open_image(c->cpus[cpu % CAPTURE_CPUS],
					      c->size, &opts, &rings[cpu],
					      &error),
		      &error);
	}
	check(ringmap_trace_open_rings(rings, count, &trace, &error), &error);
	for (uint32_t cpu = 0; cpu < count; cpu++)
		ringmap_ring_unref(rings[cpu]);
	free(rings);
	return trace;
}
