/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * stage_live.h - what only a stage on the running kernel has
 */
#ifndef RM_STAGE_LIVE_H
#define RM_STAGE_LIVE_H

#include "tests/conformance/stage.h"

#define LIVE_TRACEFS "/sys/kernel/tracing"

enum {
	LIVE_CPU = 0
};

/* The name of its instance. */
const char *stage_live_instance(const struct stage *stage);

/* Its trace_pipe_raw, non-blocking; -1. */
int stage_live_open_raw(const struct stage *stage);

#endif
