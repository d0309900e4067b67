/* SPDX-License-Identifier: MIT */
#ifndef COLUMN_DERIVED_H
#define COLUMN_DERIVED_H

#include "column.h"

/*
 * Binds writers to the keys that are computed from one frame.  Each function takes a column whose key is set.
 */

/* A computed key of common/record_keys.c. */
void column_of_frame(struct column *column);

/* alarm_KEY: one of the BMS's own alarm bits. */
void column_of_alarm(struct column *column);

#endif
