/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
#define _GNU_SOURCE
#include <ringmap/ringmap.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Receives ring, stats and schema, and the name of the clock. */
static int receive(const char *path, int fds[3], char clock[32])
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	_Alignas(8) char room[64];
	struct iovec words = {clock, 32};
	struct msghdr message = {NULL, 0, &words, 1, room, sizeof(room), 0};
	int from = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strncpy(at.sun_path, path, sizeof(at.sun_path) - 1);
	if (connect(from, (struct sockaddr *)&at, sizeof(at)) ||
	    recvmsg(from, &message, MSG_CMSG_CLOEXEC) <= 0 ||
	    message.msg_controllen < CMSG_LEN(12))
		return -1;
	memcpy(fds, room + CMSG_LEN(0), 12);
	return 0;
}

/* As anybody: prints the events of the ring until none comes for a while. */
int main(int argc, char **argv)
{
	struct ringmap_ring_opts opts = {.sz = sizeof(opts)};
	struct ringmap_error err = {.text = "no schema"};
	char clock[32], text[1024];
	struct ringmap_schema *schema;
	struct ringmap_trace *trace;
	struct ringmap_ring *ring;
	struct ringmap_event e;
	int fds[3];

	if (argc != 2 || receive(argv[1], fds, clock))
		return perror("observer"), 1;
	opts.flags = RINGMAP_RING_OVERWRITES;
	opts.clock = clock;
	opts.stats_fd = fds[1];
	size_t n = (size_t)lseek(fds[2], 0, SEEK_END);
	void *bytes = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fds[2], 0);
	if (bytes == MAP_FAILED ||
	    ringmap_schema_open_bytes(bytes, n, &schema, &err) ||
	    ringmap_ring_open_fd(fds[0], &opts, &ring, &err) ||
	    ringmap_trace_open_rings(&ring, 1, &trace, &err))
		return fprintf(stderr, "%s\n", err.text), 1;
	while (ringmap_trace_wait(trace, 3000) == RINGMAP_OK)
		while (ringmap_trace_next(trace, &e) == RINGMAP_OK) {
			ringmap_event_print(schema, &e, RINGMAP_PRINT_LINE,
					    text, sizeof(text), &n);
			printf("%s%s\n", e.lost ? "LOST EVENTS\n" : "", text);
		}
	return 0;
}
