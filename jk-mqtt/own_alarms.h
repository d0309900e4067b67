/* SPDX-License-Identifier: MIT */
#ifndef OWN_ALARMS_H
#define OWN_ALARMS_H

#include "device.h"

/*
 * Makes the list of active alarms from the bits and levels of the BMS, with the keys and severities of
 * jk-alarm(1), for pipelines without it.  since is the time of the first record that had the alarm.  An
 * errors_bitmask that is missing or null leaves its alarms as they were.  Returns whether the list is new or
 * differs; does nothing if jk-alarm has sent a list.
 */
bool own_alarms_set(struct device *d, struct json_object *state, int64_t time_us);

#endif
