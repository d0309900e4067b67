/* SPDX-License-Identifier: MIT */
#ifndef ADDON_TEXT_H
#define ADDON_TEXT_H

#include "addon_rows.h"
#include "json.h"

/* Values as the add-on writes them. */

/* Adds the text of a row's value; None for null. */
void addon_text(struct strbuf *t, const struct addon_row *row, struct json_object *value);

/* The alarms in errors_bitmask that the add-on knows in this mode. */
uint32_t addon_alarms(uint32_t errors, bool listening);

/* Adds the text of a row about the alarms of a pack. */
void addon_alarm_text(struct strbuf *t, const struct addon_row *row, uint32_t errors, bool listening);

/* A number in millionths, with the fewest digits; rounded to this many behind the point, half away from 0. */
void addon_number_text(struct strbuf *t, int64_t micro, unsigned digits);

#endif
