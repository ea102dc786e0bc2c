/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * schema_test.c - the running kernel's formats
 */
#include "tests/support/rm_check.h"

#include <dirent.h>
#include <stdbool.h>
#include <unistd.h>

static struct ringmap_error err;

static struct ringmap_schema *open_schema(void)
{
	struct ringmap_schema *schema;

	rm_assert_ok_err(ringmap_schema_open(NULL, &schema, &err), &err);
	return schema;
}

/* Why this cannot be tested here; NULL: it can. */
static const char *no_tracefs(void)
{
	return access("/sys/kernel/tracing/events/header_page", R_OK)
		       ? "no tracefs that may be read here"
		       : NULL;
}

static bool is_folder(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && entry->d_type == DT_DIR;
}

static size_t count_events(void)
{
	DIR *systems = opendir("/sys/kernel/tracing/events");
	struct dirent *system;
	size_t count = 0;

	ck_assert_ptr_nonnull(systems);
	while ((system = readdir(systems))) {
		char path[sizeof(system->d_name) + 64];
		struct dirent *event;

		if (!is_folder(system))
			continue;
		snprintf(path, sizeof(path), "/sys/kernel/tracing/events/%s",
			 system->d_name);
		DIR *events = opendir(path);
		ck_assert_ptr_nonnull(events);
		while ((event = readdir(events)))
			count += is_folder(event) ? 1 : 0;
		closedir(events);
	}
	closedir(systems);
	return count;
}

START_TEST(every_event_of_this_kernel_loads)
{
	const char *missing = no_tracefs();
	size_t by_kind[RINGMAP_KIND_FLAGS + 1] = {0};
	size_t count;

	if (missing)
		rm_skip(missing);
	struct ringmap_schema *schema = open_schema();
	rm_assert_ok_err(ringmap_schema_load(schema, &count, &err), &err);
	ck_assert_uint_eq(count, count_events());
	for (size_t i = 0; i < count; i++) {
		const struct ringmap_format *format =
			ringmap_schema_format_at(schema, i);
		struct ringmap_field_info field;

		for (size_t k = 0;
		     !ringmap_format_field(format, k, &field, sizeof(field));
		     k++)
			by_kind[field.kind]++;
	}
	printf("# %zu events; fields: %zu ints, %zu bools, %zu pointers, "
	       "%zu strings, %zu bitmasks, %zu symbols, %zu flags, %zu bytes\n",
	       count, by_kind[RINGMAP_KIND_INT], by_kind[RINGMAP_KIND_BOOL],
	       by_kind[RINGMAP_KIND_POINTER], by_kind[RINGMAP_KIND_STRING],
	       by_kind[RINGMAP_KIND_BITMASK], by_kind[RINGMAP_KIND_SYMBOL],
	       by_kind[RINGMAP_KIND_FLAGS], by_kind[RINGMAP_KIND_BYTES]);
	ringmap_schema_unref(schema);
}
END_TEST

/* An id file says what the format does. */
START_TEST(numbers_are_those_of_the_kernel)
{
	const char *missing = no_tracefs();
	const struct ringmap_format *format;
	const struct ringmap_format *same;
	struct ringmap_format_info info;
	unsigned int id;

	if (missing)
		rm_skip(missing);
	FILE *file =
		fopen("/sys/kernel/tracing/events/sched/sched_switch/id", "re");
	ck_assert(file && fscanf(file, "%u", &id) == 1);
	fclose(file);
	struct ringmap_schema *schema = open_schema();
	rm_assert_ok_err(
		ringmap_schema_format(schema, "sched_switch", &format, &err),
		&err);
	rm_assert_ok(ringmap_format_info(format, &info, sizeof(info)));
	ck_assert_uint_eq(info.id, id);
	rm_assert_ok(ringmap_schema_format_by_id(schema, id, &same, &err));
	ck_assert_ptr_eq(format, same);
	ringmap_schema_unref(schema);
}
END_TEST

