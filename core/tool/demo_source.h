/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * demo_source.h - the demo's two sources: this machine, or a recording
 */
#ifndef DEMO_SOURCE_H
#define DEMO_SOURCE_H

#include "core/tool/demo_report.h"

struct demo_opts {
	const char *tracefs;   /* NULL: where it usually is */
	const char *recording; /* NULL: there is none */
	double seconds;
	bool replay; /* the recording, whether tracing works or not */
};

/*
 * Records this machine and analyses it meanwhile. @result->analysis is the
 * caller's to free, with its formats, on success.
 */
enum ringmap_status demo_live(const struct demo_opts *opts,
			      struct demo_formats *formats,
			      struct demo_result *result,
			      struct ringmap_error *err);

/* The same for a folder of raw captures. */
enum ringmap_status demo_recording(const char *dir,
				   struct demo_formats *formats,
				   struct demo_result *result,
				   struct ringmap_error *err);

#endif
