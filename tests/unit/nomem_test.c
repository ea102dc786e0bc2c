/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * nomem_test.c - every allocation of the hot path fails once
 *
 * The linker leads the library's allocations here. Each case is done again and
 * again, with the first allocation failing, the second, and so on, until there
 * was none left to fail.
 */
#define _GNU_SOURCE
#include "tests/support/arrow_text.h"
#include "tests/support/must.h"
#include "tests/support/rm_check.h"
#include "tests/unit/crew.h"
#include "tests/unit/walk.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>

/* ---- allocations ------------------------------------------------------------ */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_reallocarray(void *p, size_t count, size_t size);
char *__real_strdup(const char *s);
void *__real_mmap(void *p, size_t size, int prot, int flags, int fd, off_t off);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_reallocarray(void *p, size_t count, size_t size);
char *__wrap_strdup(const char *s);
void *__wrap_mmap(void *p, size_t size, int prot, int flags, int fd, off_t off);
int __real_vasprintf(char **ret, const char *fmt, va_list ap);
int __wrap_vasprintf(char **ret, const char *fmt, va_list ap);
/* The same, where the compiler checks arguments (_FORTIFY_SOURCE). */
int __real___vasprintf_chk(char **ret, int flag, const char *fmt, va_list ap);
int __wrap___vasprintf_chk(char **ret, int flag, const char *fmt, va_list ap);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
			  void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
			  void *(*fn)(void *), void *arg);

/* Allocations that still succeed; negative: all do. */
static atomic_long left = -1;
static atomic_bool failed;
/* This thread is the test itself, and not in a call of the library. */
static __thread bool outside;

static bool fails(void)
{
	if (outside || atomic_load(&left) < 0 || atomic_fetch_sub(&left, 1))
		return false;
	failed = true;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

void *__wrap_reallocarray(void *p, size_t count, size_t size)
{
	return fails() ? NULL : __real_reallocarray(p, count, size);
}

char *__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}

void *__wrap_mmap(void *p, size_t size, int prot, int flags, int fd, off_t off)
{
	return fails() ? MAP_FAILED
		       : __real_mmap(p, size, prot, flags, fd, off);
}

/*
 * In a static program the C library's own allocations come here, too. Where it
 * can do without one, the call that made it would succeed: so such a call fails
 * as a whole, or, if ours does without it as well, not at all.
 */
int __wrap_vasprintf(char **ret, const char *fmt, va_list ap)
{
	if (fails())
		return -1;
	bool was = outside;
	outside = true;
	int size = __real_vasprintf(ret, fmt, ap);
	outside = was;
	return size;
}

int __wrap___vasprintf_chk(char **ret, int flag, const char *fmt, va_list ap)
{
	if (fails())
		return -1;
	bool was = outside;
	outside = true;
	int size = __real___vasprintf_chk(ret, flag, fmt, ap);
	outside = was;
	return size;
}

/* A reader goes on with the threads that it gets. */
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
			  void *(*fn)(void *), void *arg)
{
	bool was = outside;

	outside = true;
	int error = __real_pthread_create(thread, attr, fn, arg);
	outside = was;
	return error;
}

/* The allocation with this number, from 0 on, will fail. */
static void fail_number(long number)
{
	outside = true;
	failed = false;
	atomic_store(&left, number);
}

/* Whether it came to that. From now on none fails. */
static bool has_failed(void)
{
	atomic_store(&left, -1);
	return failed;
}

/* A call of the library, in which allocations may fail. */
#define CALL(expr)                                                             \
	__extension__({                                                        \
		outside = false;                                               \
		__typeof__(expr) ret_ = (expr);                                \
		outside = true;                                                \
		ret_;                                                          \
	})

/* ---- opening ---------------------------------------------------------------- */

