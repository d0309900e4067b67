/* SPDX-License-Identifier: MIT */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "records.h"
#include "setting.h"

/* From PREFIX/DEVICE/set/KEY to the FIFO of jk-write, and its results to PREFIX/DEVICE/result/KEY. */

/* The setting of that key, NULL if there is none that can be written; *source tells whose state it is. */
const struct field *commands_field(const char *key, enum entity_source *source);

/*
 * A payload as the one word of a command: a switch on or off, a number as it is, the text of a number with _ for blanks.
 * NULL, or what is wrong with it.
 */
const char *commands_value(const struct field *f, const char *p, size_t n, char value[SETTING_VALUE_MAX + 1]);

/* A message on a set topic; real_us: the time that the command gets, since 1970. */
void commands_message(struct records *p, const char *device, size_t device_size, const char *key,
		      const char *payload, size_t size, bool retained, int64_t real_us);

/* The words of a write event.  d: of whom; NULL: nobody that is published. */
void commands_result(struct records *p, struct device *d, const struct json_record *r, const char *words,
		     int64_t now_us);

#endif
