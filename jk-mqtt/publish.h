/* SPDX-License-Identifier: MIT */
#ifndef PUBLISH_H
#define PUBLISH_H

#include "publisher.h"

/* The topics of devices and of the bridge, for the modules of the publisher. */

/* PREFIX/status, PREFIX/DEVICE/WHAT: retained. */
void publish_status(struct publisher *p, const char *text);
void publish_text(struct publisher *p, const char *device, const char *what, const char *text);

/* PREFIX/FIRST or PREFIX/FIRST/SECOND, an object as it is. */
void publish_json(struct publisher *p, const char *first, const char *second, struct json_object *object);

/* The newest record of a state, if there is one and it differs from what is published. */
void publish_record(struct publisher *p, struct device *d, enum entity_source source, int64_t now_us);

/* What is published of a state once more, so that whoever showed a wish shows the truth. */
void publish_again(struct publisher *p, const struct device *d, enum entity_source source);

/* The alarms of a live or partial record, before it is stripped. */
void take_alarms(struct publisher *p, struct device *d, struct json_object *record);
/* What the BMS itself says of them, of the whole state: all that is known if jk-alarm does not stand before us. */
void take_own_alarms(struct publisher *p, struct device *d, struct json_object *state);

/* The totals of a device or a link are these now. */
void publish_totals(struct publisher *p, struct totals *of, struct totals now);

/* An alarm record: the transition, and the active ones. */
void publish_transition(struct publisher *p, struct device *d, struct json_object *record);

/* PREFIX/bridge. */
void publish_bridge(struct publisher *p, int64_t now_us);

extern const char *const state_names[ENTITY_STATES];

#endif