START_TEST(rings_and_traces_open_or_say_why_not)
{
	static uint64_t image[2 * 4096 / 8];
	const struct ringmap_image_opts shape = {.sz = sizeof(shape)};
	bool some = true;

	for (long number = 0; some; number++) {
		struct ringmap_ring *ring = NULL;
		struct ringmap_trace *trace = NULL;
		struct ringmap_error err = {.status = RINGMAP_OK};

		fail_number(number);
		enum ringmap_status s = CALL(ringmap_ring_open_image(
			image, sizeof(image), &shape, &ring, &err));
		if (!s)
			s = CALL(ringmap_trace_open_rings(&ring, 1, &trace,
							  &err));
		some = has_failed();
		rm_assert_status(s, some ? RINGMAP_E_NOMEM : RINGMAP_OK);
		ck_assert_int_eq(err.status, s);
		ck_assert_int_eq(!err.text[0], !s);
		ck_assert_int_eq(!trace, s != RINGMAP_OK);
		ringmap_ring_unref(ring);
		ringmap_trace_unref(trace);
	}
}
END_TEST

START_TEST(readers_open_or_say_why_not)
{
	const struct rm_crew_opts opts = {.cpus = 3, .pages = 2};
	const struct ringmap_table_opts tables[2] = {rm_crew_table(),
						     rm_crew_table()};
	const struct ringmap_reader_opts how = {.sz = sizeof(how),
						.threads = 2};
	struct rm_crew crew;
	bool some = true;

	rm_crew_make(&crew, &opts);
	for (long number = 0; some; number++) {
		struct ringmap_reader *reader = NULL;
		struct ringmap_error err = {.status = RINGMAP_OK};

		fail_number(number);
		enum ringmap_status s = CALL(
			ringmap_reader_open(crew.trace, crew.formats.schema,
					    tables, 2, &how, &reader, &err));
		some = has_failed();
		rm_assert_status(s, some ? RINGMAP_E_NOMEM : RINGMAP_OK);
		ck_assert_int_eq(err.status, s);
		ck_assert_int_eq(!err.text[0], !s);
		ck_assert_int_eq(!reader, s != RINGMAP_OK);
		ringmap_reader_unref(reader);
	}
	rm_crew_free(&crew);
}
END_TEST

/* ---- tables ----------------------------------------------------------------- */

static const char every_kind[] = RM_FIELD("u64 n", 8, 8, 0) RM_FIELD(
	"char comm[16]", 16, 16, 0) RM_FIELD("__data_loc char[] text", 32, 4, 0)
	RM_FIELD("__data_loc u32[] list", 36, 4, 0)
		RM_FIELD("__data_loc cpumask_t mask", 40, 4, 0)
			RM_FIELD("u32 named", 44, 4, 0)
				RM_FIELD("u8 bytes[4]", 48, 4, 0);

static struct rm_generated *make_page(uint32_t count)
{
	static struct rm_records r;
	const struct ringmap_image_opts shape = {.subbuf_size = 65536};

	rm_records_begin(&r, &shape, "TS 1000; LOST 3");
	for (uint32_t i = 0; i < count; i++) {
		char comm[16];

		rm_records_add(&r, 300, 72, 1, 7);
		rm_put(&r, 8, 8, i);
		snprintf(comm, sizeof(comm), "task%u", i);
		rm_put_bytes(&r, 16, comm, sizeof(comm));
		rm_put(&r, 32, 4, 5 << 16 | 52);
		rm_put_bytes(&r, 52, "te\xffxt", 5);
		rm_put(&r, 36, 4, 8 << 16 | 56);
		rm_put(&r, 40, 4, 8 << 16 | 64);
		rm_put(&r, 64, 8, i);
		rm_put(&r, 44, 4, i % 3);
	}
	return rm_records_end(&r);
}

/* Appends, in spite of failures: what failed has changed nothing. */
static void append_all(struct ringmap_table *table,
		       const struct rm_generated *g)
{
	enum ringmap_status s = RINGMAP_E_NOMEM;
	struct ringmap_page page;

	rm_assert_ok(ringmap_page_init(&page, g->subbuf, g->opts.subbuf_size,
				       &g->opts));
	for (long number = 0; s; number++) {
		const struct ringmap_page before = page;
		size_t rows = ringmap_table_rows(table);

		fail_number(number);
		s = CALL(ringmap_table_append(table, &page));
		ck_assert(has_failed() || !s);
		if (!s)
			break;
		rm_assert_status(s, RINGMAP_E_NOMEM);
		ck_assert_uint_eq(ringmap_table_rows(table), rows);
		ck_assert(!memcmp(&page, &before, sizeof(page)));
	}
	ck_assert_uint_eq(page.pos, page.size);
}

