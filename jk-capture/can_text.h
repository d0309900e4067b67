/* SPDX-License-Identifier: MIT */
#ifndef CAN_TEXT_H
#define CAN_TEXT_H

#include <linux/can.h>
#include <stdbool.h>

#include "strbuf.h"

/*
 * A frame of Linux as candump -L of can-utils writes it: 2F4#1302, 18F128F4#E108, 7F4#R8, 2F4##1AABB.  The
 * struct is what a raw socket delivers for both sizes of frames; fd: it is a CAN FD frame.
 */
void can_text(struct strbuf *t, const struct canfd_frame *frame, bool fd);

#endif
