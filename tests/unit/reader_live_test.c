/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * reader_live_test.c - rings that go on being written, and several threads
 */
#define _GNU_SOURCE
#include "tests/support/arrow_text.h"
#include "tests/support/rm_check.h"
#include "tests/support/simring.h"
#include "tests/unit/records.h"
#include "trace/trace.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	CPUS = 5,
	SIM_TYPE = 16, /* as in simring_write.c */
};

struct scene {
	struct simring *sims[CPUS];
	struct rm_formats formats;
	struct ringmap_trace *trace;
	struct ringmap_reader *reader;
	uint64_t next[CPUS]; /* least number that may come */
	uint64_t rows[CPUS];
};

static void open_rings(struct scene *s)
{
	struct ringmap_ring *rings[CPUS];

	for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
		const struct simring_opts so = {.nr_subbufs = 16,
						.threads = true};
		const struct ringmap_ring_opts ro = {
			.sz = sizeof(ro),
			.cpu = cpu,
			.mode = RINGMAP_MODE_FOLLOW};

		s->sims[cpu] = simring_new(&so);
		rm_assert_ok(
			simring_open(s->sims[cpu], &ro, &rings[cpu], NULL));
	}
	rm_assert_ok(ringmap_trace_open_rings(rings, CPUS, &s->trace, NULL));
	for (uint32_t cpu = 0; cpu < CPUS; cpu++)
		ringmap_ring_unref(rings[cpu]);
}

static void open_scene(struct scene *s, uint32_t threads, size_t batch_rows)
{
	static const char *const columns[] = {"cpu", "number", "lost_before"};
	const struct ringmap_table_opts table = {.sz = sizeof(table),
						 .event = "ev",
						 .columns = columns,
						 .nr_columns = 3,
						 .batch_rows = batch_rows};
	const struct ringmap_reader_opts opts = {.sz = sizeof(opts),
						 .threads = threads};

	*s = (struct scene){.trace = NULL};
	rm_formats_make(&s->formats, 8);
	rm_formats_add(&s->formats, "sys", "ev", SIM_TYPE,
		       RM_FIELD("u64 number", 16, 8, 0), NULL);
	rm_formats_open(&s->formats);
	open_rings(s);
	rm_assert_ok(ringmap_reader_open(s->trace, s->formats.schema, &table, 1,
					 &opts, &s->reader, NULL));
}

static void close_scene(struct scene *s)
{
	ringmap_reader_unref(s->reader);
	ringmap_trace_unref(s->trace);
	for (uint32_t cpu = 0; cpu < CPUS; cpu++)
		simring_free(s->sims[cpu]);
	rm_formats_free(&s->formats);
}

/* Each CPU's numbers rise, and what is missing is told. */
static void take(struct scene *s, struct ArrowArray *array)
{
	const uint32_t *cpu = array->children[0]->buffers[1];
	const uint64_t *number = array->children[1]->buffers[1];
	const struct ArrowArray *marks = array->children[2];
	const uint64_t *lost = marks->buffers[1];

	for (int64_t i = 0; i < array->length; i++) {
		uint64_t *next = &s->next[cpu[i]];

		ck_assert_uint_ge(number[i], *next);
		if (!rm_arrow_is_null(marks, i))
			ck_assert_uint_eq(number[i] - *next, lost[i]);
		*next = number[i] + 1;
		s->rows[cpu[i]]++;
	}
	array->release(array);
}

static void drain(struct scene *s)
{
	struct ringmap_batch batch;
	struct ArrowArray array;
	enum ringmap_status status;

	while ((status = ringmap_reader_next(s->reader, 0, &batch, &array)) ==
	       RINGMAP_OK)
		take(s, &array);
	rm_assert_status(status, RINGMAP_DONE);
}

START_TEST(each_cpus_rows_come_in_order_over_many_rounds)
{
	for (uint32_t threads = 1; threads < 5; threads++) {
		struct scene s;

		open_scene(&s, threads, 100);
		for (uint32_t round = 1; round < 40; round++) {
			for (uint32_t i = 0; i < round * 13 % 170; i++)
				for (uint32_t cpu = 0; cpu < CPUS; cpu++)
					if ((i + cpu) % (1 + round % 3) == 0)
						simring_write(s.sims[cpu], 64);
			drain(&s);
		}
		for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
			ck_assert_uint_eq(s.rows[cpu], s.next[cpu]);
			ck_assert_uint_eq(s.rows[cpu],
					  simring_counts(s.sims[cpu]).written);
		}
		close_scene(&s);
	}
}
END_TEST

struct writer {
	pthread_t thread;
	struct simring *sim;
	bool ready; /* atomic: it has written all */
};

static void *write_many(void *arg)
{
	struct writer *w = arg;

	for (int i = 0; i < 20000; i++) {
		simring_write(w->sim, 64);
		if (i % 512 == 0)
			sched_yield();
	}
	__atomic_store_n(&w->ready, true, __ATOMIC_RELEASE);
	return NULL;
}

