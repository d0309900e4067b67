/* SPDX-License-Identifier: MIT */
#ifndef CAN_RECOVERY_H
#define CAN_RECOVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "can_errors.h"
#include "can_link.h"
#include "log.h"

/*
 * What is done about an interface that is down or in bus-off, while its socket stays open: the socket
 * receives again as soon as the interface does.
 *
 * Down: with a bit rate it is brought up, at once and after pauses that double; without one, whoever took it
 * down brings it up.  Bus-off: if the kernel does not restart the controller by itself (restart-ms), and it
 * is permitted, the interface is taken down and up, a second later.
 */

enum {
	CAN_RECOVERY_DOWN_US = 250000,
	CAN_RECOVERY_BUS_OFF_US = 1000000,
	CAN_RECOVERY_MAX_US = 5000000,
	CAN_RECOVERY_REASON_MAX = 240,
};

/* The interface, as can_link.h has it; a test has its own. */
struct can_control {
	bool (*is_up)(const char *interface);
	bool (*state)(const char *interface, enum can_condition *condition, unsigned *tx, unsigned *rx);
	bool (*restarts)(const char *interface);
	bool (*up)(const char *interface, uint32_t bitrate, struct can_refusal *refusal, char *reason,
		   size_t size);
	bool (*again)(const char *interface, uint32_t bitrate, char *reason, size_t size);
};

extern const struct can_control can_control_link;

struct can_recovery {
	const char *source; /* for messages */
	const char *interface;
	uint32_t bitrate; /* 0: it is left as it is */
	struct can_errors *errors;
	const struct can_control *control;
	struct can_refusal *refusal;
	enum can_condition from; /* what it recovers from; else CAN_UNKNOWN */
	bool taken_down;         /* by us: we bring it up, too */
	int64_t due_us, pause_us;
	char reported[CAN_RECOVERY_REASON_MAX]; /* so that a reason is logged once */
	struct log_limit log;
};

/* It was opened. */
void can_recovery_begin(struct can_recovery *r, int64_t now_us);

/* The state of r->errors may have changed. */
void can_recovery_follow(struct can_recovery *r, int64_t now_us);

/* When to call can_recovery_time; INT64_MAX: the interface receives. */
int64_t can_recovery_due(const struct can_recovery *r);

/*
 * Looks again, and does what can be done.  real_us: the time of events.  False, with the reason: the
 * interface is up at another bit rate, which may not be changed.
 */
bool can_recovery_time(struct can_recovery *r, int64_t now_us, int64_t real_us, char *reason, size_t size);

#endif
