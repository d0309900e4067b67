/* SPDX-License-Identifier: MIT */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "publisher.h"
#include "setting.h"

/* From PREFIX/DEVICE/set/KEY to the FIFO of jk-write, and its results to PREFIX/DEVICE/result/KEY. */

/* The writable setting with this key, or NULL; *source: the state that shows it. */
const struct field *commands_field(const char *key, enum entity_source *source);

/*
 * Converts a payload to the value of a command: on or off for a switch, a number as it is, a text with _ for
 * blanks.  Returns NULL, or what is wrong with the payload.
 */
const char *commands_value(const struct field *f, const char *p, size_t n, char value[SETTING_VALUE_MAX + 1]);

/*
 * Handles a message on a set topic; real_us: the time of the command, since 1970; forbidden: why no command
 * is passed on, or NULL.
 *
 * A client that has lost its connection sends a command again if it has no acknowledgement, and the broker
 * passes it on once more without a sign that it is the same.  So the value that was passed on last for a
 * setting is not passed on again within COMMANDS_REPEAT_US, unless it was not carried out or something else
 * has set the setting meanwhile.
 */
enum { COMMANDS_REPEAT_US = 10000000 };
void commands_message(struct publisher *p, struct slice device, struct slice key, const char *payload,
		      size_t size, bool retained, const char *forbidden, int64_t real_us, int64_t now_us);

/* Publishes the result in the words of a write event.  d: the device; NULL: one that is not published. */
void commands_result(struct publisher *p, struct device *d, const struct json_record *r, const char *words,
		     int64_t now_us);

#endif
