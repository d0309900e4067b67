/* SPDX-License-Identifier: MIT */
#ifndef OWN_ALARMS_H
#define OWN_ALARMS_H

#include <stdint.h>

#include "active_alarms.h"

/* The list of active alarms from the bits and levels of the BMS, for pipelines without jk-alarm. */

enum own_alarms_source { OWN_ALARMS_BITS, OWN_ALARMS_CAN_BITS, OWN_ALARMS_LEVELS, OWN_ALARMS_SOURCES };

struct own_alarms {
	bool known[OWN_ALARMS_SOURCES];
	uint32_t value[OWN_ALARMS_SOURCES]; /* of the newest record */
	bool alarm_active;                  /* of a record that may be cut to some keys */
};

/* Takes a value of a record; true if it is new or differs. */
bool own_alarms_take(struct own_alarms *own, enum own_alarms_source source, uint32_t value);

/*
 * Makes the list, with the keys and severities of jk-alarm(1): what several of them report is one alarm.
 * since is the time of the first record that had the alarm.  from_can: the pack has CAN frames, which come
 * only while something is wrong, so that a list without alarms is known from the start.  Returns true if the
 * list is new or differs.
 */
bool own_alarms_list(const struct own_alarms *own, struct active_alarms *all, bool from_can, int64_t time_us);

#endif
