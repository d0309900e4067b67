/* SPDX-License-Identifier: MIT */
/*
 * To be preloaded: a CAN interface can0, for machines whose kernel has none.  Its frames are datagrams of a
 * pair of sockets, so that they are received as those of CAN are: by recvmmsg, with the kernel's time.
 *
 *     CAN_FD       the descriptor from which its frames come; without it the bus is silent
 *     CAN_DOWN     the interface is down
 *     CAN_BITRATE  the bit rate that it has; 0, or not set: it has no controller, as vcan0
 *     CAN_MAY      the process has the privilege to change it
 *     CAN_LOG      a file that gets a line for each change that is tried
 */
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/can.h>
#include <linux/can/netlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int can = -1; /* the socket that stands for one of CAN */
static bool changed_up;

static long number(const char *name)
{
	const char *value = getenv(name);
	return value ? strtol(value, NULL, 10) : 0;
}

static bool is_down(void)
{
	return getenv("CAN_DOWN") && !changed_up;
}

static bool is_can0(const char *name)
{
	return strcmp(name, "can0") == 0;
}

int socket(int family, int type, int protocol)
{
	int (*real_socket)(int, int, int), pair[2];
	*(void **)&real_socket = next("socket");
	if (family != PF_CAN)
		return real_socket(family, type, protocol);
	if (getenv("CAN_FD"))
		can = fcntl((int)number("CAN_FD"), F_DUPFD_CLOEXEC, 0);
	else if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0)
		can = pair[0];
	return can;
}

int bind(int fd, const struct sockaddr *address, socklen_t size)
{
	int (*real_bind)(int, const struct sockaddr *, socklen_t);
	*(void **)&real_bind = next("bind");
	return fd == can ? 0 : real_bind(fd, address, size);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	int (*real_setsockopt)(int, int, int, const void *, socklen_t);
	*(void **)&real_setsockopt = next(TIMED("setsockopt", "__setsockopt64"));
	return fd == can && level == SOL_CAN_BASE + CAN_RAW ? 0
							    : real_setsockopt(fd, level, name, value, size);
}

/* A socket of an interface that is down reports that once. */
int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	static bool told;
	int (*real_ppoll)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
	*(void **)&real_ppoll = next(TIMED("ppoll", "__ppoll64"));
	int n = real_ppoll(fds, count, told || !is_down() ? timeout : &(struct timespec){0, 0}, mask);
	for (nfds_t i = 0; i < count && !told && is_down(); i++)
		if (fds[i].fd == can && can >= 0) {
			fds[i].revents = POLLERR;
			told = true;
			return n + 1;
		}
	return n;
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout)
{
	int (*real_recvmmsg)(int, struct mmsghdr *, unsigned, int, struct timespec *);
	*(void **)&real_recvmmsg = next(TIMED("recvmmsg", "__recvmmsg64"));
	if (fd != can || !is_down())
		return real_recvmmsg(fd, messages, count, flags, timeout);
	errno = ENETDOWN;
	return -1;
}

unsigned int if_nametoindex(const char *name)
{
	unsigned int (*real_index)(const char *);
	*(void **)&real_index = next("if_nametoindex");
	return is_can0(name) ? 99 : real_index(name);
}

int ioctl(int fd, unsigned long request, ...)
{
	int (*real_ioctl)(int, unsigned long, ...);
	va_list more;
	va_start(more, request);
	struct ifreq *of = va_arg(more, struct ifreq *);
	va_end(more);
	*(void **)&real_ioctl = next(TIMED("ioctl", "__ioctl_time64"));
	if ((request != SIOCGIFFLAGS && request != SIOCGIFHWADDR) || !is_can0(of->ifr_name))
		return real_ioctl(fd, request, of);
	if (request == SIOCGIFFLAGS)
		of->ifr_flags = is_down() ? 0 : IFF_UP;
	else
		of->ifr_hwaddr.sa_family = ARPHRD_CAN;
	return 0;
}

/* ---- libsocketcan ---- */

int can_get_state(const char *name, int *state)
{
	*state = is_down() ? CAN_STATE_STOPPED : CAN_STATE_ERROR_ACTIVE;
	return is_can0(name) && number("CAN_BITRATE") ? 0 : -1;
}

int can_get_bittiming(const char *name, struct can_bittiming *timing)
{
	timing->bitrate = (uint32_t)number("CAN_BITRATE");
	return is_can0(name) && timing->bitrate ? 0 : -1;
}

int can_get_berr_counter(const char *name, struct can_berr_counter *counter)
{
	(void)name;
	(void)counter;
	return -1;
}

static int change(const char *what)
{
	const char *log = getenv("CAN_LOG");
	int fd = log ? open(log, O_WRONLY | O_APPEND | O_CREAT, 0600) : -1;
	if (fd >= 0) {
		dprintf(fd, "%s\n", what);
		close(fd);
	}
	errno = EPERM;
	return getenv("CAN_MAY") ? 0 : -1;
}

int can_do_stop(const char *name)
{
	(void)name;
	return change("stop");
}

int can_set_bitrate(const char *name, uint32_t bitrate)
{
	char what[40];
	(void)name;
	snprintf(what, sizeof what, "bitrate %u", (unsigned)bitrate);
	return change(what);
}

int can_set_restart_ms(const char *name, uint32_t ms)
{
	(void)name;
	(void)ms;
	return change("restart-ms");
}

int can_do_start(const char *name)
{
	(void)name;
	changed_up = getenv("CAN_MAY") != NULL;
	return change("start");
}
