// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Decode a raw capture folder with libtraceevent, and print what a decoder
 * must find in it as JSON.
 *
 *	golden DIR >DIR/expected.json
 *
 * None of ringmap's code is used, so that its tests have something to be
 * compared with. Fails, without a complete output, when the decoded events do
 * not add up to the kernel's own counters in the stats files.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/event-parse.h>
#include <traceevent/kbuffer.h>

enum {
	MAX_EVENTS = 64,
	MAX_CPUS = 64
};

/* first and last are meaningless while count is 0. */
struct span {
	uint64_t count;
	uint64_t first;
	uint64_t last;
};

/* Every event is counted in all and in one of by_event. */
struct tally {
	struct span all;
	struct span by_event[MAX_EVENTS];
	uint64_t subbufs;
	uint64_t lost_counted; /* sum of the counts stored in sub-buffers */
	uint64_t lost_marks;   /* sub-buffers that say that events are lost */
	uint64_t lost_unknown; /* those of them that do not say how many */
};

/* The lines of a stats file that count events, under the kernel's names. */
struct stats {
	uint64_t entries;
	uint64_t overrun;
	uint64_t commit_overrun;
	uint64_t dropped;
	uint64_t read;
};

/* What all CPUs have in common; list is sorted by system and ends with NULL. */
struct formats {
	struct tep_handle *tep;
	struct tep_event **list;
	struct kbuffer *kbuf;
	size_t subbuf_size;
};

static char *format_path(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

static char *format_path(const char *fmt, ...)
{
	va_list args;
	char *path;

	va_start(args, fmt);
	if (vasprintf(&path, fmt, args) < 0)
		err(1, "vasprintf");
	va_end(args);
	return path;
}

/* The whole file, with a 0 byte after it. Takes path; may_miss: NULL is ok. */
static char *load(char *path, size_t *ret_size, int may_miss)
{
	FILE *f = fopen(path, "re");

	if (!f && may_miss && errno == ENOENT) {
		free(path);
		return NULL;
	}
	if (!f)
		err(1, "%s", path);

	size_t size = 0, room = 1 << 16;
	char *text = malloc(room);

	while (text) {
		size += fread(text + size, 1, room - size - 1, f);
		if (size < room - 1)
			break;
		room *= 2;
		text = realloc(text, room);
	}
	if (!text || ferror(f))
		err(1, "%s", path);
	text[size] = '\0';
	fclose(f);
	free(path);
	*ret_size = size;
	return text;
}

static int not_dot(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* Parse DIR/events/SYSTEM/EVENT/format of one system. */
static void load_system(struct tep_handle *tep, const char *dir,
			const char *system)
{
	char *path = format_path("%s/events/%s", dir, system);
	struct dirent **events;
	int count = scandir(path, &events, not_dot, alphasort);

	if (count < 0)
		err(1, "%s", path);
	for (int i = 0; i < count; i++) {
		size_t size;
		char *text = load(
			format_path("%s/%s/format", path, events[i]->d_name),
			&size, 0);

		if (tep_parse_event(tep, text, size, system))
			errx(1, "%s/%s: bad format", path, events[i]->d_name);
		free(text);
		free(events[i]);
	}
	free(events);
	free(path);
}

static void load_formats(const char *dir, struct formats *ret)
{
	struct tep_handle *tep = tep_alloc();
	size_t size;
	char *text = load(format_path("%s/events/header_page", dir), &size, 0);

	/* Recorded by an x86-64 kernel: the words are 8 bytes, little endian. */
	if (!tep || tep_parse_header_page(tep, text, size, 8))
		errx(1, "%s/events/header_page: cannot parse", dir);
	free(text);
	tep_set_file_bigendian(tep, TEP_LITTLE_ENDIAN);

	char *path = format_path("%s/events", dir);
	struct dirent **systems;
	int count = scandir(path, &systems, not_dot, alphasort);

	if (count < 0)
		err(1, "%s", path);
	for (int i = 0; i < count; i++) {
		if (systems[i]->d_type == DT_DIR)
			load_system(tep, dir, systems[i]->d_name);
		free(systems[i]);
	}
	free(systems);
	free(path);
	if (tep_get_events_count(tep) > MAX_EVENTS)
		errx(1, "%s: more than %d events", dir, MAX_EVENTS);
	ret->tep = tep;
	ret->list = tep_list_events(tep, TEP_EVENT_SORT_SYSTEM);
	ret->kbuf = kbuffer_alloc(KBUFFER_LSIZE_8, KBUFFER_ENDIAN_LITTLE);
	if (!ret->list || !ret->kbuf)
		err(1, "libtraceevent");
	ret->subbuf_size = (size_t)kbuffer_start_of_data(ret->kbuf) +
			   (size_t)tep_get_sub_buffer_size(tep);
}

static void count(struct span *s, uint64_t ts)
{
	if (!s->count)
		s->first = ts;
	else if (ts < s->last)
		errx(1, "time stamp %" PRIu64 " follows %" PRIu64, ts, s->last);
	s->last = ts;
	s->count++;
}

static void count_event(const struct formats *formats, void *data, uint64_t ts,
			struct tally *t)
{
	struct tep_record record = {.data = data};
	int id = tep_data_type(formats->tep, &record);
	size_t i = 0;

	while (formats->list[i] && formats->list[i]->id != id)
		i++;
	if (!formats->list[i])
		errx(1, "an event has id %d, which no format has", id);
	count(&t->all, ts);
	count(&t->by_event[i], ts);
}

static void count_subbuf(const struct formats *formats, void *subbuf,
			 struct tally *t)
{
	struct kbuffer *kbuf = formats->kbuf;
	unsigned long long ts;

	if (kbuffer_load_subbuffer(kbuf, subbuf))
		errx(1, "sub-buffer %" PRIu64 " does not load", t->subbufs);

	int lost = kbuffer_missed_events(kbuf);

	t->lost_marks += lost != 0;
	t->lost_unknown += lost < 0;
	t->lost_counted += lost > 0 ? (uint64_t)lost : 0;
	for (void *data = kbuffer_read_event(kbuf, &ts); data;
	     data = kbuffer_next_event(kbuf, &ts))
		count_event(formats, data, ts, t);
	t->subbufs++;
}

static void count_cpu(const struct formats *formats, char *bytes, size_t size,
		      struct tally *ret)
{
	if (size % formats->subbuf_size)
		errx(1, "%zu bytes are no whole number of sub-buffers", size);
	*ret = (struct tally){0};
	for (size_t at = 0; at < size; at += formats->subbuf_size)
		count_subbuf(formats, bytes + at, ret);
}

static uint64_t stat_line(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, length) && line[length] == ':')
			return strtoull(line + length + 1, NULL, 10);
	}
	errx(1, "a stats file has no line '%s'", name);
}

