/* SPDX-License-Identifier: MIT */
#ifndef SETTING_RULES_H
#define SETTING_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "fields.h"
#include "strbuf.h"

/*
 * What limits a value besides its own bounds: other settings, the firmware, and the model.  Frames are valid
 * ones.
 */

/*
 * Checks the rules between settings against a settings frame.  False if the value creates or widens a
 * violation of a rule that involves this setting, which is added to why.  A voltage of 0 is not in use and
 * takes no part.
 */
bool setting_rules_allow(const struct field *f, int64_t raw, const uint8_t *settings, struct strbuf *why);

/* Does this setting need the about frame, for the firmware or the rating of the model? */
bool setting_rules_need_about(const struct field *f);

/* Checks the firmware and the rated currents of the model against an about frame. */
bool setting_rules_allow_model(const struct field *f, int64_t raw, const uint8_t *about, struct strbuf *why);

/* The firmware alone. */
bool setting_rules_allow_firmware(const struct field *f, const uint8_t *about, struct strbuf *why);

#endif
