/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * campaign.c - an instance, those who read it and those who attack it
 */
#include "tests/stress/campaign.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "tests/stress/chaos.h"
#include "tests/stress/guest_chaos.h"
#include "tests/stress/thief.h"

enum {
	SEATS = 4,
	THIEVES = 4,
	GUESTS = 5,
	/* Streams of dice: seats come first. */
	STREAM_PLAN = 32,
	STREAM_CHAOS,
	STREAM_THIEVES,
	STREAM_GUESTS = STREAM_THIEVES + THIEVES,
};

struct campaign {
	struct attack attack;
	struct seat seats[SEATS];
	uint32_t nr_seats;
	struct thief thieves[THIEVES];
	uint32_t nr_thieves;
	struct chaos chaos;
	struct guest_chaos guests[GUESTS];
	uint32_t nr_guests;
};

static struct attack_plan make_plan(const struct campaign_opts *opts,
				    uint32_t number, struct dice *dice)
{
	static const uint64_t sizes_kb[] = {64, 128, 256, 1024};
	static const uint64_t rates[] = {0, 0, 200000, 30000};
	struct attack_plan plan = {
		.seed = opts->seed,
		.number = number,
		.mutant = opts->mutant,
		.guest = opts->guest,
		.at_rest = opts->at_rest,
	};

	plan.rings = 1 + dice_below(dice, 2);
	plan.writers = plan.rings * (1 + dice_below(dice, 2));
	plan.ring_kb = sizes_kb[dice_below(dice, 4)];
	plan.size = 28 + 4 * dice_below(dice, dice_one_in(dice, 4) ? 100 : 10);
	plan.texts = dice_below(dice, 16);
	plan.rate = rates[dice_below(dice, 4)];
	if (dice_one_in(dice, 4))
		plan.interrupted = 40 + dice_below(dice, 200);
	/* Few at once at times: some faults hide behind other losses. */
	plan.attackers = (uint32_t)dice_next(dice);
	if (dice_one_in(dice, 2))
		plan.attackers &= (uint32_t)dice_next(dice);
	plan.attackers &= opts->attackers;
	plan.rounds = 5 + dice_below(dice, 15);
	if (plan.attackers & ATTACK_SUBBUF && dice_one_in(dice, 2)) {
		plan.unmapped = true;
		plan.attackers &= ~(uint32_t)ATTACK_GET_READER;
	}
	if (plan.attackers & ATTACK_GET_READER)
		plan.attackers &= ~(uint32_t)ATTACK_PIPE;
	return plan;
}

static void open_rig(struct attack *attack)
{
	const struct attack_plan *plan = &attack->plan;
	uint32_t cpus[2];
	char instance[64];
	struct rm_rig_opts opts = {
		.rings = plan->rings,
		.writers = plan->writers,
		.rate = plan->rate,
		.ring_kb = plan->ring_kb,
		.instance = instance,
		.also = plan->interrupted ? "timer" : NULL,
		.marker = plan->size,
		.texts = plan->texts,
		.interrupted = plan->interrupted,
	};

	snprintf(instance, sizeof(instance), "ringmap_attack_%d_%u",
		 (int)getpid(), plan->number);
	if (rm_rig_cpus(cpus, 2) < 2)
		errx(1, "the writers need two CPUs");
	opts.cpu = cpus[0];
	opts.cpu2 = cpus[1];
	rm_rig_open(&attack->rig, &opts);
	attack->raw_type = rm_rig_event_type("ftrace/raw_data");
	attack->text_type = rm_rig_event_type("ftrace/print");
	gate_init(&attack->gate);
}

static void sit_down(struct campaign *campaign, enum seat_role role,
		     uint32_t cpu, FILE *log)
{
	struct attack *attack = &campaign->attack;
	uint32_t number = campaign->nr_seats++;
	bool alone = !(attack->plan.attackers & ATTACK_THIEVES);

	seat_start(&campaign->seats[number], attack, role, cpu, alone, number,
		   log);
}

/*
 * Followers need nobody's leave. Of those who consume there is one for each
 * ring at most: two of them share the kernel's reader sub-buffer.
 */
static void take_seats(struct campaign *campaign, struct dice *dice, FILE *log)
{
	struct attack *attack = &campaign->attack;
	const struct rm_rig *rig = &attack->rig;
	uint32_t consumers = attack->plan.attackers & ATTACK_CONSUME
				     ? 1 + dice_below(dice, 2)
				     : 0;

	if (attack->plan.unmapped)
		consumers = 1 + dice_below(dice, 2);
	for (uint32_t i = 0; i < rig->rings && !attack->plan.unmapped; i++)
		sit_down(campaign, SEAT_FOLLOWER, rm_rig_cpu_of(rig, i), log);
	if (consumers == 1)
		for (uint32_t i = 0; i < rig->rings; i++)
			sit_down(campaign, SEAT_CONSUMER, rm_rig_cpu_of(rig, i),
				 log);
	else if (consumers == 2)
		sit_down(campaign, SEAT_TRACE_CONSUMER, 0, log);
	if (campaign->nr_seats < SEATS && !attack->plan.unmapped)
		sit_down(campaign, SEAT_TRACE, 0, log);
}

static void add_thief(struct campaign *campaign, uint32_t cpu, bool splices)
{
	uint32_t number = campaign->nr_thieves++;

	thief_start(&campaign->thieves[number], &campaign->attack, cpu, splices,
		    STREAM_THIEVES + number);
}

static void add_guest(struct campaign *campaign, uint32_t attacker,
		      uint32_t cpu)
{
	uint32_t number = campaign->nr_guests++;

	guest_chaos_start(&campaign->guests[number], &campaign->attack,
			  attacker, cpu, STREAM_GUESTS + number);
}