static bool all_ready(struct writer *writers)
{
	bool ready = true;

	for (uint32_t cpu = 0; cpu < CPUS; cpu++)
		ready &= __atomic_load_n(&writers[cpu].ready, __ATOMIC_ACQUIRE);
	return ready;
}

START_TEST(rows_are_true_while_writers_lap_the_reader)
{
	for (uint32_t threads = 1; threads < 4; threads++) {
		struct writer writers[CPUS] = {{.ready = false}};
		struct ringmap_reader_stats stats;
		struct scene s;
		bool last;

		open_scene(&s, threads, 1000);
		for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
			writers[cpu].sim = s.sims[cpu];
			ck_assert(!pthread_create(&writers[cpu].thread, NULL,
						  write_many, &writers[cpu]));
		}
		do {
			last = all_ready(writers);
			drain(&s);
		} while (!last);
		uint64_t rows = 0;
		for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
			struct ringmap_ring_stats ring;

			ck_assert(!pthread_join(writers[cpu].thread, NULL));
			rm_assert_ok(ringmap_ring_stats(
				ringmap_trace_ring(s.trace, cpu), &ring,
				sizeof(ring)));
			ck_assert_uint_eq(ring.events, s.rows[cpu]);
			ck_assert_uint_eq(ring.events + ring.lost, 20000);
			ck_assert_uint_eq(s.next[cpu], 20000);
			rows += s.rows[cpu];
		}
		rm_assert_ok(
			ringmap_reader_stats(s.reader, &stats, sizeof(stats)));
		ck_assert_uint_eq(stats.rows, rows);
		ck_assert_uint_eq(stats.events, rows);
		close_scene(&s);
	}
}
END_TEST

static void *stop_once(void *arg)
{
	usleep(2000);
	rm_assert_ok(ringmap_reader_stop(arg));
	return NULL;
}

START_TEST(stop_ends_a_call_that_waits)
{
	for (uint32_t threads = 1; threads < 4; threads++) {
		struct ringmap_batch batch;
		struct ArrowArray array;
		pthread_t stopper;
		struct scene s;

		open_scene(&s, threads, 0);
		simring_write(s.sims[2], 64);
		ck_assert(!pthread_create(&stopper, NULL, stop_once, s.reader));
		/* One row fills no batch: without a stop this is for ever. */
		rm_assert_status(
			ringmap_reader_next(s.reader, -1, &batch, &array),
			RINGMAP_STOPPED);
		ck_assert(!pthread_join(stopper, NULL));
		drain(&s);
		ck_assert_uint_eq(s.rows[2], 1);
		close_scene(&s);
	}
}
END_TEST

START_TEST(stop_is_reported_once_while_events_come)
{
	for (uint32_t threads = 1; threads < 4; threads++) {
		struct ringmap_batch batch;
		struct ArrowArray array;
		struct scene s;

		open_scene(&s, threads, 0);
		for (uint32_t cpu = 0; cpu < CPUS; cpu++)
			simring_write(s.sims[cpu], 64);
		rm_assert_ok(ringmap_reader_stop(s.reader));
		rm_assert_ok(ringmap_reader_stop(s.reader));
		rm_assert_status(
			ringmap_reader_next(s.reader, -1, &batch, &array),
			RINGMAP_STOPPED);
		uint64_t rows = 0;
		while (rows < CPUS) {
			/* This one sleeps, so a stop that is left would end
			 * it. */
			rm_assert_ok(ringmap_reader_next(s.reader, 2, &batch,
							 &array));
			rows += batch.rows;
			take(&s, &array);
		}
		rm_assert_status(
			ringmap_reader_next(s.reader, 2, &batch, &array),
			RINGMAP_DONE);
		close_scene(&s);
	}
}
END_TEST

/* ---- signals -------------------------------------------------------------- */

enum {
	ALARMS = 10 /* that a call has to survive */
};

static struct ringmap_reader *alarmed;
static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	(void)sig;
	if (++alarms == ALARMS)
		ringmap_reader_stop(alarmed);
}

/* Ends the reader's next call by a stop, which comes with the last alarm. */
static void set_alarms(struct ringmap_reader *reader)
{
	const struct itimerval each = {{0, 2000}, {0, 2000}};
	const struct sigaction action = {.sa_handler = on_alarm,
					 .sa_flags = SA_RESTART};

	alarmed = reader;
	alarms = 0;
	ck_assert(!sigaction(SIGALRM, &action, NULL));
	ck_assert(!setitimer(ITIMER_REAL, &each, NULL));
}

static void end_alarms(void)
{
	const struct itimerval never = {{0, 0}, {0, 0}};

	ck_assert(!setitimer(ITIMER_REAL, &never, NULL));
	ck_assert_int_ge(alarms, ALARMS);
}

