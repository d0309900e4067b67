/* SPDX-License-Identifier: MIT */
#ifndef ADDON_STATES_H
#define ADDON_STATES_H

#include "addon_rows.h"
#include "publisher.h"

/* The add-on's state topics of a pack, from its records. */

/*
 * Publishes those of a record; tree: the newest values.  Returns false if another program publishes on these
 * topics, or there is no room.
 */
bool addon_states_publish(struct publisher *p, struct device *d, enum entity_source source,
			  struct json_object *tree, int64_t now_us);

/*
 * The value of a row, NULL for null.  False: the record has no such key, or CAN has not sent the frame of the
 * cell.  An element that a list does not have is null: an unused cell.
 */
bool addon_states_value(const struct addon_row *row, struct json_object *tree, struct json_object **value);

/* Sends the state of a setting once more.  key: ours. */
void addon_states_again(struct publisher *p, const struct device *d, const char *key);

/* The values on CANbus-1 expire in Home Assistant: sends them once more. */
void addon_states_repeat_can(struct publisher *p);

/* Publishes whether any pack has an alarm, once that is known. */
void addon_states_global_alarm(struct publisher *p);

#endif
