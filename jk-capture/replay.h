/* SPDX-License-Identifier: MIT */
#ifndef REPLAY_H
#define REPLAY_H

#include "line_output.h"
#include "options.h"

/*
 * Writes the lines of a recording unchanged, with their own times, at the pace at which they came, times the
 * factor.  An invalid line is reported on stderr and left out.  Returns the exit status.
 */
int replay(const struct options *options, struct line_output *output);

#endif
