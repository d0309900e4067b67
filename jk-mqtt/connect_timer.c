/* SPDX-License-Identifier: MIT */
#include "connect_timer.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "process.h"

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
	event._sigev_un._tid = gettid();
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0)
		die(EXIT_SYSTEM, "cannot make a timer: %s", strerror(errno));
	return timer;
}

void connect_timer_every(timer_t timer, int64_t us)
{
	struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
	struct itimerspec both = {.it_value = t, .it_interval = t};
	timer_settime(timer, 0, &both, NULL);
}
