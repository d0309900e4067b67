/* SPDX-License-Identifier: MIT */
#ifndef EVENT_H
#define EVENT_H

#include "line.h"
#include "text.h"

/*
 * The record of an event line: its name and words.  Bytes from the wire are not told, only how many, since they may hold
 * passcodes: they stay in the frame stream.
 */
void event_record(struct text *t, const struct line *line);

#endif
