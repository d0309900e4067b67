/* SPDX-License-Identifier: MIT */
#ifndef RECORD_EVENTS_H
#define RECORD_EVENTS_H

#include "publisher.h"

/*
 * Records that are no state of a pack: events of the capture and of jk-write, health, frames that were
 * rejected.
 */

void record_events_event(struct publisher *p, struct json_record *r, int64_t now_us);
void record_events_health(struct publisher *p, struct json_record *r, int64_t now_us);
void record_events_rejected(struct publisher *p, struct json_record *r, int64_t now_us);

#endif
