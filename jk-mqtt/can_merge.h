/* SPDX-License-Identifier: MIT */
#ifndef CAN_MERGE_H
#define CAN_MERGE_H

#include <stdint.h>

#include "json.h"

/*
 * A state that comes in parts: a record of type can has the keys of one CAN frame alone.  Every frame comes
 * again within a second (protocol of the vendor, cycle times 20 to 1000 ms), but two: that of the alarm
 * levels, 7F4, is not sent when there is no alarm, and that of the charger's request only with a charger.  A
 * key whose frame stops arriving becomes null.
 */

struct can_merge {
	struct json_object *newest; /* of each key what came last; NULL: none came */
	struct json_object *when;   /* of each key that has a value, when that was, by this clock */
	int64_t clock_us;           /* advances while frames arrive: an outage of the bus expires nothing */
};

/*
 * Adds a part and returns the whole, which the caller puts.  passed_us: since the last frame of the BMS.
 * Keys that have not arrived for CAN_MERGE_GONE_US are null; can_alarm_levels is 0 after CAN_MERGE_LEVELS_US.
 */
enum { CAN_MERGE_GONE_US = 10000000, CAN_MERGE_LEVELS_US = 2000000, CAN_MERGE_QUIET_US = 4000000 };
struct json_object *can_merge_record(struct can_merge *p, struct json_object *part, int64_t passed_us);

#endif
