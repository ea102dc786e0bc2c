/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * pagegen.c - sub-buffers written from a readable script
 */
#define _GNU_SOURCE
#include "tests/support/pagegen.h"

#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	SHORT_MAX = 28 * 4, /* type_len counts words */
	TYPE_PADDING = 29,
	TYPE_EXTEND = 30,
	TYPE_STAMP = 31,
	DELTA_BITS = 27,
	STAMP_BITS = 59,
};

#define DELTA_MAX ((UINT32_C(1) << DELTA_BITS) - 1)
#define FLAG_LOST (UINT32_C(1) << 31)
#define FLAG_STORED (UINT32_C(1) << 30)

struct generator {
	struct rm_generated *out;
	const char *script;
	const char *at; /* what of the script is left */
	uint32_t pos;   /* bytes of data written */
	uint64_t now;
	uint32_t flags;
	uint32_t high;
	uint64_t stored;  /* count behind the data */
	uint32_t claimed; /* by COMMIT */
	bool has_stored;
	bool has_claim;
	bool ended; /* no decoder goes on from here */
};

/* ---- the script --------------------------------------------------------- */

static void wrong(const struct generator *g, const char *what)
{
	errx(EXIT_FAILURE, "script \"%s\": %s, at \"%.20s\"", g->script, what,
	     g->at);
}

static void skip_blanks(struct generator *g)
{
	g->at += strspn(g->at, " \t\n");
}

static bool accept(struct generator *g, char c)
{
	skip_blanks(g);
	if (*g->at != c)
		return false;
	g->at++;
	return true;
}

static uint64_t number(struct generator *g)
{
	char *end;

	skip_blanks(g);
	uint64_t n = strtoull(g->at, &end, 0);
	if (end == g->at || *g->at == '-' || *g->at == '+')
		wrong(g, "a number is missing");
	g->at = end;
	return n;
}

static uint32_t small_number(struct generator *g)
{
	uint64_t n = number(g);

	if (n > UINT32_MAX)
		wrong(g, "the number before this has over 32 bits");
	return (uint32_t)n;
}

static uint32_t delta(struct generator *g, uint32_t if_none)
{
	if (!accept(g, '+'))
		return if_none;
	uint32_t d = small_number(g);
	if (d > DELTA_MAX)
		wrong(g, "the delta before this has over 27 bits");
	return d;
}

/* ---- bytes -------------------------------------------------------------- */

static void put(const struct generator *g, uint8_t *at, uint64_t value,
		uint32_t size)
{
	for (uint32_t i = 0; i < size; i++) {
		uint32_t byte = g->out->opts.big_endian ? size - 1 - i : i;

		at[i] = (uint8_t)(value >> 8 * byte);
	}
}

static uint8_t *data_at(const struct generator *g, uint32_t pos)
{
	return g->out->subbuf + g->out->opts.data_offset + pos;
}

static uint32_t capacity(const struct generator *g)
{
	return g->out->opts.subbuf_size - g->out->opts.data_offset;
}

static uint8_t *take(struct generator *g, uint32_t size)
{
	if (size > capacity(g) - g->pos)
		wrong(g, "the sub-buffer is full");
	uint8_t *at = data_at(g, g->pos);
	g->pos += size;
	return at;
}

static void put_word(struct generator *g, uint32_t word)
{
	put(g, take(g, 4), word, 4);
}

static void put_header(struct generator *g, uint32_t type, uint32_t time)
{
	if (g->out->opts.big_endian)
		put_word(g, type << DELTA_BITS | time);
	else
		put_word(g, time << 5 | type);
}

/* ---- events ------------------------------------------------------------- */

/* A payload as the script gives it; text is NULL for a generated one. */
struct payload {
	const char *text;
	uint32_t size; /* filled up */
	uint32_t used; /* of text */
	uint16_t id;
	bool has_id;
};

static struct payload payload(struct generator *g)
{
	struct payload p = {.text = NULL};

	if (accept(g, '\'')) {
		const char *end = strchr(g->at, '\'');

		if (!end)
			wrong(g, "the text does not end");
		p.text = g->at;
		p.used = (uint32_t)(end - g->at);
		g->at = end + 1;
	} else {
		p.used = small_number(g);
		if (accept(g, ':')) {
			p.has_id = true;
			p.id = (uint16_t)p.used;
			p.used = small_number(g);
		}
	}
	p.size = (p.used + 3) & ~UINT32_C(3);
	return p;
}

