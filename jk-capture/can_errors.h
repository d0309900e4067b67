/* SPDX-License-Identifier: MIT */
#ifndef CAN_ERRORS_H
#define CAN_ERRORS_H

#include <linux/can.h>
#include <stdbool.h>
#include <stdint.h>

/* What the error frames of a CAN interface mean for its state: the events !can of jk-frame(5). */

enum can_condition {
	CAN_UNKNOWN,
	CAN_ACTIVE,
	CAN_WARNING,
	CAN_PASSIVE,
	CAN_BUS_OFF,
	CAN_STOPPED, /* the interface is down */
	CAN_CONDITIONS,
};

enum { CAN_BUS_ERROR_EVERY_US = 10000000, CAN_WORDS_MAX = 40 };

struct can_errors {
	enum can_condition condition;
	uint64_t bus_errors;
	int64_t bus_error_us; /* when the next bus error is an event again */
	bool bus_error_seen;
	bool stateless; /* the interface reports no state: data frames show that it receives */
	void *context;
	void (*event)(void *context, const char *words, int64_t time_us);
};

void can_errors_begin(struct can_errors *e, void (*event)(void *context, const char *words, int64_t time_us),
		      void *context);

/* The state was read from the interface, with the counters of errors; or no other frame than of data came. */
void can_errors_state(struct can_errors *e, enum can_condition condition, unsigned tx, unsigned rx,
		      int64_t time_us);

/* An error frame, received at that time. */
void can_errors_frame(struct can_errors *e, const struct canfd_frame *frame, int64_t time_us);

/* A data frame or a remote frame: the interface is up. */
void can_errors_data(struct can_errors *e, int64_t time_us);

#endif
