/* SPDX-License-Identifier: MIT */
#ifndef COMPONENT_H
#define COMPONENT_H

#include "device.h"
#include "options.h"
#include "text.h"

/* The parts of discovery messages, without the braces around them. */

/* The platform on which an entity stands in a role. */
enum entity_platform component_platform(const struct entity *e, enum entity_role role);

/* The key of a component: that of the entity, with _set behind it if it can be set. */
const char *component_key(const struct entity *e, enum entity_role role, char key[80]);

/* PREFIX_DEVICE_KEY, unique on its platform. */
void component_unique_id(struct text *t, const struct options *o, const struct device *d,
			 const struct entity *e);

/* All of an entity but its platform.  by_itself: the message is its own, and holds what a device's says once for all. */
void component_put(struct text *t, const struct options *o, const struct device *d, const struct entity *e,
		   enum entity_shape shape, enum entity_role role, bool by_itself);

/* "device":{…},"origin":{…} */
void component_device(struct text *t, const struct options *o, const struct device *d);
void component_bridge(struct text *t, const struct options *o);

/* "availability":[…],"availability_mode":"all" */
void component_availability(struct text *t, const struct options *o, const char *device);

/* PREFIX_NAME, with what identifiers may not have replaced. */
const char *component_id(const struct options *o, const char *name, char id[128]);

#endif
