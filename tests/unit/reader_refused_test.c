/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * reader_refused_test.c - a reader whose threads the system refuses
 *
 * The linker routes pthread_create() through here (--wrap).
 */
#include "tests/support/rm_check.h"
#include "tests/unit/crew.h"

#include <errno.h>
#include <pthread.h>

static unsigned int granted; /* threads that may still be started */

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
			  void *(*start)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
			  void *(*start)(void *), void *arg);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
			  void *(*start)(void *), void *arg)
{
	if (!granted)
		return EAGAIN;
	granted--;
	return __real_pthread_create(thread, attr, start, arg);
}

START_TEST(the_threads_that_there_are_read_everything)
{
	for (unsigned int grant = 0; grant < 4; grant++) {
		struct rm_crew crew;
		struct ringmap_table_opts table = rm_crew_table();
		struct rm_harvest h = {.count = 0};
		struct ringmap_reader_stats stats;

		rm_crew_make(&crew,
			     &(struct rm_crew_opts){.cpus = 5, .pages = 8});
		struct ringmap_reader *reader =
			rm_crew_reader(&crew, &table, 1, 4, 0);
		granted = grant;
		rm_harvest(&h, reader);
		rm_harvest_assert_all(&h, &crew, 0);
		rm_assert_ok(
			ringmap_reader_stats(reader, &stats, sizeof(stats)));
		ck_assert_uint_eq(stats.threads, 1 + grant);
		ck_assert_uint_eq(stats.events, rm_crew_events(&crew));
		rm_harvest_free(&h);
		ringmap_reader_unref(reader);
		rm_crew_free(&crew);
	}
}
END_TEST

RM_MAIN(the_threads_that_there_are_read_everything)
