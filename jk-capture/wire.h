/* SPDX-License-Identifier: MIT */
#ifndef WIRE_H
#define WIRE_H

#include "capture.h"
#include "options.h"
#include "output.h"

/*
 * A serial line or a gateway, listened to and, if that is asked for, polled, until the program is told to stop.  What is in
 * flight then is waited for, GRACE_US at most.
 */
void wire_run(const struct options *options, struct capture *capture, struct output *output);

#endif
