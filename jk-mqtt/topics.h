/* SPDX-License-Identifier: MIT */
#ifndef TOPICS_H
#define TOPICS_H

#include "layout.h"
#include "records.h"

/* What is published of devices and of the bridge. */

/* Publishes on a topic of the layout: a payload, a text, an object as it is. */
void topics_publish(struct records *p, enum layout_topic topic, struct layout_names names,
		    const char *payload, size_t size);
void topics_text(struct records *p, enum layout_topic topic, struct layout_names names, const char *text);
void topics_json(struct records *p, enum layout_topic topic, struct layout_names names,
		 struct json_object *object);

/* Publishes the newest record of a state, if it differs from the last one published. */
void topics_record(struct records *p, struct device *d, enum entity_source source, int64_t now_us);

/* Publishes a state once more, so that a user interface that shows a requested value shows the real one. */
void topics_again(struct records *p, const struct device *d, enum entity_source source);

/* Takes the alarms of a live or can record, before it is stripped. */
void take_alarms(struct records *p, struct source *from, struct json_object *record);
/* Takes the alarms of the BMS itself from the whole state, where jk-alarm is not in the pipeline. */
void take_own_alarms(struct records *p, struct device *d, struct json_object *state);

/* Sets the totals of a device or a link. */
void topics_totals(struct records *p, struct totals *of, struct totals now);

/* Publishes an alarm record, and the active alarms if they changed. */
void topics_transition(struct records *p, struct source *from, struct json_object *record);

/* The state of the bridge itself. */
void topics_bridge(struct records *p, int64_t now_us);

#endif