static uint16_t first_two(const struct generator *g, const uint8_t *at)
{
	unsigned int high = g->out->opts.big_endian ? at[0] : at[1];
	unsigned int low = g->out->opts.big_endian ? at[1] : at[0];

	return (uint16_t)(high << 8 | low);
}

static void put_payload(struct generator *g, const struct payload *p)
{
	uint32_t offset = g->pos;
	uint8_t *at = take(g, p->size);

	for (uint32_t i = 0; i < p->size; i++)
		at[i] = (uint8_t)(0x40 + i);
	if (p->text) {
		memset(at, 0, p->size);
		memcpy(at, p->text, p->used);
	}
	if (p->has_id)
		put(g, at, p->id, 2);
	if (g->ended)
		return;
	g->out->events[g->out->count++] = (struct rm_expected){
		.ts = g->now,
		.offset = offset,
		.size = p->size,
		.id = p->size ? first_two(g, at) : 0,
	};
}

static void do_event(struct generator *g)
{
	uint32_t d = delta(g, 0);
	struct payload p = payload(g);

	if (!p.size || p.size > SHORT_MAX)
		wrong(g, "a short event has 1 to 112 bytes");
	g->now += d;
	put_header(g, p.size / 4, d);
	put_payload(g, &p);
}

static void do_long(struct generator *g)
{
	uint32_t d = delta(g, 0);
	struct payload p = payload(g);

	g->now += d;
	put_header(g, 0, d);
	put_word(g, p.size + 4);
	put_payload(g, &p);
}

static void put_padding(struct generator *g, uint32_t d, uint32_t total)
{
	if (!d || total < 8 || total % 4)
		wrong(g, "padding has a delta and 8 bytes, or more by fours");
	put_header(g, TYPE_PADDING, d);
	put_word(g, total - 4);
	memset(take(g, total - 8), RM_PAGEGEN_JUNK, total - 8);
	/* 1 stands for 0, which would be a null padding. */
	g->now += d == 1 ? 0 : d;
}

static void do_padding(struct generator *g)
{
	uint32_t d = delta(g, 1);

	put_padding(g, d, small_number(g));
}

static void do_null_padding(struct generator *g)
{
	put_header(g, TYPE_PADDING, 0);
	g->ended = true;
}

static void put_time(struct generator *g, uint32_t type, uint64_t time)
{
	if (time >> STAMP_BITS)
		wrong(g, "a time has at most 59 bits");
	put_header(g, type, (uint32_t)time & DELTA_MAX);
	put_word(g, (uint32_t)(time >> DELTA_BITS));
}

static void do_extend(struct generator *g)
{
	uint64_t n = number(g);

	put_time(g, TYPE_EXTEND, n);
	g->now += n;
}

static void do_stamp(struct generator *g)
{
	g->now = number(g);
	put_time(g, TYPE_STAMP, g->now & ((UINT64_C(1) << STAMP_BITS) - 1));
}

static void do_rest(struct generator *g)
{
	uint32_t room = capacity(g) - g->pos;

	if (room >= 8) {
		put_padding(g, 1, room);
	} else if (room == 4) {
		/* Behind what is committed. */
		do_null_padding(g);
		g->pos -= 4;
	}
}

static void do_header(struct generator *g)
{
	uint32_t type = small_number(g);

	if (type > TYPE_STAMP)
		wrong(g, "a type has 5 bits");
	put_header(g, type, delta(g, 0));
	g->ended = true;
}

static void do_raw(struct generator *g)
{
	put_word(g, (uint32_t)number(g));
	g->ended = true;
}

/* ---- the header --------------------------------------------------------- */

static void do_ts(struct generator *g)
{
	g->now = number(g);
	put(g, g->out->subbuf, g->now, 8);
}

static void do_lost(struct generator *g)
{
	g->flags |= FLAG_LOST;
	if (accept(g, '?'))
		return;
	g->flags |= FLAG_STORED;
	g->stored = number(g);
	g->has_stored = true;
}

static void do_flags(struct generator *g)
{
	g->flags |= small_number(g);
}

static void do_high(struct generator *g)
{
	g->high |= small_number(g);
}

static void do_commit(struct generator *g)
{
	g->claimed = small_number(g);
	g->has_claim = true;
}

