/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_us(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
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
