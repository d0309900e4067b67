/* SPDX-License-Identifier: MIT */
#ifndef SAVER_H
#define SAVER_H

#include <stdbool.h>
#include <stdint.h>

#include "log.h"
#include "queue.h"
#include "results.h"

/*
 * Saves the state when it has changed.  While that fails, the queue writes nothing to a BMS, and saving is
 * tried again.
 */

struct saver {
	const char *path; /* -s; NULL: no state is kept */
	struct queue *queue;
	const struct results *results;
	int64_t refresh_us; /* when to save it again, though unchanged; INT64_MAX: never */
	int64_t retry_us;   /* when to try again; INT64_MAX: the state is saved */
	struct log_limit messages;
};

/*
 * Loads the state of an earlier run and saves it, which shows whether a state can be kept at all.  A full
 * disk does not hold up the stream; any other failure ends the program.
 */
void saver_begin(struct saver *s, const char *path, struct queue *queue, struct results *results);

/* Saves what has changed, unless the last attempt failed less than a second ago. */
void saver_save(struct saver *s);

/* When to call saver_save again at the latest; INT64_MAX: only after a change. */
int64_t saver_deadline(const struct saver *s);

/*
 * Saves at once, so that it survives a power cut.  False: the state could not be saved, and
 * queue->env.unkept says why.
 */
bool saver_save_now(struct saver *s);

#endif
