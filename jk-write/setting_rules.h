/* SPDX-License-Identifier: MIT */
#ifndef SETTING_RULES_H
#define SETTING_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "fields.h"
#include "strbuf.h"

/* What a value must fit besides its own bounds: the other settings, the firmware, and the model.  Frames are sound ones. */

/*
 * The rules between settings, against a settings frame.  False if the value makes or widens a violation of a rule that
 * involves this setting; which, is added to why.  A voltage of 0 is one that is not used, and takes no part.
 */
bool setting_rules_allow(const struct field *f, int64_t raw, const uint8_t *settings, struct strbuf *why);

/* Does this setting need the about frame: for its firmware, or for the rating of the model? */
bool setting_rules_need_about(const struct field *f);

/* The firmware that has the setting, and the currents that the model is made for, against an about frame. */
bool setting_rules_allow_model(const struct field *f, int64_t raw, const uint8_t *about, struct strbuf *why);

#endif
