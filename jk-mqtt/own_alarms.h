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
};

/*
 * Makes the list, with the keys and severities of jk-alarm(1).  since is the time of the first record that
 * had the alarm.  An errors_bitmask that is missing or null leaves its alarms as they were.  from_can: the
 * state has CAN frames, which come only while something is wrong.  Returns true if the list is new or
 * differs; does nothing if jk-alarm has sent a list.
 */
bool own_alarms_set(struct own_alarms *own, struct active_alarms *all, struct json_object *state,
		    bool from_can, int64_t time_us);

#endif
