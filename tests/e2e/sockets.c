/* SPDX-License-Identifier: MIT */
/*
 * To be preloaded: each socket and each interface that a process asks for is a line in the file that
 * SOCKETS_FILE names: the program, and the address family or the interface.
 */
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void report(const char *what, const char *name)
{
	char line[256];
	int fd = open(getenv("SOCKETS_FILE"), O_WRONLY | O_APPEND | O_CLOEXEC);
	int n = snprintf(line, sizeof line, "%s %s %.64s\n", program_invocation_short_name, what, name);
	if (fd < 0 || write(fd, line, (size_t)n) != n)
		abort();
	close(fd);
}

int socket(int family, int type, int protocol)
{
	int (*real)(int, int, int);
	char name[16];
	*(void **)&real = next("socket");
	snprintf(name, sizeof name, "%d", family);
	report("family", name);
	return real(family, type, protocol);
}

unsigned int if_nametoindex(const char *interface)
{
	unsigned int (*real)(const char *);
	*(void **)&real = next("if_nametoindex");
	report("interface", interface);
	return real(interface);
}
