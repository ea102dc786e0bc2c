/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
#include <ringmap/ringmap.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct ringmap_trace_opts opts = {.sz = sizeof(opts)};
	struct ringmap_trace *trace;
	struct ringmap_event event;
	struct ringmap_error err;

	opts.instance = argc > 1 ? argv[1] : "/";
	if (ringmap_trace_open(&opts, &trace, &err))
		return fprintf(stderr, "%s\n", err.text), 1;
	while (ringmap_trace_wait(trace, 1000) == RINGMAP_OK)
		while (ringmap_trace_next(trace, &event) == RINGMAP_OK)
			printf("%lu ns, CPU %u: %u bytes\n", event.ts,
			       event.cpu, event.size);
	ringmap_trace_unref(trace);
}
