/* SPDX-License-Identifier: MIT */
#ifndef ALARM_TOPICS_H
#define ALARM_TOPICS_H

#include "publisher.h"

/* The topics of the alarms of a pack: the active ones, and each transition. */

/* Takes the list of jk-alarm from a live or can record. */
void alarm_topics_list(struct publisher *p, struct device *d, struct json_object *record);

/*
 * Takes the alarms of the BMS itself, which have changed, where jk-alarm is not in the pipeline.  from_can:
 * they are of a record of CAN.
 */
void alarm_topics_own(struct publisher *p, struct device *d, bool from_can, int64_t time_us);

/* Publishes an alarm record, and the active alarms if they changed. */
void alarm_topics_transition(struct publisher *p, struct device *d, struct json_object *record);

#endif
