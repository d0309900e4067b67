/* SPDX-License-Identifier: MIT */
#ifndef ALARM_TOPICS_H
#define ALARM_TOPICS_H

#include "publisher.h"

/* The topics of the alarms of a pack: the active ones, and each transition. */

/* Takes the list of jk-alarm from a live or can record. */
void alarm_topics_list(struct publisher *p, struct source *from, struct json_object *record);

/* Takes the alarms of the BMS itself from the whole state, where jk-alarm is not in the pipeline. */
void alarm_topics_own(struct publisher *p, struct device *d, struct json_object *state);

/* Publishes an alarm record, and the active alarms if they changed. */
void alarm_topics_transition(struct publisher *p, struct source *from, struct json_object *record);

#endif
