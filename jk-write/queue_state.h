/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_STATE_H
#define QUEUE_STATE_H

#include "queue.h"
#include "results.h"

/*
 * What a restart has to know, the file of option -s: the commands that have no result yet and how far each is, the results
 * that are not on stdout yet, and how many writes each BMS has had today.  Written whole beside the old one, which it then
 * replaces: so it is always one or the other.
 */

/*
 * Nothing is written if nothing has changed since.  sync: it has to outlast a loss of power from here on.  -1: it could not
 * be written; errno tells.  results may be NULL.
 */
int queue_state_save(struct queue *q, const struct results *results, const char *path, bool sync);

/*
 * Takes the counts into the work, and tells a result for each command that an earlier run left: unknown for what it had
 * begun, rejected for what it had not; and the results which that had and may not have passed on go to results, with the same
 * lines.  A file that is not ours ends the program with 100.
 */
void queue_state_load(struct queue *q, struct results *results, const char *path, struct now now);

#endif
