/* SPDX-License-Identifier: MIT */
#ifndef STATE_TOPICS_H
#define STATE_TOPICS_H

#include "publisher.h"

/* The topics of the states of a pack: live, settings, about; with -k also one topic for each value. */

/* Publishes the newest record of a state if it differs from the last one that was published. */
void state_topics_publish(struct publisher *p, struct device *d, enum entity_source source, int64_t now_us);

/* Publishes a state once more, so that a user interface that shows a requested value shows the real one. */
void state_topics_again(struct publisher *p, const struct device *d, enum entity_source source,
			const char *key);

#endif
