/* SPDX-License-Identifier: MIT */
#ifndef DISCOVERY_ENTITY_H
#define DISCOVERY_ENTITY_H

#include "device.h"
#include "naming.h"
#include "strbuf.h"

/* Parts of discovery messages, without the braces around them. */

/*
 * All of an entity but its platform.  by_itself: in a message of its own, so with what the message of a
 * device has once for all.
 */
void discovery_entity_put(struct strbuf *t, const struct options *o, const struct device *d,
			  const struct entity *e, enum entity_shape shape, enum entity_role role,
			  bool by_itself);

/* The state topic of the components that have none of their own; it is that of most of them. */
const char *discovery_entity_root(char topic[TOPIC_MAX], const struct options *o, const struct device *d);

/* The same as "stat_t":"…". */
void discovery_entity_state_topic(struct strbuf *t, const struct options *o, const struct device *d);

/* "dev":{…},"o":{…} */
void discovery_entity_device(struct strbuf *t, const struct options *o, const struct device *d);
void discovery_entity_bridge(struct strbuf *t, const struct options *o);

/* "availability":[…],"availability_mode":"all" */
void discovery_entity_availability(struct strbuf *t, const struct options *o, const char *device);

/* Which program sends the message. */
void discovery_entity_origin(struct strbuf *t);

#endif
