/* SPDX-License-Identifier: MIT */
#ifndef BROKER_THREAD_H
#define BROKER_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* A thread that is waited for until a time of the monotonic clock: it may be in a call that blocks. */

struct broker_thread {
	void (*run)(void);
	pthread_t thread;
	pthread_mutex_t ending; /* guards over, which changed is signalled for */
	pthread_cond_t changed;
	bool over; /* the thread is about to end */
};

/* Exits 111 if there can be no thread. */
void broker_thread_begin(struct broker_thread *t, void (*run)(void));

/* Whether the thread has ended by then. */
bool broker_thread_join(struct broker_thread *t, int64_t until_us);

#endif
