/* SPDX-License-Identifier: MIT */
#ifndef CONNECT_TIMER_H
#define CONNECT_TIMER_H

#include <stdint.h>
#include <time.h>

/*
 * connect(2) would wait two minutes for a host that is switched off.  A timer interrupts it, and libmosquitto
 * tries the next address of the host.
 */

/* For the calling thread.  Ends the program with 111 if there can be no timer. */
timer_t connect_timer_begin(void);

/* Interrupts the thread that often; 0: no more. */
void connect_timer_every(timer_t timer, int64_t us);

#endif
