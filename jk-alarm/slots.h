/* SPDX-License-Identifier: MIT */
#ifndef SLOTS_H
#define SLOTS_H

#include "model.h"

/* The alarms of a target: what each is called, how severe it is, and raising and clearing it. */

const char *slot_key(const struct rules *rules, size_t slot, char buffer[32]);
/* For people, without the name of the pack. */
const char *slot_text(const struct rules *rules, const struct target *target, size_t slot,
		      char buffer[REASON_MAX]);
const char *slot_source(size_t slot);
/* The severity that a slot has from the tables or its rule; that of a level is in the slot itself. */
enum severity slot_severity(const struct rules *rules, const struct target *target, size_t slot);

void slot_raise(struct model *m, struct target *target, size_t slot, int64_t since_us);
void slot_clear(struct model *m, struct target *target, size_t slot);
/* An active alarm is seen to be active: no longer stale. */
void slot_confirm(struct model *m, struct slot *slot);
/* Its severity is another: reported again, but it keeps its beginning. */
void slot_change_severity(struct model *m, struct target *target, size_t slot, enum severity severity);
/*
 * Marks the active alarms of a BMS as stale, except for this one and those about silence: they are kept, but
 * may have ended unseen.
 */
void slots_make_stale(const struct rules *rules, struct target *target, size_t but);

#endif
