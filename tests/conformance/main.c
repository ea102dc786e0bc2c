/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * main.c - runs the contract against one backend
 *
 * usage: conformance sim|image|live [--list]
 */
#include "tests/conformance/cases.h"
#include "tests/conformance/stage.h"

enum {
	MOST_CASES = 100
};

static const struct backend *const backends[] = {&backend_sim, &backend_image,
						 &backend_live};

static size_t (*const suites[])(const TTest **) = {
	cases_reading,  cases_loss,    cases_ring,
	cases_snapshot, cases_opening, cases_tables};

int main(int argc, char **argv)
{
	const TTest *cases[MOST_CASES];
	bool list = argc == 3 && !strcmp(argv[2], "--list");
	size_t count = 0;

	for (size_t i = 0; i < sizeof(backends) / sizeof(*backends); i++)
		if (argc == 2 + list && !strcmp(argv[1], backends[i]->name))
			stage_backend = backends[i];
	if (!stage_backend) {
		fprintf(stderr, "usage: %s sim|image|live [--list]\n", argv[0]);
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < sizeof(suites) / sizeof(*suites); i++)
		count += suites[i](cases + count);
	for (size_t i = 0; list && i < count; i++)
		puts(cases[i]->name);
	if (list)
		return EXIT_SUCCESS;
	printf("# backend: %s\n", stage_backend->name);
	return rm_check_main(cases, count);
}
