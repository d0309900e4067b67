/* SPDX-License-Identifier: MIT */
#ifndef RECORD_ALARMS_H
#define RECORD_ALARMS_H

#include "publisher.h"

/* Records of jk-alarm: an alarm that was raised or cleared, and the summary of all. */

void record_alarms_transition(struct publisher *p, struct json_record *r, int64_t now_us);
void record_alarms_summary(struct publisher *p, struct json_record *r, int64_t now_us);

#endif
