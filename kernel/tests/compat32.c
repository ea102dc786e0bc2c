// SPDX-License-Identifier: GPL-2.0-only
/*
 * compat32.c - a process of 32 bits that maps a ring
 *
 * usage: compat32, with the ring's trace_pipe_raw on descriptor 3
 *
 * Linked with nothing, so that it needs no C library of 32 bits. Writes what it
 * found to descriptor 1; compat.c says what that is to be.
 */
#include <stdint.h>

enum {
	SYS_EXIT = 1,
	SYS_WRITE = 4,
	SYS_IOCTL = 54,
	SYS_MPROTECT = 125,
	SYS_MUNMAP = 91,
	RING = 3,
	PAGE = 4096,
	PROT_READ = 1,
	PROT_WRITE = 2,
	MAP_SHARED = 1,
	MAP_PRIVATE = 2,
	GET_READER = 0x5220,
};

/* Results of the calls, as the kernel gives them: negative ones are errnos. */
struct found {
	int32_t map; /* 0 or an error */
	int32_t write_map;
	int32_t private_map;
	int32_t beyond_map;
	int32_t get_reader;
	int32_t unknown_ioctl;
	int32_t writable;
	int32_t unmap;
	uint32_t meta_struct_len;
	uint32_t subbufs;
	uint32_t commit; /* of sub-buffer 1 */
};

static int32_t call3(int32_t number, uint32_t a, uint32_t b, uint32_t c)
{
	int32_t ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(number), "b"(a), "c"(b), "d"(c)
			 : "memory");
	return ret;
}

/* Six arguments: the last one is in %ebp, which the compiler uses itself. */
static int32_t map(uint32_t size, uint32_t prot, uint32_t flags, uint32_t page)
{
	uint32_t args[6] = {0, size, prot, flags, RING, page};
	int32_t ret;

	__asm__ volatile("push %%ebp\n\t"
			 "push %%ebx\n\t"
			 "mov 0(%%eax), %%ebx\n\t"
			 "mov 4(%%eax), %%ecx\n\t"
			 "mov 8(%%eax), %%edx\n\t"
			 "mov 12(%%eax), %%esi\n\t"
			 "mov 16(%%eax), %%edi\n\t"
			 "mov 20(%%eax), %%ebp\n\t"
			 "mov $192, %%eax\n\t"
			 "int $0x80\n\t"
			 "pop %%ebx\n\t"
			 "pop %%ebp"
			 : "=a"(ret)
			 : "a"(args)
			 : "ecx", "edx", "esi", "edi", "memory");
	return ret;
}

/* Errors are the last page of addresses. */
static int32_t error_of(int32_t ret)
{
	return (uint32_t)ret > 0xfffff000u ? ret : 0;
}

static void look(struct found *found)
{
	int32_t ret = map(PAGE, PROT_READ, MAP_SHARED, 0);

	found->map = error_of(ret);
	if (found->map)
		return;
	const uint32_t *meta = (const uint32_t *)ret;
	found->meta_struct_len = meta[1];
	found->subbufs = meta[3];
	found->write_map =
		error_of(map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0));
	found->private_map = error_of(map(PAGE, PROT_READ, MAP_PRIVATE, 0));
	found->beyond_map =
		error_of(map(PAGE, PROT_READ, MAP_SHARED, found->subbufs + 1));
	found->get_reader = call3(SYS_IOCTL, RING, GET_READER, 0);
	found->unknown_ioctl = call3(SYS_IOCTL, RING, GET_READER + 1, 0);
	found->writable = call3(SYS_MPROTECT, (uint32_t)ret, PAGE,
				PROT_READ | PROT_WRITE);
	int32_t data = map(PAGE, PROT_READ, MAP_SHARED, 2);
	if (!error_of(data))
		found->commit = ((const uint32_t *)data)[2];
	found->unmap = call3(SYS_MUNMAP, (uint32_t)ret, PAGE, 0);
}

void _start(void);

void _start(void)
{
	struct found found = {0};

	look(&found);
	call3(SYS_WRITE, 1, (uint32_t)&found, sizeof(found));
	call3(SYS_EXIT, 0, 0, 0);
	__builtin_unreachable();
}
