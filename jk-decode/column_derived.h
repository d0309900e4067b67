/* SPDX-License-Identifier: MIT */
#ifndef COLUMN_DERIVED_H
#define COLUMN_DERIVED_H

#include "columns.h"

/* How values that are computed from one frame are written.  Each takes a column whose key is set, and sets the rest. */

/* A key of common/record_keys.c that is computed. */
void column_of_frame(struct column *column);

/* alarm_KEY: one of the BMS's own alarm bits. */
void column_of_alarm(struct column *column);

#endif
