/* SPDX-License-Identifier: MIT */
#ifndef FORGET_H
#define FORGET_H

#include "options.h"

/*
 * --forget: empties what the broker retains of packs that were renamed or sold: their topics, and their
 * discovery in both forms.  Prints each topic that it has emptied.  Returns the exit status.
 */
int forget_packs(const struct options *o);

#endif
