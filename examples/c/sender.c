/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ringmap/ringmap.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* All formats, in a file without a name; no addresses of the kernel. */
static int schema_file(void)
{
	static char bytes[16 << 20];
	int fd = memfd_create("schema", MFD_CLOEXEC);
	struct ringmap_schema *schema;
	size_t size;

	if (ringmap_schema_open(NULL, &schema, NULL) ||
	    ringmap_schema_save(schema, RINGMAP_SCHEMA_NO_ADDRESSES, bytes,
				sizeof(bytes), &size, NULL))
		return -1;
	return write(fd, bytes, size) == (ssize_t)size ? fd : -1;
}

/* As root: gives events on CPU 0 to the first program that connects. */
int main(int argc, char **argv)
{
	struct sockaddr_un at = {AF_UNIX, ""};
	struct cmsghdr header = {CMSG_LEN(12), SOL_SOCKET, SCM_RIGHTS};
	_Alignas(8) char room[CMSG_SPACE(12)] = "", dir[256];
	struct iovec clock = {(char[]){"mono"}, sizeof("mono")};
	struct msghdr message = {NULL, 0, &clock, 1, room, sizeof(room), 0};
	struct ringmap_session *s;

	if (argc != 3 || ringmap_session_open(NULL, &s, NULL) ||
	    ringmap_session_enable(s, argv[1], NULL, NULL) ||
	    ringmap_session_start(s, NULL))
		return fputs("usage: sender EVENT SOCKET, as root\n", stderr);
	strncpy(at.sun_path, argv[2], sizeof(at.sun_path) - 1);
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (bind(listener, (void *)&at, sizeof(at)) || listen(listener, 1))
		return perror(argv[2]), 1;
	snprintf(dir, sizeof(dir),
		 "/sys/kernel/tracing/instances/%s/per_cpu/cpu0",
		 ringmap_session_instance(s));
	if (chdir(dir))
		return perror(dir), 1;
	int fds[] = {open("trace_pipe_raw", O_RDONLY | O_CLOEXEC),
		     open("stats", O_RDONLY | O_CLOEXEC), schema_file()};
	memcpy(room, &header, sizeof(header));
	memcpy(room + CMSG_LEN(0), fds, sizeof(fds));
	int to = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	sendmsg(to, &message, 0);
	return read(to, dir, 1) < 0; /* until the receiver has gone */
}
