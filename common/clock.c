/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_us(clockid_t clock)
{
	struct timespec t;
	/* With a time_t of 4 bytes it fails from January 2038 on.  No time is better than a wrong one. */
	if (clock_gettime(clock, &t) < 0) {
		dprintf(STDERR_FILENO, "%s: cannot read the clock: %s\n", program_invocation_short_name,
			strerror(errno));
		_exit(111); /* as EXIT_SYSTEM, but process.h includes this module */
	}
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

struct timespec clock_timespec(int64_t us)
{
	return (struct timespec){.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000 * 1000)};
}

int64_t clock_monotonic_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

int64_t clock_real_us(void)
{
	return clock_us(CLOCK_REALTIME);
}

int64_t clock_boot_us(void)
{
	return clock_us(CLOCK_BOOTTIME);
}

struct now clock_now(void)
{
	return (struct now){clock_monotonic_us(), clock_real_us()};
}

void clock_boot_id(char id[CLOCK_BOOT_MAX + 1])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, id, CLOCK_BOOT_MAX);
	id[n > 0 ? n : 0] = '\0';
	id[strcspn(id, " \n")] = '\0';
	if (fd >= 0)
		close(fd);
}
