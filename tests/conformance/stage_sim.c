/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * stage_sim.c - on the simulated kernel, and on what it gave to read(2)
 */
#include "tests/conformance/stage.h"
#include "tests/support/simring.h"

enum {
	SUBBUF = 4096
};

struct sim_stage {
	struct stage base;
	struct simring *sim;
	uint8_t *image; /* recorded: what the latest ring was opened on */
};

static struct stage *sim_make(const struct stage_opts *opts)
{
	struct sim_stage *s = calloc(1, sizeof(*s));
	const struct simring_opts so = {
		.nr_subbufs = opts->subbufs,
		.overwrite_off = opts->overwrite_off,
		.coarse = opts->coarse_clock ? 1000000 : 0,
		.newer_meta = true,
		.threads = true,
	};

	ck_assert_ptr_nonnull(s);
	s->sim = simring_new(&so);
	return &s->base;
}

static void sim_end(struct stage *stage)
{
	struct sim_stage *s = (struct sim_stage *)stage;

	simring_free(s->sim);
	free(s->image);
	free(s);
}

static enum ringmap_status sim_open(struct stage *stage,
				    const struct ringmap_ring_opts *opts,
				    struct ringmap_ring **ret,
				    struct ringmap_error *err)
{
	struct sim_stage *s = (struct sim_stage *)stage;

	return simring_open(s->sim, opts, ret, err);
}

/* Writes one event. The simulated kernel numbers events by itself, from 0. */
static uint64_t sim_write(struct stage *stage, uint64_t number, uint64_t count)
{
	struct sim_stage *s = (struct sim_stage *)stage;

	(void)number;
	(void)count;
	return simring_write(s->sim, stage->event_size);
}

static void sim_reset(struct stage *stage)
{
	simring_reset(((struct sim_stage *)stage)->sim);
}

static bool sim_steal(struct stage *stage)
{
	return simring_read(((struct sim_stage *)stage)->sim, NULL) > 0;
}

const struct backend backend_sim = {
	.name = "sim",
	.make = sim_make,
	.end = sim_end,
	.open = sim_open,
	.write = sim_write,
	.reset = sim_reset,
	.steal = sim_steal,
};

/* Records all that is there, as cat trace_pipe_raw would. */
static enum ringmap_status image_open(struct stage *stage,
				      const struct ringmap_ring_opts *opts,
				      struct ringmap_ring **ret,
				      struct ringmap_error *err)
{
	struct sim_stage *s = (struct sim_stage *)stage;
	struct ringmap_image_opts shape = simring_shape();
	size_t size = 0;
	ssize_t n;

	do {
		s->image = realloc(s->image, size + SUBBUF);
		ck_assert_ptr_nonnull(s->image);
		n = simring_read(s->sim, s->image + size);
		size += n > 0 ? SUBBUF : 0;
	} while (n > 0);
	shape.cpu = opts->cpu;
	return ringmap_ring_open_image(s->image, size, &shape, ret, err);
}

const struct backend backend_image = {
	.name = "image",
	.recorded = true,
	.make = sim_make,
	.end = sim_end,
	.open = image_open,
	.write = sim_write,
};
