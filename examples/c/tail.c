/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Prints the events of all CPUs in time order.
 *
 *	tail DIR              reads a folder of raw captures
 *	tail --live INSTANCE  follows a tracing instance until Ctrl-C
 */
#include <ringmap/ringmap.h>
#include <stdio.h>
#include <string.h>

static void print(const struct ringmap_event *event)
{
	uint16_t id; /* common_type, the first field of every record */

	memcpy(&id, event->data, sizeof(id));
	printf("%6llu.%09llu  cpu %u  event %5u  %4u bytes",
	       (unsigned long long)(event->ts / 1000000000),
	       (unsigned long long)(event->ts % 1000000000), event->cpu, id,
	       event->size);
	if (event->lost == RINGMAP_LOST_UNKNOWN)
		printf("  some lost before it");
	else if (event->lost)
		printf("  %llu lost before it",
		       (unsigned long long)event->lost);
	printf("\n");
}

int main(int argc, char **argv)
{
	struct ringmap_trace_opts opts = {.sz = sizeof(opts)};
	struct ringmap_trace *trace;
	struct ringmap_event event;
	struct ringmap_error err;
	enum ringmap_status s = RINGMAP_E_INVAL;
	int live = argc == 3 && !strcmp(argv[1], "--live");

	if (live) {
		opts.instance = argv[2];
		s = ringmap_trace_open(&opts, &trace, &err);
	} else if (argc == 2) {
		s = ringmap_trace_open_capture(argv[1], &trace, &err);
	} else {
		strcpy(err.text, "usage: tail DIR | tail --live INSTANCE");
	}
	if (s) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	do {
		while ((s = ringmap_trace_next(trace, &event)) == RINGMAP_OK)
			print(&event);
		fflush(stdout);
	} while (live && s == RINGMAP_DONE &&
		 ringmap_trace_wait(trace, -1) == RINGMAP_OK);
	ringmap_trace_unref(trace);
	return s == RINGMAP_DONE ? 0 : 1;
}
