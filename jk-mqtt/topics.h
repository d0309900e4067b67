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

/* The newest record of a state, if there is one and it differs from what is published. */
void topics_record(struct records *p, struct device *d, enum entity_source source, int64_t now_us);

/* What is published of a state once more, so that whoever showed a wish shows the truth. */
void topics_again(struct records *p, const struct device *d, enum entity_source source);

/* The alarms of a live or partial record, before it is stripped. */
void take_alarms(struct records *p, struct source *from, struct json_object *record);
/* What the BMS itself says of them, of the whole state: all that is known if jk-alarm does not stand before us. */
void take_own_alarms(struct records *p, struct device *d, struct json_object *state);

/* The totals of a device or a link are these now. */
void topics_totals(struct records *p, struct totals *of, struct totals now);

/* An alarm record: the transition, and the active ones. */
void topics_transition(struct records *p, struct source *from, struct json_object *record);

/* The state of the bridge itself. */
void topics_bridge(struct records *p, int64_t now_us);

#endif
