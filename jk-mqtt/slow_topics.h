/* SPDX-License-Identifier: MIT */
#ifndef SLOW_TOPICS_H
#define SLOW_TOPICS_H

#include "publisher.h"

/*
 * The values of a live state that change all the time and that few need at once have topics of their own for
 * Home Assistant, which keeps each change in its database: the cells, and the clocks.  Each goes out once a
 * minute at most; the cells also as soon as one of them has moved by --cell-step.  Under a load that changes
 * all the time each record moves them: then they go out every 20 s.
 */

enum { SLOW_TOPICS_US = 60000000, SLOW_MOVED_US = 20000000 };

/* The topic that has the state of an entity. */
enum layout_topic slow_topics_of(const struct options *o, const struct entity *e);

/* After a live state was made for publication: publishes what is due of it. */
void slow_topics_live(struct publisher *p, struct device *d, struct json_object *live, int64_t now_us);

/* Publishes what has waited for its minute; the deadline of that.  INT64_MAX: nothing waits. */
void slow_topics_time(struct publisher *p, struct device *d, int64_t now_us);
int64_t slow_topics_deadline(const struct device *d);

/* At the end: publishes what waits. */
void slow_topics_finish(struct publisher *p, struct device *d, int64_t now_us);

#endif
