/* SPDX-License-Identifier: MIT */
#ifndef LINK_TOPICS_H
#define LINK_TOPICS_H

#include "publisher.h"

/* The topic of a link: the state of a bus and of the connection to it. */

/* Takes an event of jk-capture. */
void link_topics_event(struct publisher *p, const char *channel, const char *event, const char *words,
		       int64_t now_us);

/* Takes a health record, or an alarm record, that has no BMS. */
void link_topics_health(struct publisher *p, struct json_record *r);
void link_topics_transition(struct publisher *p, struct json_record *r);

/* When a change is published: counts grow every 10 seconds, and are not urgent. */
int64_t link_topics_due(const struct publisher *p, const struct link *link);
void link_topics_publish(struct publisher *p, struct link *link, int64_t now_us);

#endif
