/* SPDX-License-Identifier: MIT */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>

#include "bus.h"
#include "environment.h"

/* The channel that a command means, which need not name it if there is only one. */

/* The channel whose name the command has; NULL if it has none, or the channel is unknown. */
struct channel *target_channel(struct bus *bus, const struct command *c);

/*
 * Finds the channel of a command, and whether it may be written to there.  False: there is none yet (look
 * again by since_us + HOLD_US), or the command has a result.
 */
bool target_resolve(const struct environment *env, struct bus *bus, struct command *c, struct now now);

/* Gives a command that is not carried out the channel that it can only have meant, for its event. */
void target_guess(const struct environment *env, struct bus *bus, struct command *c);

#endif