static void let_guests_attack(struct campaign *campaign)
{
	const struct attack *attack = &campaign->attack;
	uint32_t attackers = attack->plan.attackers;

	for (uint32_t i = 0; i < attack->rig.rings; i++) {
		uint32_t cpu = rm_rig_cpu_of(&attack->rig, i);

		if (attackers & ATTACK_GET_READER)
			add_guest(campaign, ATTACK_GET_READER, cpu);
		if (attackers & ATTACK_PIPE)
			add_guest(campaign, ATTACK_PIPE, cpu);
	}
	if (attackers & ATTACK_SUBBUF)
		add_guest(campaign, ATTACK_SUBBUF, 0);
}

static void let_attack(struct campaign *campaign)
{
	struct attack *attack = &campaign->attack;

	for (uint32_t i = 0; i < attack->rig.rings; i++) {
		uint32_t cpu = rm_rig_cpu_of(&attack->rig, i);

		if (attack->plan.attackers & ATTACK_READ)
			add_thief(campaign, cpu, false);
		if (attack->plan.attackers & ATTACK_SPLICE)
			add_thief(campaign, cpu, true);
	}
	let_guests_attack(campaign);
	chaos_start(&campaign->chaos, attack, campaign->seats,
		    campaign->nr_seats, STREAM_CHAOS);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void one_round(struct campaign *campaign, struct dice *dice)
{
	struct attack *attack = &campaign->attack;

	rm_rig_go(&attack->rig, RM_LOAD_FOREVER);
	gate_open(&attack->gate, GATE_RUN);
	usleep(10000 + dice_below(dice, 150000));
	gate_open(&attack->gate, GATE_CALM);
	gate_await(&attack->gate,
		   campaign->nr_thieves + campaign->nr_guests + 1);
	rm_rig_halt(&attack->rig);
	rm_rig_wait(&attack->rig);
	gate_open(&attack->gate, GATE_REST);
	gate_await(&attack->gate, campaign->nr_seats);
}

static void add_judged(struct judge_counts *sum, const struct judge_counts *one)
{
	for (int i = 0; i < JUDGE_KINDS; i++)
		sum->found[i] += one->found[i];
	sum->seen += one->seen;
	sum->others += one->others;
	sum->losses += one->losses;
	sum->unknown += one->unknown;
	sum->exact += one->exact;
	sum->rests += one->rests;
	sum->excused += one->excused;
}

static void add_seat(struct campaign_counts *sum, const struct seat *seat)
{
	for (uint32_t i = 0; i < seat->nr_judges; i++)
		add_judged(&sum->judged, &seat->judges[i].counts);
	sum->seats.lives += seat->counts.lives;
	sum->seats.refused += seat->counts.refused;
	sum->seats.overwritten += seat->counts.overwritten;
	sum->seats.ended += seat->counts.ended;
	sum->seats.interrupted += seat->counts.interrupted;
	sum->seats.stopped += seat->counts.stopped;
}

static void finish(struct campaign *campaign, struct campaign_counts *ret)
{
	struct attack *attack = &campaign->attack;

	gate_open(&attack->gate, GATE_END);
	for (uint32_t i = 0; i < campaign->nr_thieves; i++) {
		thief_join(&campaign->thieves[i]);
		ret->stolen += campaign->thieves[i].stolen;
	}
	for (uint32_t i = 0; i < campaign->nr_guests; i++) {
		guest_chaos_join(&campaign->guests[i]);
		ret->stolen += campaign->guests[i].stolen;
		ret->resized += campaign->guests[i].resized;
	}
	chaos_join(&campaign->chaos);
	for (uint32_t i = 0; i < campaign->nr_seats; i++) {
		seat_join(&campaign->seats[i]);
		add_seat(ret, &campaign->seats[i]);
	}
	for (uint32_t i = 0; i < attack->rig.writers; i++)
		ret->written += rm_load_written(attack->rig.loads[i]);
	ret->acts += atomic_load(&attack->acts);
	ret->instances++;
	rm_rig_close(&attack->rig);
}

static uint64_t found(const struct campaign_counts *counts)
{
	uint64_t sum = 0;

	for (int i = 0; i < JUDGE_KINDS; i++)
		sum += counts->judged.found[i];
	return sum;
}

static void describe(const struct attack_plan *plan, FILE *log)
{
	fprintf(log,
		"# %" PRIu64 ".%u was: %u rings of %" PRIu64
		" KiB, %u writers of %u bytes, rate %" PRIu64
		", interrupted every %u us, attackers 0x%x%s\n",
		plan->seed, plan->number, plan->rings, plan->ring_kb,
		plan->writers, plan->size, plan->rate, plan->interrupted,
		plan->attackers, plan->unmapped ? ", unmapped" : "");
}

void campaign_run(const struct campaign_opts *opts, uint32_t number,
		  uint64_t end_ns, struct campaign_counts *ret)
{
	static struct campaign campaign;
	uint64_t before = found(ret);
	struct dice dice =
		dice_of(opts->seed, (uint64_t)number << 8 | STREAM_PLAN);

	campaign = (struct campaign){.attack.plan =
					     make_plan(opts, number, &dice)};
	open_rig(&campaign.attack);
	take_seats(&campaign, &dice, opts->log);
	let_attack(&campaign);
	/* Whoever opens now opens at rest. */
	gate_await(&campaign.attack.gate, campaign.nr_seats);
	for (uint32_t i = 0;
	     i < campaign.attack.plan.rounds && now_ns() < end_ns; i++) {
		one_round(&campaign, &dice);
		ret->rounds++;
	}
	finish(&campaign, ret);
	if (opts->log && found(ret) != before)
		describe(&campaign.attack.plan, opts->log);
}
