/* SPDX-License-Identifier: MIT */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>
#include <time.h>

/* The clocks of the system in microseconds.  One that cannot be read ends the program with 111. */
int64_t clock_monotonic_us(void);
int64_t clock_real_us(void);
int64_t clock_boot_us(void); /* as the monotonic one, and it goes on while the machine is suspended */

/* The same as a struct timespec. */
struct timespec clock_timespec(int64_t us);

/* Identifies the run of the system, in which the monotonic clock goes on; "" if it has no such text. */
enum { CLOCK_BOOT_MAX = 63 };
void clock_boot_id(char id[CLOCK_BOOT_MAX + 1]);

/* A moment on two clocks: one that nobody sets, for intervals, and the one that people read. */
struct now {
	int64_t us;      /* monotonic */
	int64_t real_us; /* since 1970 */
};

struct now clock_now(void);

#endif
