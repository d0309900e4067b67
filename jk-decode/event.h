/* SPDX-License-Identifier: MIT */
#ifndef EVENT_H
#define EVENT_H

#include "envelope.h"
#include "frame_line.h"
#include "strbuf.h"

/*
 * The record of an event line: its name and words.  Of bytes from the wire it has only the number, since they
 * may contain passcodes.  The bytes themselves remain in the frame stream.
 */
void event_record(struct strbuf *t, const struct envelope_form *form, const struct frame_line *line);

#endif
