/* SPDX-License-Identifier: MIT */
#ifndef STATE_READ_H
#define STATE_READ_H

#include <stddef.h>

#include "model.h"
#include "record_members.h"

/*
 * Reads n bytes of a state, state.h, into a fresh model.  members only reads texts for it.  NULL, with
 * *dropped the number of alarms whose rule no longer exists; or what is wrong with the bytes, and the model
 * must be started again with model_begin().
 */
const char *state_read(struct model *m, struct members *members, const char *p, size_t n, unsigned *dropped);

#endif
