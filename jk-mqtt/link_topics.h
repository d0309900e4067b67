/* SPDX-License-Identifier: MIT */
#ifndef LINK_TOPICS_H
#define LINK_TOPICS_H

#include "publisher.h"

/* PREFIX/link/CHANNEL: what is known of a bus and of the way to it. */

/* An event of the capture. */
void link_topics_event(struct publisher *p, const char *channel, const char *event, const char *words,
		       int64_t now_us);

/* A health record without a BMS; an alarm without one. */
void link_topics_health(struct publisher *p, struct json_record *r);
void link_topics_transition(struct publisher *p, struct json_record *r);

/* When what has changed is to be published: counts grow every 10 seconds, and nobody waits for them. */
int64_t link_topics_due(const struct publisher *p, const struct link *link);
void link_topics_publish(struct publisher *p, struct link *link, int64_t now_us);

#endif
