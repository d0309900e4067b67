/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_STATE_H
#define QUEUE_STATE_H

#include "queue.h"
#include "results.h"

/*
 * What a restart has to know, the file of option -s: the commands without a result and how far each has come,
 * the results that are not on stdout yet, and how many writes each BMS has had in its day.
 */

/*
 * Replaces the file as a whole, but only if its content changes.  The content survives a power cut once this
 * returns.  Returns 0; -1 with errno if it could not be saved.  results may be NULL.
 */
int queue_state_save(struct queue *q, const struct results *results, const char *path, struct now now);

/* The next save writes the file also if nothing but its time has changed. */
void queue_state_refresh(void);

/* Does the state contain writes of a day that is not over? */
bool queue_state_ages(const struct queue *q, struct now now);

/*
 * Takes the content of a state, n bytes: the counts go into the queue; each command that an earlier run left
 * unfinished gets a result: unknown if that run had begun it, else rejected.  Results that may not have
 * reached stdout go to results, if that is not NULL, with their lines unchanged.  Returns NULL; or what is
 * wrong with it, and nothing of it is taken.
 */
const char *queue_state_parse(struct queue *q, struct results *results, const char *p, size_t n,
			      struct now now);

/*
 * The same of a file, which may be missing.  If its content is wrong, that is logged and there is no state;
 * what happens to the file, and when the program ends, is in state_file.h.
 */
void queue_state_load(struct queue *q, struct results *results, const char *path, struct now now);

#endif