/* Exports, in spite of failures: the rows still wait. */
static char *export_text(struct ringmap_table *table)
{
	enum ringmap_status s = RINGMAP_E_NOMEM;
	struct ArrowSchema schema;
	struct ArrowArray array;

	for (long number = 0; s; number++) {
		size_t rows = ringmap_table_rows(table);

		fail_number(number);
		s = CALL(ringmap_table_schema(table, &schema));
		if (!s) {
			s = CALL(ringmap_table_export(table, &array));
			if (s)
				schema.release(&schema);
		}
		ck_assert(has_failed() || !s);
		if (!s)
			break;
		rm_assert_status(s, RINGMAP_E_NOMEM);
		ck_assert_uint_eq(ringmap_table_rows(table), rows);
	}
	rm_arrow_check(&schema, &array);
	char *text = rm_arrow_dump(&schema, &array);
	array.release(&array);
	schema.release(&schema);
	return text;
}

START_TEST(a_table_that_had_no_memory_goes_on)
{
	/* All; the fused loop alone; that and a loop behind it. */
	static const char *const columns[] = {NULL, "ts n named common_pid",
					      "ts n comm lost_before"};
	struct rm_formats f;

	rm_formats_make(&f, 8);
	rm_formats_add(&f, "sys", "ev", 300, every_kind,
		       "\"%s\", __print_symbolic(REC->named, {1, \"one\"})");
	rm_formats_open(&f);
	for (int i = 0; i < 3; i++) {
		struct ringmap_table *good =
			rm_open_table(&f, "ev", columns[i]);
		struct ringmap_table *bad = rm_open_table(&f, "ev", columns[i]);

		/* The second batch has the memory of the first. */
		for (uint32_t batch = 0; batch < 3; batch++) {
			rm_autogenerated struct rm_generated *g =
				make_page(20 + 200 * batch);

			rm_assert_ok(rm_append(good, g));
			append_all(bad, g);
			char *expected = rm_table_text(good);
			char *text = export_text(bad);
			ck_assert_str_eq(text, expected);
			free(text);
			free(expected);
		}
		ringmap_table_unref(good);
		ringmap_table_unref(bad);
	}
	rm_formats_free(&f);
}
END_TEST

/* ---- traces and readers ------------------------------------------------------ */

START_TEST(a_trace_tells_what_it_had_no_memory_for)
{
	const struct rm_crew_opts opts = {.cpus = 2, .pages = 3};
	bool some = true;

	for (long number = 0; some; number++) {
		struct ringmap_event event;
		struct rm_crew crew;
		enum ringmap_status s;
		uint64_t events = 0, marks = 0, told = 0;

		rm_crew_make(&crew, &opts);
		fail_number(number);
		while ((s = CALL(ringmap_trace_next(crew.trace, &event))) !=
		       RINGMAP_DONE) {
			told += s == RINGMAP_E_NOMEM;
			events += s == RINGMAP_OK;
			if (s == RINGMAP_OK)
				marks += event.lost == RINGMAP_LOST_UNKNOWN;
		}
		some = has_failed();
		ck_assert_uint_eq(told, some);
		if (!told)
			ck_assert_uint_eq(events, rm_crew_events(&crew));
		else if (events < rm_crew_events(&crew))
			ck_assert_uint_eq(marks, 1);
		rm_crew_free(&crew);
	}
}
END_TEST

/* Rows of a CPU that are missing stand before one that says so. */
static void assert_gaps_are_told(const struct rm_harvest *h, uint32_t cpus)
{
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		uint64_t next = 0;

		for (size_t i = 0; i < h->count; i++) {
			const struct rm_num *num = &h->nums[i];

			if (num->cpu != cpu || num->table)
				continue;
			rm_must(num->n >= next);
			rm_must(num->n == next ||
				num->lost == RINGMAP_LOST_UNKNOWN);
			/* Each third is another event. */
			next = num->n + (num->n % 3 == 1 ? 2 : 1);
		}
	}
}

