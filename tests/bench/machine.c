/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * machine.c - what this machine and this library are
 */
#include "tests/bench/machine.h"

#include <ringmap/ringmap.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

struct machine {
	char cpu[128];
	char library[32];
	struct utsname kernel;
	long cpus;
	long memory_mb;
};

/* Some architectures give their processors no name there. */
static void find_cpu_name(struct machine *machine)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];

	snprintf(machine->cpu, sizeof(machine->cpu), "%s",
		 machine->kernel.machine);
	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "model name : %127[^\n]", machine->cpu) == 1)
			break;
	fclose(file);
}

static struct machine look(void)
{
	struct machine machine;
	uint32_t version = ringmap_version();

	uname(&machine.kernel);
	find_cpu_name(&machine);
	machine.cpus = sysconf(_SC_NPROCESSORS_ONLN);
	machine.memory_mb =
		sysconf(_SC_PHYS_PAGES) / (1024 * 1024 / sysconf(_SC_PAGESIZE));
	snprintf(machine.library, sizeof(machine.library), "%u.%u.%u",
		 version >> 16, version >> 8 & 0xff, version & 0xff);
	return machine;
}

static void print_string(FILE *file, const char *text)
{
	fputc('"', file);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(file, "\\%c", c);
		else if (c < 0x20)
			fprintf(file, "\\u%04x", c);
		else
			fputc(c, file);
	}
	fputc('"', file);
}

void machine_print(FILE *file)
{
	struct machine machine = look();

	fprintf(file, "%s, %ld CPUs, %ld MB, Linux %s, ringmap %s\n",
		machine.cpu, machine.cpus, machine.memory_mb,
		machine.kernel.release, machine.library);
}

void machine_print_json(FILE *file)
{
	struct machine machine = look();

	fputs("{\"cpu\": ", file);
	print_string(file, machine.cpu);
	fputs(", \"kernel\": ", file);
	print_string(file, machine.kernel.release);
	fprintf(file, ", \"cpus\": %ld, \"memory_mb\": %ld, \"library\": ",
		machine.cpus, machine.memory_mb);
	print_string(file, machine.library);
	fputc('}', file);
}
