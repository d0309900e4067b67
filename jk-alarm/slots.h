/* SPDX-License-Identifier: MIT */
#ifndef SLOTS_H
#define SLOTS_H

#include "model.h"

/* The alarms of a target: what each is called, how severe it is, and raising and clearing it. */

const char *slot_key(const struct rules *rules, size_t slot, char buffer[32]);
/* For people, without the name of the pack. */
const char *slot_text(const struct rules *rules, const struct target *target, size_t slot,
		      char buffer[REASON_MAX]);
/* What it was last reported in: "bits", "can_levels", "can_bits", "frames" or "rule". */
const char *slot_source(const struct target *target, size_t slot);

/*
 * Where a level of 7F4, or a bit of 18F328F4, has its slot: that of the bit of RS485 which means the same, if
 * there is one, also where RS485 is not heard.  So the key of an alarm depends neither on the name of the
 * pack nor on what else is heard of it, and it cannot change while the alarm is active.
 */
size_t slot_of_level(unsigned level);
size_t slot_of_can_bit(unsigned bit);
/* The level that has this slot; SLOT_NO_LEVEL if none has. */
enum { SLOT_LEVEL_COUNT = SLOT_CAN_BITS - SLOT_LEVELS, SLOT_NO_LEVEL = SLOT_LEVEL_COUNT };
unsigned slot_level(size_t slot);

/*
 * The severity: from the tables or the rule; of an alarm that CAN alone reports, the worst of its levels,
 * and of its bits only if it has no level.
 */
enum severity slot_severity(const struct rules *rules, const struct target *target, size_t slot);

void slot_raise(struct model *m, struct target *target, size_t slot, int64_t since_us);
void slot_clear(struct model *m, struct target *target, size_t slot);
/* An active alarm is seen to be active: no longer stale. */
void slot_confirm(struct model *m, struct target *target, size_t slot);
/* It is stale: it may have ended unseen. */
void slot_doubt(struct model *m, struct target *target, size_t slot);
/* Its severity is another, which the lists of alarms show, and no record of its own reports. */
void slot_set_severity(struct model *m, struct target *target, size_t slot, enum severity severity);
/* Its severity is another: reported again unless the last record had it, but it keeps its beginning. */
void slot_change_severity(struct model *m, struct target *target, size_t slot, enum severity severity);
/*
 * Marks the active alarms of a BMS as stale, except for this one and those about silence: they are kept, but
 * may have ended unseen.
 */
void slots_make_stale(const struct rules *rules, struct target *target, size_t but);

/* What counts of its active alarms. */
const struct totals *slots_totals(struct target *target);

/*
 * What the source of this number has reported is that of another number, of another pack, now.  What only it
 * reported ends here.  all: it is the last source of the pack, and takes the alarms of rules along, too.
 */
void slots_move(struct model *m, struct target *from, int from_number, struct target *to, int to_number,
		bool all);

#endif
