/* SPDX-License-Identifier: MIT */
#ifndef CAN_LINE_H
#define CAN_LINE_H

#include "frame_line.h"

/*
 * The CAN part of a frame line, whose grammar is in frame_line.h: what follows the "#" behind an id of 3, 5 or
 * 8 hex digits.  line->id, line->data and line->data_size are set.  Returns NULL and sets the rest of *line; or
 * what is wrong, for a message.
 */
const char *can_line_parse(size_t id_digits, struct frame_line *line);

#endif