static const struct known {
	const char *event;
	const char *field;
	uint32_t kind;
	uint32_t flags;
	uint32_t elem_size;
	uint32_t count;
} known[] = {
	{"sched:sched_switch", "prev_comm", RINGMAP_KIND_STRING,
	 RINGMAP_FIELD_ARRAY, 1, 16},
	{"sched:sched_switch", "next_pid", RINGMAP_KIND_INT,
	 RINGMAP_FIELD_SIGNED, 4, 1},
	{"sched:sched_switch", "common_pid", RINGMAP_KIND_INT,
	 RINGMAP_FIELD_SIGNED | RINGMAP_FIELD_COMMON, 4, 1},
	{"irq:irq_handler_entry", "name", RINGMAP_KIND_STRING,
	 RINGMAP_FIELD_ARRAY | RINGMAP_FIELD_DATA_LOC, 1, 0},
	{"irq:softirq_raise", "vec", RINGMAP_KIND_SYMBOL, 0, 4, 1},
	{"timer:timer_expire_entry", "function", RINGMAP_KIND_POINTER, 0,
	 sizeof(void *), 1},
};

START_TEST(well_known_fields_have_their_kinds)
{
	const char *missing = no_tracefs();

	if (missing)
		rm_skip(missing);
	struct ringmap_schema *schema = open_schema();
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		const struct known *k = &known[i];
		const struct ringmap_format *format;
		struct ringmap_field_info f;

		rm_assert_ok_err(
			ringmap_schema_format(schema, k->event, &format, &err),
			&err);
		rm_assert_ok(ringmap_format_field_by_name(format, k->field, &f,
							  sizeof(f)));
		ck_assert_msg(f.kind == k->kind && f.flags == k->flags &&
				      f.elem_size == k->elem_size &&
				      f.count == k->count,
			      "%s.%s: kind %u flags %u elem %u count %u",
			      k->event, k->field, f.kind, f.flags, f.elem_size,
			      f.count);
	}
	ringmap_schema_unref(schema);
}
END_TEST

START_TEST(masks_of_cpus_are_bitmasks)
{
	const char *missing = no_tracefs();
	const struct ringmap_format *format;
	struct ringmap_field_info f;

	if (missing)
		rm_skip(missing);
	struct ringmap_schema *schema = open_schema();
	if (ringmap_schema_format(schema, "ipi:ipi_send_cpumask", &format,
				  &err)) {
		ringmap_schema_unref(schema);
		rm_skip("this kernel has no ipi_send_cpumask");
	}
	rm_assert_ok(
		ringmap_format_field_by_name(format, "cpumask", &f, sizeof(f)));
	ck_assert_uint_eq(f.kind, RINGMAP_KIND_BITMASK);
	ck_assert_uint_eq(f.elem_size, sizeof(long));
	ringmap_schema_unref(schema);
}
END_TEST

START_TEST(symbols_of_this_kernel_are_found)
{
	const char *missing = no_tracefs();
	struct ringmap_symbol symbol;
	struct ringmap_symbol same;

	if (missing)
		rm_skip(missing);
	struct ringmap_schema *schema = open_schema();
	if (ringmap_schema_symbol(schema, UINT64_MAX, &symbol)) {
		ringmap_schema_unref(schema);
		rm_skip("kallsyms hides its addresses here");
	}
	rm_assert_ok(ringmap_schema_symbol(schema, symbol.start, &same));
	ck_assert_uint_eq(same.start, symbol.start);
	ck_assert_str_eq(same.name, symbol.name);
	ringmap_schema_unref(schema);
}
END_TEST

RM_MAIN(every_event_of_this_kernel_loads, numbers_are_those_of_the_kernel,
	well_known_fields_have_their_kinds, masks_of_cpus_are_bitmasks,
	symbols_of_this_kernel_are_found)
