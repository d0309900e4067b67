/* SPDX-License-Identifier: MIT */
#include "broker_thread.h"

#include <string.h>
#include <time.h>

#include "clock.h"
#include "log.h"
#include "process.h"

static void *run(void *context)
{
	struct broker_thread *t = context;
	t->run();
	pthread_mutex_lock(&t->ending);
	t->over = true;
	pthread_cond_signal(&t->changed);
	pthread_mutex_unlock(&t->ending);
	return NULL;
}

void broker_thread_begin(struct broker_thread *t, void (*function)(void))
{
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&t->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&t->ending, NULL);
	t->run = function;
	t->over = false;
	int error = pthread_create(&t->thread, NULL, run, t);
	if (error)
		die(EXIT_SYSTEM, "cannot start a thread: %s", strerror(error));
}

bool broker_thread_join(struct broker_thread *t, int64_t until_us)
{
	struct timespec until = clock_timespec(until_us);
	int error = 0;
	pthread_mutex_lock(&t->ending);
	while (!t->over && !error)
		error = pthread_cond_timedwait(&t->changed, &t->ending, &until);
	bool over = t->over;
	pthread_mutex_unlock(&t->ending);
	return over && pthread_join(t->thread, NULL) == 0;
}
