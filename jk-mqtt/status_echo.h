/* SPDX-License-Identifier: MIT */
#ifndef STATUS_ECHO_H
#define STATUS_ECHO_H

#include <stdbool.h>
#include <stdint.h>

/*
 * MQTT 3.1.1 has no answer for a topic that a client must not write: the broker acknowledges the message and
 * drops it.  But it sends us what we publish on topics to which we have subscribed, such as our status: if
 * that does not come back in time, it was dropped.  Pure.
 */

enum { STATUS_ECHO_US = 5000000 };

struct status_echo {
	int64_t due_us; /* when it must have come back; INT64_MAX: not sent yet; 0: not expected */
};

/* A connection begins. */
void status_echo_begin(struct status_echo *e);

/* Whether the broker has not acknowledged our status yet. */
bool status_echo_unsent(const struct status_echo *e);

/* The broker has acknowledged it: from now on it is waited for. */
void status_echo_sent(struct status_echo *e, int64_t now_us);

/* It came back, or cannot. */
void status_echo_over(struct status_echo *e);

/* Returns, once, whether it should have come back by now. */
bool status_echo_missing(struct status_echo *e, int64_t now_us);

#endif
