/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * cases_tables.c - rows of tables are the events that were written, each once
 */
#include "reader/reader.h"
#include "tests/conformance/cases.h"
#include "tests/conformance/stage.h"
#include "tests/conformance/stage_live.h"
#include "tests/support/arrow_text.h"
#include "tests/unit/records.h"

enum {
	MAGIC = 0x72696e67, /* as in numbered.c */
	SIM_TYPE = 16,      /* as in simring_write.c */
};

/* A reader on one ring of the stage, and what came out of it. */
struct scene {
	struct stage *stage;
	struct rm_formats formats;
	struct ringmap_ring *ring; /* the trace's */
	struct ringmap_trace *trace;
	struct ringmap_reader *reader;
	size_t nr_tables;
	uint64_t next[2]; /* by table: the least number that may come */
	uint64_t rows[2];
	bool unknown; /* a row said that it does not know its loss */
};

/* The id of the stage's events. */
static unsigned int event_id(void)
{
	unsigned int id;
	char line[128];

	if (!stage_backend->live)
		return SIM_TYPE;
	FILE *file = fopen(LIVE_TRACEFS "/events/ftrace/raw_data/format", "re");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
	ck_assert_int_eq(fscanf(file, "ID: %u", &id), 1);
	fclose(file);
	return id;
}

static struct ringmap_table_opts table_opts(void)
{
	static const char *const columns[] = {"ts", "number", "magic",
					      "lost_before", "event"};

	return (struct ringmap_table_opts){
		.sz = sizeof(struct ringmap_table_opts),
		.event = "conf:numbered",
		.columns = columns,
		.nr_columns = sizeof(columns) / sizeof(*columns),
		/* Several batches, and rows that wait for the next one. */
		.batch_rows = 250,
	};
}

static void open_formats(struct rm_formats *f)
{
	rm_formats_make(f, 8);
	rm_formats_add(f, "conf", "numbered", event_id(),
		       RM_FIELD("u32 magic", 8, 4, 0)
			       RM_FIELD("u32 proof", 12, 4, 0)
				       RM_FIELD("u64 number", 16, 8, 0),
		       NULL);
	rm_formats_open(f);
}

static void open_scene(struct scene *s, struct stage *stage,
		       enum ringmap_mode mode, size_t nr_tables)
{
	const struct ringmap_table_opts tables[2] = {table_opts(),
						     table_opts()};
	struct ringmap_error err;

	*s = (struct scene){.stage = stage, .nr_tables = nr_tables};
	open_formats(&s->formats);
	s->ring = stage_open(stage, mode);
	rm_assert_ok(ringmap_trace_open_rings(&s->ring, 1, &s->trace, NULL));
	ringmap_ring_unref(s->ring);
	rm_assert_ok_err(ringmap_reader_open(s->trace, s->formats.schema,
					     tables, nr_tables, NULL,
					     &s->reader, &err),
			 &err);
}

static void close_scene(struct scene *s)
{
	ringmap_reader_unref(s->reader);
	ringmap_trace_unref(s->trace);
	rm_formats_free(&s->formats);
}

/* No number comes twice; what is missing is told by the row behind it. */
static void take_rows(struct scene *s, size_t table,
		      const struct ArrowArray *array)
{
	const uint64_t *number = array->children[1]->buffers[1];
	const uint32_t *magic = array->children[2]->buffers[1];
	const struct ArrowArray *marks = array->children[3];
	const uint64_t *lost = marks->buffers[1];

	for (int64_t i = 0; i < array->length; i++) {
		ck_assert_uint_eq(magic[i], MAGIC);
		ck_assert_uint_ge(number[i], s->next[table]);
		if (rm_arrow_is_null(marks, i))
			s->unknown = true;
		else
			ck_assert_uint_eq(number[i] - s->next[table], lost[i]);
		s->next[table] = number[i] + 1;
	}
	s->rows[table] += (uint64_t)array->length;
}

static void drain(struct scene *s)
{
	struct ArrowSchema schema;
	struct ArrowArray array;
	struct ringmap_batch batch;
	enum ringmap_status status;

	rm_assert_ok(ringmap_reader_schema(s->reader, 0, &schema));
	while ((status = ringmap_reader_next(s->reader, 0, &batch, &array)) ==
	       RINGMAP_OK) {
		rm_arrow_check(&schema, &array);
		take_rows(s, batch.table, &array);
		array.release(&array);
	}
	rm_assert_status(status, RINGMAP_DONE);
	schema.release(&schema);
}

