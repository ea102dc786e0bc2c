/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * core_user.c - counts the events of a raw capture, with the libc-only core
 *
 * usage: core_user trace_pipe_raw
 */
#include <ringmap/ringmap.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "core_user: %s: %s\n", what, why);
	return 1;
}

int main(int argc, char **argv)
{
	const struct ringmap_image_opts opts = {
		.sz = sizeof(opts),
		.subbuf_size = 4096,
	};
	struct ringmap_ring *ring;
	struct ringmap_page page;
	struct ringmap_event event;
	struct ringmap_error err;
	unsigned long events = 0;
	enum ringmap_status s;
	struct stat st;

	int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
	if (fd < 0 || fstat(fd, &st))
		return fail("usage", "core_user trace_pipe_raw");
	void *image =
		mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (image == MAP_FAILED)
		return fail(argv[1], "cannot be mapped");
	if (ringmap_ring_open_image(image, (size_t)st.st_size, &opts, &ring,
				    &err))
		return fail(argv[1], err.text);
	while ((s = ringmap_ring_borrow_page(ring, &page)) == RINGMAP_OK) {
		while ((s = ringmap_page_next(&page, &event)) == RINGMAP_OK)
			events++;
		if (s != RINGMAP_DONE ||
		    ringmap_ring_return_page(ring, &page) != RINGMAP_OK)
			break;
	}
	if (s != RINGMAP_DONE)
		return fail(argv[1], "is not a capture of whole sub-buffers");
	ringmap_ring_unref(ring);
	printf("%lu\n", events);
	return 0;
}