/* The kernel stores -1 where it does not know, and never 0. */
static uint64_t expected_loss(const struct generator *g)
{
	uint64_t unknown =
		g->out->opts.long_size == 8 ? UINT64_MAX : UINT32_MAX;

	if (!(g->flags & FLAG_LOST))
		return 0;
	if (!g->has_stored || !g->stored || g->stored == unknown)
		return RINGMAP_LOST_UNKNOWN;
	return g->stored;
}

static void put_commit(struct generator *g)
{
	const struct ringmap_image_opts *o = &g->out->opts;
	uint32_t low = (g->has_claim ? g->claimed : g->pos) | g->flags;
	uint32_t size = g->pos;

	if (o->long_size == 8)
		put(g, g->out->subbuf + 8, (uint64_t)g->high << 32 | low, 8);
	else
		put(g, g->out->subbuf + 8, low, 4);
	if (g->has_stored)
		put(g, take(g, o->long_size), g->stored, o->long_size);
	g->out->size = g->has_claim ? g->claimed : size;
	g->out->lost = expected_loss(g);
	if (g->out->count)
		g->out->events[0].lost = g->out->lost;
}

/* ---- all of it ----------------------------------------------------------- */

static const struct statement {
	const char *name;
	void (*run)(struct generator *g);
} statements[] = {
	{"TS", do_ts},           {"EVENT", do_event},
	{"LONG", do_long},       {"PAD", do_padding},
	{"DISCARD", do_padding}, {"NULLPAD", do_null_padding},
	{"EXTEND", do_extend},   {"STAMP", do_stamp},
	{"REST", do_rest},       {"HEADER", do_header},
	{"RAW", do_raw},         {"LOST", do_lost},
	{"FLAGS", do_flags},     {"HIGH", do_high},
	{"COMMIT", do_commit},
};

static void run_statement(struct generator *g)
{
	size_t len = strcspn(g->at, " \t\n;");

	for (size_t i = 0; i < sizeof(statements) / sizeof(*statements); i++) {
		const struct statement *s = &statements[i];

		if (strlen(s->name) != len || strncmp(s->name, g->at, len) != 0)
			continue;
		g->at += len;
		s->run(g);
		return;
	}
	wrong(g, "no such statement");
}

static struct ringmap_image_opts fill_in(const struct ringmap_image_opts *shape)
{
	struct ringmap_image_opts o = {.sz = 0};

	if (shape)
		o = *shape;
	o.sz = sizeof(o);
	if (!o.subbuf_size)
		o.subbuf_size = 4096;
	if (!o.long_size)
		o.long_size = 8;
	if (!o.data_offset)
		o.data_offset = 8 + o.long_size;
	return o;
}

/* Memory whose end is guarded. */
static void map_subbuf(struct rm_generated *out)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t used = (out->opts.subbuf_size + page - 1) / page * page;

	out->mapping_size = used + page;
	out->mapping = mmap(NULL, out->mapping_size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (out->mapping == MAP_FAILED)
		err(EXIT_FAILURE, "no memory for a sub-buffer");
	uint8_t *guard = (uint8_t *)out->mapping + used;
	if (mprotect(guard, page, PROT_NONE))
		err(EXIT_FAILURE, "no guard page");
	out->subbuf = guard - out->opts.subbuf_size;
	memset(out->subbuf, RM_PAGEGEN_JUNK, out->opts.subbuf_size);
	memset(out->subbuf, 0, out->opts.data_offset);
}

struct rm_generated *rm_generate(const struct ringmap_image_opts *shape,
				 const char *script)
{
	struct rm_generated *out = calloc(1, sizeof(*out));

	if (!out)
		err(EXIT_FAILURE, "no memory");
	out->opts = fill_in(shape);
	/* No event is smaller than 8 bytes. */
	out->events =
		calloc(out->opts.subbuf_size / 8 + 1, sizeof(*out->events));
	if (!out->events)
		err(EXIT_FAILURE, "no memory");
	map_subbuf(out);
	struct generator g = {.out = out, .script = script, .at = script};
	for (skip_blanks(&g); *g.at; skip_blanks(&g)) {
		run_statement(&g);
		if (!accept(&g, ';') && *g.at)
			wrong(&g, "a statement goes on too long");
	}
	put_commit(&g);
	return out;
}

void rm_generated_free(struct rm_generated *generated)
{
	if (!generated)
		return;
	munmap(generated->mapping, generated->mapping_size);
	free(generated->events);
	free(generated);
}
