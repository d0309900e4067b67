/* SPDX-License-Identifier: MIT */
#ifndef DISCOVERY_ENTITY_H
#define DISCOVERY_ENTITY_H

#include "device.h"
#include "layout.h"
#include "options.h"
#include "strbuf.h"

/* Parts of discovery messages, without the braces around them. */

/* The platform of an entity in this role. */
enum entity_platform discovery_entity_platform(const struct entity *e, enum entity_role role);

/* The key of a component: that of the entity, followed by _set if it can be set. */
const char *discovery_entity_key(const struct entity *e, enum entity_role role, char key[80]);

/* PREFIX_DEVICE_KEY, unique on its platform. */
void discovery_entity_unique_id(struct strbuf *t, const struct options *o, const struct device *d,
				const struct entity *e);

/*
 * All of an entity but its platform.  by_itself: in a message of its own, so with what the message of a
 * device has once for all.
 */
void discovery_entity_put(struct strbuf *t, const struct options *o, const struct device *d,
			  const struct entity *e, enum entity_shape shape, enum entity_role role,
			  bool by_itself);

/* "state_topic":"…" of entities with this source. */
void discovery_entity_state_topic(struct strbuf *t, const struct options *o, const struct device *d,
				  enum entity_source source);

/* "device":{…},"origin":{…} */
void discovery_entity_device(struct strbuf *t, const struct options *o, const struct device *d);
void discovery_entity_bridge(struct strbuf *t, const struct options *o);

/* "availability":[…],"availability_mode":"all" */
void discovery_entity_availability(struct strbuf *t, const struct options *o, const char *device);

/* PREFIX_NAME; characters that identifiers must not have are replaced. */
const char *discovery_entity_id(const struct options *o, const char *name, char id[128]);

#endif
