/* SPDX-License-Identifier: MIT */
#ifndef ABANDON_H
#define ABANDON_H

#include <stdbool.h>
#include <stdint.h>

#include "environment.h"

/*
 * Commands that are not carried out any more, before their write or before its repetition: each gets its
 * result here.
 */

/* Its age, or whatever else `what` names, is above the limit. */
void abandon_expired(const struct environment *env, struct command *c, int64_t age_us, const char *what);

/* Is the command too old to be begun, or from the future?  Then it is abandoned. */
bool abandon_if_expired(const struct environment *env, struct command *c, struct now now);

/* The state cannot be saved: a restart would not know of a write. */
void abandon_unkept(const struct environment *env, struct command *c);

#endif
