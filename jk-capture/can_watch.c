/* SPDX-License-Identifier: MIT */
#include "can_watch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

int can_watch_open(void)
{
	struct sockaddr_nl at = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) == 0)
		return fd;
	close(fd);
	return -1;
}

void can_watch_read(int fd)
{
	char report[8192]; /* what does not fit is cut: the content is of no interest */
	while (recv(fd, report, sizeof report, 0) >= 0 || errno == EINTR || errno == ENOBUFS)
		;
}
