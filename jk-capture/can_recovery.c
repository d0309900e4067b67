/* SPDX-License-Identifier: MIT */
#include "can_recovery.h"

#include <stdio.h>
#include <string.h>

const struct can_control can_control_link = {
	.is_up = can_link_is_up,
	.state = can_link_state,
	.restarts = can_link_restarts,
	.up = can_link_up,
	.again = can_link_again,
};

static void report(struct can_recovery *r, const char *reason)
{
	if (strcmp(r->reported, reason) != 0 && log_allowed(&r->log))
		log_line("%s: %s", r->source, reason);
	snprintf(r->reported, sizeof r->reported, "%s", reason);
}

static void rest(struct can_recovery *r)
{
	r->from = CAN_UNKNOWN;
	r->due_us = INT64_MAX;
}

void can_recovery_begin(struct can_recovery *r, int64_t now_us)
{
	r->taken_down = false;
	r->reported[0] = '\0';
	rest(r);
	can_recovery_follow(r, now_us);
}

/* The interface is up: its state, if it reports one. */
static void found_up(struct can_recovery *r, int64_t real_us)
{
	enum can_condition condition;
	unsigned tx = 0, rx = 0;
	r->taken_down = false;
	if (!r->control->state(r->interface, &condition, &tx, &rx) || condition == CAN_STOPPED)
		condition = CAN_ACTIVE;
	can_errors_state(r->errors, condition, tx, rx, real_us);
}

static bool end_down(struct can_recovery *r, int64_t real_us, char *reason, size_t size)
{
	char words[CAN_RECOVERY_REASON_MAX];
	enum can_condition condition;
	unsigned tx, rx;
	bool ours = r->bitrate != 0 || r->taken_down;
	bool done = ours ? r->control->up(r->interface, r->bitrate, r->refusal, reason, size)
			 : r->control->is_up(r->interface);
	if (done) {
		found_up(r, real_us);
		return true;
	}
	if (ours && r->control->is_up(r->interface))
		return false;
	if (ours)
		snprintf(words, sizeof words, "the interface is down: %s; trying again", reason);
	else
		/* A controller whose bit rate was never set does not come up without one. */
		snprintf(words, sizeof words, "the interface is down: waiting for ip link set %s up%s",
			 r->interface,
			 r->control->state(r->interface, &condition, &tx, &rx)
				 ? " (for the first time: up type can bitrate 250000, or 500000)"
				 : "");
	report(r, words);
	return true;
}

static bool end_bus_off(struct can_recovery *r, int64_t real_us, char *reason, size_t size)
{
	enum can_condition condition;
	unsigned tx, rx;
	char words[CAN_RECOVERY_REASON_MAX];
	if (!r->control->state(r->interface, &condition, &tx, &rx)) {
		rest(r); /* a virtual one: the error frame was sent by a program */
		r->from = CAN_BUS_OFF;
		return true;
	}
	if (condition != CAN_BUS_OFF) {
		can_errors_state(r->errors, condition, tx, rx, real_us);
		return true;
	}
	if (r->control->restarts(r->interface))
		return true;
	bool done = r->control->again(r->interface, r->bitrate, reason, size);
	r->taken_down = !r->control->is_up(r->interface);
	if (done)
		snprintf(words, sizeof words, "bus-off: the interface was taken down and up");
	else
		snprintf(words, sizeof words, "bus-off: %s; trying again", reason);
	report(r, words);
	return true;
}

static const struct {
	int64_t first_us;
	bool (*end)(struct can_recovery *r, int64_t real_us, char *reason, size_t size);
} troubles[CAN_CONDITIONS] = {
	[CAN_STOPPED] = {CAN_RECOVERY_DOWN_US, end_down},
	[CAN_BUS_OFF] = {CAN_RECOVERY_BUS_OFF_US, end_bus_off},
};

void can_recovery_follow(struct can_recovery *r, int64_t now_us)
{
	enum can_condition condition = r->errors->condition;
	if (condition == r->from)
		return;
	if (troubles[condition].end) {
		r->from = condition;
		r->pause_us = troubles[condition].first_us;
		r->due_us = now_us + r->pause_us;
	} else if (r->from != CAN_UNKNOWN) {
		if (r->reported[0] && log_allowed(&r->log))
			log_line("%s: the interface is up again", r->source);
		r->reported[0] = '\0';
		rest(r);
	}
}

int64_t can_recovery_due(const struct can_recovery *r)
{
	return r->due_us;
}

bool can_recovery_time(struct can_recovery *r, int64_t now_us, int64_t real_us, char *reason, size_t size)
{
	if (now_us < r->due_us)
		return true;
	r->pause_us = 2 * r->pause_us < CAN_RECOVERY_MAX_US ? 2 * r->pause_us : CAN_RECOVERY_MAX_US;
	r->due_us = now_us + r->pause_us;
	bool usable = troubles[r->from].end(r, real_us, reason, size);
	can_recovery_follow(r, now_us);
	return usable;
}
