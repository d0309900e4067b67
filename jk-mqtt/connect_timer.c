/* SPDX-License-Identifier: MIT */
#include "connect_timer.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "process.h"

/* musl has this name, glibc only its place. */
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static void interrupt(int signal_number)
{
	(void)signal_number;
}

timer_t connect_timer_begin(void)
{
	struct sigaction action = {.sa_handler = interrupt};
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR2};
	timer_t timer = NULL;
	sigemptyset(&action.sa_mask);
	sigaction(SIGUSR2, &action, NULL);
	event.sigev_notify_thread_id = gettid();
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0)
		die(EXIT_SYSTEM, "cannot make a timer: %s", strerror(errno));
	return timer;
}

void connect_timer_every(timer_t timer, int64_t us)
{
	struct timespec t = clock_timespec(us);
	struct itimerspec both = {.it_value = t, .it_interval = t};
	timer_settime(timer, 0, &both, NULL);
}
