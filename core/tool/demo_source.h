/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * demo_source.h - the two sources of the demo, this machine and a recording
 */
#ifndef DEMO_SOURCE_H
#define DEMO_SOURCE_H

#include "core/tool/demo_report.h"

struct demo_opts {
	const char *tracefs;   /* NULL: the default mount point */
	const char *recording; /* NULL: no recording */
	double seconds;
	bool replay; /* do not trace, use the recording */
};

/*
 * Records this machine and analyses the events at the same time. On success the
 * caller frees @result->analysis and @formats.
 */
enum ringmap_status demo_live(const struct demo_opts *opts,
			      struct demo_formats *formats,
			      struct demo_result *result,
			      struct ringmap_error *err);

/* Does the same with a folder of raw captures. */
enum ringmap_status demo_recording(const char *dir,
				   struct demo_formats *formats,
				   struct demo_result *result,
				   struct ringmap_error *err);

#endif
