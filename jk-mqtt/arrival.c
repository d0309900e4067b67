/* SPDX-License-Identifier: MIT */
#include "arrival.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>

#include "clock.h"

/* Clocks that differ by another time than before: the machine was suspended. */
static int64_t suspended_us(void)
{
	return clock_boot_us() - clock_monotonic_us();
}

/* The time is taken first, in case a message comes in between. */
void arrival_before(struct arrival *a, int fd)
{
	struct pollfd look = {.fd = fd, .events = POLLIN};
	struct tcp_info info = {0};
	socklen_t size = sizeof info;
	int64_t boot_us = clock_boot_us();
	bool empty = poll(&look, 1, 0) == 0;
	fresh_look(&a->fresh, empty, boot_us);
	a->segments_known = empty && getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
	a->segments = info.tcpi_data_segs_in;
	a->suspended_us = suspended_us();
}

void arrival_after(struct arrival *a)
{
	fresh_look(&a->fresh, false, clock_boot_us());
}

/*
 * If a single TCP segment has come since the socket was empty, the system knows when.  It counts in ticks of
 * its own clock, which stands still while the machine is suspended.
 */
void arrival_reading(struct arrival *a, int fd)
{
	enum { TICK_US = 20000, JITTER_US = 1000 };
	struct tcp_info info = {0};
	socklen_t size = sizeof info;
	int64_t boot_us = clock_boot_us(), suspended = suspended_us() - a->suspended_us;
	if (a->segments_known && suspended > -JITTER_US && suspended < JITTER_US &&
	    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
	    size > offsetof(struct tcp_info, tcpi_data_segs_in) && info.tcpi_data_segs_in == a->segments + 1)
		fresh_arrived(&a->fresh, boot_us - info.tcpi_last_data_recv * INT64_C(1000) - TICK_US);
}
