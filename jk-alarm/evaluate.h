/* SPDX-License-Identifier: MIT */
#ifndef EVALUATE_H
#define EVALUATE_H

#include "model.h"
#include "record_view.h"

/* Which alarms a record raises and which it clears.  model.now_us is the stream time of the record. */

/* Any record of a link; one that shows that bytes came over it; an event. */
void evaluate_link(struct model *m, struct link *link, int64_t time_us);
void evaluate_bytes(struct model *m, struct link *link);
void evaluate_event(struct model *m, struct link *link, const struct record_view *record);

/* A frame of a BMS, also a rejected one. */
void evaluate_frame(struct model *m, struct source *source, const struct record_view *record);

#endif
