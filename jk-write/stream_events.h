/* SPDX-License-Identifier: MIT */
#ifndef STREAM_EVENTS_H
#define STREAM_EVENTS_H

#include <stddef.h>

#include "bus.h"
#include "environment.h"

/*
 * What a line of the frame stream, without its newline, means for the channels, the packs and the requests
 * that are out.
 */
void stream_events_line(struct environment *env, struct bus *bus, const char *p, size_t n, struct now now);

#endif