static struct ringmap_reader_stats reader_stats(struct scene *s)
{
	struct ringmap_reader_stats stats;

	rm_assert_ok(ringmap_reader_stats(s->reader, &stats, sizeof(stats)));
	return stats;
}

/* At rest: every event is a row of each table, or lost. */
static void account(struct scene *s)
{
	struct ringmap_ring_stats ring;
	struct ringmap_reader_stats stats = reader_stats(s);
	uint64_t written = s->stage->written;

	rm_assert_ok(ringmap_ring_stats(s->ring, &ring, sizeof(ring)));
	ck_assert_uint_eq(ring.events, s->rows[0]);
	ck_assert_uint_eq(ring.events + ring.lost, written);
	ck_assert_uint_eq(stats.events, ring.events);
	ck_assert_uint_eq(stats.rows, s->rows[0] * s->nr_tables);
	for (size_t i = 0; i < s->nr_tables; i++) {
		ck_assert_uint_eq(s->rows[i], s->rows[0]);
		ck_assert_uint_eq(s->next[i], written);
	}
	if (stats.lost != RINGMAP_LOST_UNKNOWN)
		ck_assert_uint_eq(stats.events + stats.lost, written);
	else
		ck_assert(s->unknown);
}

/* One number of an event. */
static uint64_t read_number(const struct ringmap_format *format,
			    const char *name, const struct ringmap_event *event)
{
	struct ringmap_field_info field;
	struct ringmap_cell cell;
	size_t i = 0;

	do
		rm_assert_ok(ringmap_format_field(format, i++, &field,
						  sizeof(field)));
	while (strcmp(field.name, name));
	rm_assert_ok(ringmap_format_read(format, i - 1, 0, event, &cell,
					 sizeof(cell), NULL, 0));
	ck_assert_uint_eq(cell.kind, RINGMAP_KIND_INT);
	ck_assert_uint_eq(cell.flags, 0);
	return cell.number;
}

/* The values of single events are those that were written, too. */
static void check_single_events(void)
{
	const struct ringmap_format *format;
	struct rm_formats formats;
	struct ringmap_trace *trace;
	struct ringmap_event event;
	enum ringmap_mode mode;

	open_formats(&formats);
	rm_assert_ok(ringmap_schema_format(formats.schema, "conf:numbered",
					   &format, NULL));
	for (unsigned int i = 0; stage_mode(i, &mode); i++) {
		STAGE(stage, .subbufs = 40);
		stage_write(stage, 700);
		struct ringmap_ring *ring = stage_open(stage, mode);
		rm_assert_ok(ringmap_trace_open_rings(&ring, 1, &trace, NULL));
		for (uint64_t number = 0; number < 700; number++) {
			rm_assert_ok(ringmap_trace_next(trace, &event));
			ck_assert_uint_eq(read_number(format, "number", &event),
					  number);
			ck_assert_uint_eq(read_number(format, "magic", &event),
					  MAGIC);
		}
		rm_assert_status(ringmap_trace_next(trace, &event),
				 RINGMAP_DONE);
		ringmap_trace_unref(trace);
		ringmap_ring_unref(ring);
		stage_free(stage);
	}
	rm_formats_free(&formats);
}

START_TEST(every_event_is_one_row)
{
	enum ringmap_mode mode;

	for (unsigned int i = 0; stage_mode(i / 2, &mode); i++) {
		struct scene s;
		STAGE(stage, .subbufs = 40);
		stage_write(stage, 700);
		open_scene(&s, stage, mode, 1 + i % 2);
		drain(&s);
		account(&s);
		ck_assert_uint_eq(s.rows[0], 700);
		for (int k = 0; !stage_backend->recorded && k < 40; k++) {
			stage_write(stage, 1 + (uint64_t)(k * k) % 190);
			drain(&s);
			account(&s);
			ck_assert_uint_eq(s.rows[0], stage->written);
		}
		ck_assert(!s.unknown);
		close_scene(&s);
		stage_free(stage);
	}
	check_single_events();
}
END_TEST

