/* SPDX-License-Identifier: MIT */
#ifndef REPLAY_H
#define REPLAY_H

#include "line_output.h"
#include "options.h"

/*
 * The lines of a recording, as they are and with their own times, at the pace in which they came, times the factor.
 * A line that is none is named on stderr and left out.  Returns the exit status.
 */
int replay(const struct options *options, struct line_output *output);

#endif