/* 0 when there is no such file and there need not be one. */
static int load_stats(const char *dir, int cpu, const char *name, int may_miss,
		      struct stats *ret)
{
	size_t size;
	char *text = load(format_path("%s/per_cpu/cpu%d/%s", dir, cpu, name),
			  &size, may_miss);

	if (!text)
		return 0;
	*ret = (struct stats){
		.entries = stat_line(text, "entries"),
		.overrun = stat_line(text, "overrun"),
		.commit_overrun = stat_line(text, "commit overrun"),
		.dropped = stat_line(text, "dropped events"),
		.read = stat_line(text, "read events"),
	};
	free(text);
	return 1;
}

/*
 * stats may be from before or from after the reading: what was unread then and
 * what was read then together are the events of the file. Each overwritten
 * event is in one sub-buffer's count, unless a mark came without a count.
 */
static void reconcile(const char *dir, int cpu, const struct tally *t,
		      const struct stats *s)
{
	struct stats before;

	if (s->entries + s->read != t->all.count)
		errx(1,
		     "%s: CPU %d: decoded %" PRIu64
		     " events, stats have %" PRIu64 " + %" PRIu64,
		     dir, cpu, t->all.count, s->entries, s->read);
	if (s->overrun < t->lost_counted ||
	    (s->overrun != t->lost_counted && !t->lost_unknown))
		errx(1,
		     "%s: CPU %d: sub-buffers count %" PRIu64
		     " lost events, stats %" PRIu64,
		     dir, cpu, t->lost_counted, s->overrun);
	if (s->commit_overrun || s->dropped)
		errx(1, "%s: CPU %d: events are lost outside the ring", dir,
		     cpu);
	if (load_stats(dir, cpu, "stats.before", 1, &before) &&
	    (before.read || before.overrun > s->overrun ||
	     before.entries + before.overrun >
		     s->entries + s->overrun + s->read))
		errx(1, "%s: CPU %d: stats.before is not from before", dir,
		     cpu);
}

/* Without a line end or a comma, which depend on what follows. */
static void print_span(const struct span *s)
{
	printf("\"count\": %" PRIu64 ", \"first_ts\": %" PRIu64
	       ", \"last_ts\": %" PRIu64,
	       s->count, s->first, s->last);
}

static void print_cpu(const struct formats *formats, int cpu,
		      const struct tally *t, const struct stats *s)
{
	const char *comma = "";

	printf("%s\n    {\"cpu\": %d, \"subbufs\": %" PRIu64 ", ",
	       cpu ? "," : "", cpu, t->subbufs);
	print_span(&t->all);
	printf(",\n     \"lost_total\": %" PRIu64 ", \"lost_counted\": %" PRIu64
	       ", \"lost_marks\": %" PRIu64 ", \"lost_unknown\": %" PRIu64
	       ",\n     \"events\": {",
	       s->overrun, t->lost_counted, t->lost_marks, t->lost_unknown);
	for (size_t i = 0; formats->list[i]; i++) {
		const struct tep_event *event = formats->list[i];

		if (!t->by_event[i].count)
			continue;
		printf("%s\n      \"%s:%s\": {\"id\": %d, ", comma,
		       event->system, event->name, event->id);
		print_span(&t->by_event[i]);
		printf("}");
		comma = ",";
	}
	printf("}}");
}

int main(int argc, char **argv)
{
	struct formats formats;
	int cpu = 0;

	if (argc != 2)
		errx(2, "usage: golden DIR");
	load_formats(argv[1], &formats);
	printf("{\"subbuf_size\": %zu,\n \"cpus\": [", formats.subbuf_size);
	for (; cpu < MAX_CPUS; cpu++) {
		struct stats stats;
		struct tally tally;
		size_t size;
		char *bytes =
			load(format_path("%s/per_cpu/cpu%d/trace_pipe_raw",
					 argv[1], cpu),
			     &size, 1);

		if (!bytes)
			break;
		load_stats(argv[1], cpu, "stats", 0, &stats);
		count_cpu(&formats, bytes, size, &tally);
		reconcile(argv[1], cpu, &tally, &stats);
		print_cpu(&formats, cpu, &tally, &stats);
		free(bytes);
	}
	printf("]}\n");
	kbuffer_free(formats.kbuf);
	tep_free(formats.tep);
	if (!cpu || fflush(stdout))
		errx(1, "%s: no recorded CPU, or nowhere to print", argv[1]);
	return 0;
}