START_TEST(rows_tell_of_a_lap_that_nobody_saw)
{
	enum ringmap_mode mode;

	NOT_RECORDED();
	for (unsigned int i = 0; stage_mode(i / 2, &mode); i++) {
		struct scene s;
		STAGE(stage);
		open_scene(&s, stage, mode, 1 + i % 2);
		for (int lap = 0; lap < 3; lap++) {
			stage_write(stage, 50);
			drain(&s);
			stage_write(stage, 4000);
			drain(&s);
			account(&s);
			ck_assert_uint_lt(s.rows[0], stage->written);
		}
		close_scene(&s);
		stage_free(stage);
	}
}
END_TEST

START_TEST(an_append_is_undone_when_its_page_was_overwritten)
{
	struct rm_formats formats;
	struct ringmap_table *table;
	struct ringmap_page page;

	NOT_RECORDED();
	STAGE(stage);
	const struct ringmap_table_opts opts = table_opts();
	open_formats(&formats);
	rm_assert_ok(ringmap_table_open(formats.schema, &opts, &table, NULL));
	struct ringmap_ring *ring = stage_open(stage, RINGMAP_MODE_FOLLOW);
	for (int i = 0; i < 5; i++) {
		stage_write(stage, 10);
		rm_assert_ok(ringmap_ring_borrow_page(ring, &page));
		rm_assert_ok(ringmap_table_append(table, &page));
		ck_assert_uint_gt(ringmap_table_rows(table), 0);
		stage_write(stage, 4000);
		rm_assert_status(ringmap_ring_return_page(ring, &page),
				 RINGMAP_E_OVERWRITTEN);
		rm_assert_ok(ringmap_table_undo(table));
		ck_assert_uint_eq(ringmap_table_rows(table), 0);
	}
	struct ringmap_table_stats stats = rm_table_stats(table);
	ck_assert_uint_eq(stats.rows, 0);
	ck_assert_uint_gt(stats.undone, 0);
	/* The row that comes at last tells of all that is gone. */
	struct scene s = {.stage = stage};
	struct ArrowArray array;
	rm_assert_ok(ringmap_ring_borrow_page(ring, &page));
	rm_assert_ok(ringmap_table_append(table, &page));
	rm_assert_ok(ringmap_ring_return_page(ring, &page));
	rm_assert_ok(ringmap_table_export(table, &array));
	take_rows(&s, 0, &array);
	array.release(&array);
	ringmap_ring_unref(ring);
	ringmap_table_unref(table);
	rm_formats_free(&formats);
	stage_free(stage);
}
END_TEST

/* What a table asks for while it decodes a page. */
struct meanwhile {
	struct stage *stage;
	uint64_t asked;
	uint64_t laps;
};

/* The name of each event: there is none, so it is asked for each. */
static const char *write_a_lap_at_times(void *ctx, uint16_t id)
{
	struct meanwhile *m = ctx;

	(void)id;
	if (m->asked++ % 400 == 7 && m->laps < 6) {
		m->laps++;
		stage_write(m->stage, 4000);
	}
	return NULL;
}

START_TEST(rows_of_pages_overwritten_under_the_reader_are_undone)
{
	NOT_RECORDED();
	for (size_t nr_tables = 1; nr_tables <= 2; nr_tables++) {
		struct scene s;
		STAGE(stage);
		open_scene(&s, stage, RINGMAP_MODE_FOLLOW, nr_tables);
		struct meanwhile m = {.stage = stage};
		struct rm_plan *plan = s.reader->plans[nr_tables - 1];
		const struct rm_name_source names = plan->names;
		plan->names = (struct rm_name_source){write_a_lap_at_times, &m};
		stage_write(stage, 100);
		drain(&s);
		ck_assert_uint_eq(m.laps, 6);
		account(&s);
		ck_assert_uint_ge(reader_stats(&s).undone, 6 * nr_tables);
		plan->names = names;
		close_scene(&s);
		stage_free(stage);
	}
}
END_TEST

size_t cases_tables(const TTest **ret)
{
	const TTest *const cases[] = {
		every_event_is_one_row,
		rows_tell_of_a_lap_that_nobody_saw,
		an_append_is_undone_when_its_page_was_overwritten,
		rows_of_pages_overwritten_under_the_reader_are_undone,
	};

	memcpy(ret, cases, sizeof(cases));
	return sizeof(cases) / sizeof(*cases);
}