START_TEST(signals_do_not_end_a_call)
{
	struct ringmap_batch batch;
	struct ArrowArray array;
	struct scene s;

	open_scene(&s, 1, 0);
	simring_write(s.sims[1], 64);
	set_alarms(s.reader);
	rm_assert_status(ringmap_reader_next(s.reader, -1, &batch, &array),
			 RINGMAP_STOPPED);
	end_alarms();
	drain(&s);
	ck_assert_uint_eq(s.rows[1], 1);
	close_scene(&s);
}
END_TEST

START_TEST(signals_do_not_end_a_stream)
{
	struct ArrowArrayStream stream;
	struct ArrowArray array;
	struct scene s;

	open_scene(&s, 2, 0);
	rm_assert_ok(ringmap_reader_stream(s.reader, &stream));
	set_alarms(s.reader);
	ck_assert_int_eq(stream.get_next(&stream, &array), 0);
	end_alarms();
	/* The end of the stream, by the stop. */
	ck_assert_ptr_null(array.release);
	stream.release(&stream);
	close_scene(&s);
}
END_TEST

START_TEST(rows_come_when_the_time_is_over)
{
	struct ringmap_batch batch;
	struct ArrowArray array;
	struct scene s;

	open_scene(&s, 2, 0);
	rm_assert_status(ringmap_reader_next(s.reader, 0, &batch, &array),
			 RINGMAP_DONE);
	rm_assert_status(ringmap_reader_next(s.reader, 2, &batch, &array),
			 RINGMAP_DONE);
	for (uint32_t i = 0; i < 7; i++)
		simring_write(s.sims[i % CPUS], 64);
	uint64_t rows = 0;
	while (rows < 7) {
		rm_assert_ok(ringmap_reader_next(s.reader, 2, &batch, &array));
		rows += batch.rows;
		take(&s, &array);
	}
	rm_assert_status(ringmap_reader_next(s.reader, 2, &batch, &array),
			 RINGMAP_DONE);
	close_scene(&s);
}
END_TEST

/* A row was written: the next batch has it, or the status says why it has not. */
static void assert_next(struct scene *s, enum ringmap_status wanted,
			const char *word)
{
	struct ringmap_error error;
	struct ringmap_batch batch;
	struct ArrowArray array = {.release = NULL};

	simring_write(s->sims[1], 64);
	rm_assert_status(ringmap_reader_next(s->reader, 0, &batch, &array),
			 wanted);
	if (wanted == RINGMAP_OK) {
		ck_assert_uint_eq(batch.rows, 1);
		array.release(&array);
		return;
	}
	ck_assert_ptr_null(array.release);
	ringmap_reader_error(s->reader, &error);
	ck_assert_int_eq(error.status, wanted);
	ck_assert_ptr_nonnull(strstr(error.text, word));
}

START_TEST(rows_of_a_changed_event_are_dropped)
{
	for (uint32_t threads = 1; threads <= 2; threads++) {
		struct scene s;

		open_scene(&s, threads, 0);
		assert_next(&s, RINGMAP_OK, NULL);
		/* The id is another event's by now. */
		rm_formats_add(&s.formats, "sys", "ev", SIM_TYPE + 1,
			       RM_FIELD("u64 number", 16, 8, 0), NULL);
		assert_next(&s, RINGMAP_E_STALE, "sys:ev has another format");
		assert_next(&s, RINGMAP_E_STALE, "sys:ev has another format");
		rm_formats_add(&s.formats, "sys", "ev", SIM_TYPE,
			       RM_FIELD("u64 number", 16, 8, 0), NULL);
		assert_next(&s, RINGMAP_OK, NULL);
		char *format =
			rm_tree_path(&s.formats.tree, "events/sys/ev/format");
		ck_assert_int_eq(unlink(format), 0);
		free(format);
		assert_next(&s, RINGMAP_E_STALE, "sys:ev was removed");
		close_scene(&s);
	}
}
END_TEST

START_TEST(rows_of_another_clock_are_dropped)
{
	struct scene s;

	open_scene(&s, 1, 0);
	s.trace->info.dir = strdup(s.formats.tree.root);
	s.trace->info.clock = strdup("local");
	assert_next(&s, RINGMAP_OK, NULL);
	rm_tree_print(&s.formats.tree, "trace_clock", "[local] mono\n");
	assert_next(&s, RINGMAP_OK, NULL);
	rm_tree_print(&s.formats.tree, "trace_clock", "local [mono]\n");
	assert_next(&s, RINGMAP_E_STALE, "from local to mono");
	rm_tree_print(&s.formats.tree, "trace_clock", "[local] mono\n");
	assert_next(&s, RINGMAP_OK, NULL);
	close_scene(&s);
}
END_TEST

RM_MAIN(each_cpus_rows_come_in_order_over_many_rounds,
	rows_are_true_while_writers_lap_the_reader, stop_ends_a_call_that_waits,
	stop_is_reported_once_while_events_come, signals_do_not_end_a_call,
	signals_do_not_end_a_stream, rows_come_when_the_time_is_over,
	rows_of_a_changed_event_are_dropped, rows_of_another_clock_are_dropped)
