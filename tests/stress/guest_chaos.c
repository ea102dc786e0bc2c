/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * guest_chaos.c - a thread that attacks as only a guest of ours may be attacked
 */
#define _GNU_SOURCE
#include "tests/stress/guest_chaos.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define GET_READER _IO('R', 0x20)

enum {
	PAGE = 4096,
	/* Bytes of text that one read of trace_pipe takes at the most. */
	TEXT = 2000
};

/* The fit goes on for so many times, with so many µs after each of them. */
struct fit {
	uint32_t times;
	uint32_t pause;
};

static struct fit begin_fit(struct guest_chaos *chaos)
{
	struct dice *dice = &chaos->dice;
	struct fit fit = {.times = 1 + dice_below(dice, 1000)};

	fit.pause = dice_one_in(dice, 2) ? 0 : dice_below(dice, 300);
	return fit;
}

static bool goes_on(const struct guest_chaos *chaos, struct fit *fit,
		    bool found)
{
	if (!found)
		usleep(50);
	if (fit->pause)
		usleep(fit->pause);
	return fit->times-- && gate_now(&chaos->attack->gate) == GATE_RUN;
}

/*
 * The ioctl needs a mapping of the ring by anyone, so this one has its own. It
 * may be refused while the kernel changes the size of sub-buffers.
 */
static void get_reader(struct guest_chaos *chaos)
{
	struct fit fit = begin_fit(chaos);
	int fd = rm_rig_open_raw(&chaos->attack->rig, chaos->cpu);
	void *meta = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);

	if (meta == MAP_FAILED && errno != EBUSY)
		err(1, "cannot map the meta page");
	while (meta != MAP_FAILED && goes_on(chaos, &fit, true)) {
		if (ioctl(fd, GET_READER))
			err(1, "GET_READER");
		chaos->stolen++;
	}
	if (meta != MAP_FAILED)
		munmap(meta, PAGE);
	close(fd);
}

static void read_pipe(struct guest_chaos *chaos)
{
	struct fit fit = begin_fit(chaos);
	char path[256], text[TEXT];
	bool found;

	snprintf(path, sizeof(path),
		 "/sys/kernel/tracing/instances/%s/per_cpu/cpu%u/trace_pipe",
		 ringmap_session_instance(chaos->attack->rig.session),
		 chaos->cpu);
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		err(1, "cannot open %s", path);
	do {
		ssize_t got =
			read(fd, text, 1 + dice_below(&chaos->dice, TEXT));

		if (got < 0 && errno != EAGAIN && errno != EINTR)
			err(1, "cannot read %s", path);
		found = got > 0;
		chaos->stolen += found;
	} while (goes_on(chaos, &fit, found));
	close(fd);
}

/*
 * Empties the rings, too. While a ring is mapped the kernel refuses. Kernels
 * whose sub-buffers have one page do not have the file.
 */
static void change_subbuf(struct guest_chaos *chaos)
{
	static const char *const sizes_kb[] = {"4", "8", "16"};
	struct attack *attack = chaos->attack;

	atomic_fetch_add(&attack->resets, 1);
	int error = rm_rig_put(&attack->rig, "buffer_subbuf_size_kb",
			       sizes_kb[dice_below(&chaos->dice, 3)]);
	if (error && error != EBUSY && error != ENOENT)
		errx(1, "cannot change the size of sub-buffers: %s",
		     strerror(error));
	if (error)
		atomic_fetch_sub(&attack->resets, 1);
	else
		chaos->resized++;
}

static void act(struct guest_chaos *chaos)
{
	switch (chaos->attacker) {
	case ATTACK_GET_READER:
		get_reader(chaos);
		break;
	case ATTACK_PIPE:
		read_pipe(chaos);
		break;
	case ATTACK_SUBBUF:
		change_subbuf(chaos);
		break;
	}
	usleep(dice_below(&chaos->dice, 10000));
}

static void *run(void *argument)
{
	struct guest_chaos *chaos = argument;
	struct gate *gate = &chaos->attack->gate;
	enum gate_phase phase;

	while ((phase = gate_now(gate)) != GATE_END) {
		if (phase == GATE_CALM)
			gate_arrive(gate, phase);
		else if (phase == GATE_REST)
			gate_leave(gate, phase);
		else
			act(chaos);
	}
	return NULL;
}

void guest_chaos_start(struct guest_chaos *chaos, struct attack *attack,
		       uint32_t attacker, uint32_t cpu, uint32_t number)
{
	const struct attack_plan *plan = &attack->plan;

	*chaos = (struct guest_chaos){
		.attack = attack,
		.attacker = attacker,
		.cpu = cpu,
		.dice = dice_of(plan->seed,
				(uint64_t)plan->number << 8 | number),
	};
	if (pthread_create(&chaos->thread, NULL, run, chaos))
		errx(1, "cannot start a thread");
}

void guest_chaos_join(struct guest_chaos *chaos)
{
	pthread_join(chaos->thread, NULL);
}
