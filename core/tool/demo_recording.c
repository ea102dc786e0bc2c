/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * demo_recording.c - reads a folder of raw captures for the demo
 */
#define _GNU_SOURCE
#include "core/tool/demo_source.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static enum ringmap_status failed(struct ringmap_error *err, int os_errno,
				  const char *dir)
{
	enum ringmap_status s =
		os_errno == ENOMEM ? RINGMAP_E_NOMEM : RINGMAP_E_OS;
	char why[128];

	*err = (struct ringmap_error){.status = s, .os_errno = os_errno};
	snprintf(err->text, sizeof(err->text), "%s: %s", dir,
		 strerror_r(os_errno, why, sizeof(why)));
	return s;
}

/* Writes "Linux 6.12.1", if the file uname has that version, or "Linux". */
static void name_kernel(const char *dir, char *ret, size_t size)
{
	char path[PATH_MAX], release[40] = "";

	snprintf(path, sizeof(path), "%s/uname", dir);
	FILE *f = fopen(path, "re");
	if (f) {
		if (fscanf(f, "Linux %*s %39s", release) != 1)
			release[0] = '\0';
		fclose(f);
	}
	snprintf(ret, size, "Linux%s%s", release[0] ? " " : "", release);
}

static enum ringmap_status analyse(struct ringmap_trace *trace,
				   struct demo_result *result, const char *dir,
				   struct ringmap_error *err)
{
	struct ringmap_event event;
	char names[PATH_MAX];
	enum ringmap_status s;

	while ((s = ringmap_trace_next(trace, &event)) != RINGMAP_DONE) {
		if (s == RINGMAP_E_CORRUPT)
			result->damaged++;
		else if (s || demo_analysis_add(result->analysis, &event))
			return failed(err, ENOMEM, dir);
	}
	if (demo_analysis_finish(result->analysis))
		return failed(err, ENOMEM, dir);
	snprintf(names, sizeof(names), "%s/saved_cmdlines", dir);
	demo_analysis_name(result->analysis, names);
	return demo_result_take(result, trace, err);
}

static enum ringmap_status analyse_dir(const char *dir,
				       const struct demo_formats *formats,
				       struct ringmap_trace *trace,
				       struct demo_result *result,
				       struct ringmap_error *err)
{
	struct ringmap_ring_info info;
	char kernel[64];
	double before = cpu_seconds();

	ringmap_ring_info(ringmap_trace_ring(trace, 0), &info, sizeof(info));
	result->analysis = demo_analysis_new(formats, info.big_endian);
	if (!result->analysis)
		return failed(err, ENOMEM, dir);
	enum ringmap_status s = analyse(trace, result, dir, err);
	if (s) {
		demo_analysis_free(result->analysis);
		result->analysis = NULL;
		return s;
	}
	result->cpu_s = cpu_seconds() - before;
	name_kernel(dir, kernel, sizeof(kernel));
	snprintf(result->title, sizeof(result->title),
		 "A RECORDING: %.1f s of %zu CPUs, %s",
		 (double)demo_analysis_duration(result->analysis) / 1e9,
		 result->analysis->nr_cpus, kernel);
	return RINGMAP_OK;
}

enum ringmap_status demo_recording(const char *dir,
				   struct demo_formats *formats,
				   struct demo_result *result,
				   struct ringmap_error *err)
{
	struct ringmap_trace *trace;

	*result = (struct demo_result){.live = false};
	enum ringmap_status s = ringmap_trace_open_capture(dir, &trace, err);
	if (s)
		return s;
	int error = demo_formats_load(formats, dir);
	if (error) {
		ringmap_trace_unref(trace);
		return failed(err, error, dir);
	}
	s = analyse_dir(dir, formats, trace, result, err);
	if (s)
		demo_formats_free(formats);
	ringmap_trace_unref(trace);
	return s;
}
