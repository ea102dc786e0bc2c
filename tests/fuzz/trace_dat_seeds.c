/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * trace_dat_seeds.c - makes corpus/trace_dat: one small file of each kind
 *
 *	./bazelw run //tests/fuzz:trace_dat_seeds -- $PWD/tests/fuzz/corpus/trace_dat
 */
#include "tests/support/dat_writer.h"
#include "tests/support/pagegen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char format[] =
	"name: beat\nID: 7\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
	"\tfield:int pulse;\toffset:8;\tsize:4;\tsigned:1;\n"
	"\nprint fmt: \"%d\", REC->pulse\n";

/* Junk would be hard to compress, and to read. */
static void clear_rest(struct rm_generated *g)
{
	size_t used = g->opts.data_offset + g->size;

	memset(g->subbuf + used, 0, g->opts.subbuf_size - used);
}

static void write_seed(const char *dir, const char *name,
		       const struct rm_dat_plan *plan)
{
	struct rm_dat_written *file = rm_dat_write(plan);
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *stream = fopen(path, "we");
	if (!stream ||
	    fwrite(file->bytes, 1, file->size, stream) != file->size ||
	    fclose(stream)) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	rm_dat_written_free(file);
}

static void make(const char *dir, const char *name, struct rm_dat_plan *plan)
{
	static const uint8_t scale[16] = {1, 0, 0, 0, 1};
	const struct ringmap_image_opts shape = {
		.long_size = plan->long_size,
		.big_endian = plan->big_endian,
	};
	struct rm_generated *g =
		rm_generate(&shape, "TS 100; EVENT +1 7:12; EVENT +2 7:12");

	clear_rest(g);
	plan->data_align = 8;
	plan->kallsyms = "ffffffff81000000 T _stext\n";
	plan->printk_formats = "0xffffffff82000000 : \"hello\"\n";
	plan->saved_cmdlines = "1 init\n";
	plan->trace_clock = "[x86-tsc]";
	plan->formats[0] = (struct rm_dat_format){"heart", format};
	plan->formats[1] = (struct rm_dat_format){"ftrace", format};
	plan->nr_formats = 2;
	plan->options[0] = (struct rm_dat_extra){7, "10", 3};
	plan->options[1] = (struct rm_dat_extra){14, scale, 16};
	plan->nr_options = 2;
	for (int i = 0; i < 2; i++)
		plan->buffers[i] = (struct rm_dat_buffer){
			.name = i ? "box" : "",
			.rings = {{g->subbuf, g->opts.subbuf_size, 0}},
			.nr_rings = 1,
		};
	plan->nr_buffers = plan->version == 6 ? 1 : 2;
	write_seed(dir, name, plan);
	rm_generated_free(g);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		struct rm_dat_plan plan;
	} seeds[] = {
		{"v6", {.version = 6}},
		{"v6_big_32",
		 {.version = 6, .big_endian = true, .long_size = 4}},
		{"v7", {.version = 7}},
		{"v7_zlib", {.version = 7, .packing = RM_DAT_ZLIB}},
		{"v7_zstd",
		 {.version = 7,
		  .packing = RM_DAT_ZSTD,
		  .packed_options = true}},
		{"v7_zlib_big",
		 {.version = 7,
		  .packing = RM_DAT_ZLIB,
		  .plain_sections = true,
		  .big_endian = true}},
	};

	if (argc != 2) {
		fprintf(stderr, "usage: trace_dat_seeds DIR\n");
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < sizeof(seeds) / sizeof(*seeds); i++) {
		struct rm_dat_plan plan = seeds[i].plan;

		make(argv[1], seeds[i].name, &plan);
	}
	return EXIT_SUCCESS;
}
