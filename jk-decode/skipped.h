/* SPDX-License-Identifier: MIT */
#ifndef SKIPPED_H
#define SKIPPED_H

#include "record.h"

/* CAN frames that make no record are counted here, and reported once, at the end. */

/* Counts the result of a line. */
void skipped_count(enum record_result result);

/* Logs the counts, if any: "12 CAN frames skipped: 2 remote, 1 FD, 3 error, 6 with foreign ids". */
void skipped_report(void);

#endif
