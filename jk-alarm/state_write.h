/* SPDX-License-Identifier: MIT */
#ifndef STATE_WRITE_H
#define STATE_WRITE_H

#include "model.h"
#include "strbuf.h"

/* Writes the state, state.h, with its sum. */
void state_write(struct strbuf *t, const struct model *m);

#endif