/* A new trace of the same recordings. */
static void open_again(struct rm_crew *crew)
{
	struct ringmap_ring *rings[RM_CREW_MAX];
	const struct rm_crew_opts *o = &crew->opts;

	ringmap_trace_unref(crew->trace);
	for (uint32_t i = 0; i < o->cpus; i++) {
		const struct ringmap_image_opts shape = {.sz = sizeof(shape),
							 .cpu = i};

		rm_assert_ok(ringmap_ring_open_image(crew->images[i],
						     o->pages * 4096ul, &shape,
						     &rings[i], NULL));
	}
	rm_assert_ok(
		ringmap_trace_open_rings(rings, o->cpus, &crew->trace, NULL));
	for (uint32_t i = 0; i < o->cpus; i++)
		ringmap_ring_unref(rings[i]);
}

/* Reads to the end with a failure on the way. Returns whether there was one. */
static bool read_with_failure(struct rm_crew *crew, long number, size_t tables,
			      uint32_t threads, uint32_t flags)
{
	struct ringmap_table_opts table[3] = {rm_crew_table(), rm_crew_table(),
					      rm_crew_table()};
	struct rm_harvest h = {.count = 0};
	struct ringmap_reader_stats stats;
	struct ringmap_batch batch;
	struct ArrowArray array;
	enum ringmap_status s;
	uint64_t told = 0;

	table[0].batch_rows = 1000;
	open_again(crew);
	struct ringmap_reader *reader =
		rm_crew_reader(crew, table, tables, threads, flags);
	fail_number(number);
	while ((s = CALL(ringmap_reader_next(reader, 0, &batch, &array))) !=
	       RINGMAP_DONE) {
		ck_assert(s == RINGMAP_OK || s == RINGMAP_E_NOMEM);
		told += s == RINGMAP_E_NOMEM;
		if (s)
			continue;
		rm_harvest_add(&h, reader, batch.table, &array);
		array.release(&array);
	}
	bool some = has_failed();
	assert_gaps_are_told(&h, crew->opts.cpus);
	/* Nobody else can say so. */
	ck_assert_uint_eq(told, some);
	/* Also where no row comes any more that could say so. */
	rm_assert_ok(ringmap_reader_stats(reader, &stats, sizeof(stats)));
	if (h.count < tables * rm_crew_nums(crew))
		ck_assert_uint_eq(stats.lost, RINGMAP_LOST_UNKNOWN);
	for (uint32_t i = 0; !told && i < tables; i++)
		rm_harvest_assert_all(&h, crew, i);
	rm_harvest_free(&h);
	ringmap_reader_unref(reader);
	return some;
}

/* @pages of each CPU: with 36 a reader gathers before it has listed them all;
 * behind 1 there is no row that could tell of a loss. */
static void read_with_each_failure(size_t tables, uint32_t threads,
				   uint32_t flags, uint32_t pages)
{
	const struct rm_crew_opts opts = {.cpus = 2, .pages = pages};
	struct rm_crew crew;
	long number = 0;

	rm_crew_make(&crew, &opts);
	while (read_with_failure(&crew, number, tables, threads, flags))
		number++;
	/* There was memory to ask for. */
	ck_assert_int_gt(number, 5);
	rm_crew_free(&crew);
}

START_TEST(a_reader_tells_what_it_had_no_memory_for)
{
	read_with_each_failure(1, 1, 0, 36);
	read_with_each_failure(3, 1, 0, 36);
	read_with_each_failure(3, 1, 0, 1);
}
END_TEST

START_TEST(so_does_one_with_threads)
{
	read_with_each_failure(3, 2, 0, 36);
}
END_TEST

START_TEST(so_does_an_ordered_one)
{
	read_with_each_failure(2, 1, RINGMAP_READER_ORDERED, 36);
	read_with_each_failure(2, 1, RINGMAP_READER_ORDERED, 1);
}
END_TEST

RM_MAIN(rings_and_traces_open_or_say_why_not, readers_open_or_say_why_not,
	a_table_that_had_no_memory_goes_on,
	a_trace_tells_what_it_had_no_memory_for,
	a_reader_tells_what_it_had_no_memory_for, so_does_one_with_threads,
	so_does_an_ordered_one)
