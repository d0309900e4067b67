/* SPDX-License-Identifier: MIT */
#ifndef COMPONENT_H
#define COMPONENT_H

#include "entities.h"

/* An entity as a component of a discovery message. */

/* Where its value is in its state message. */
enum entity_shape {
	SHAPE_NONE,
	SHAPE_MEMBER, /* a member with the entity's key */
	SHAPE_ARRAY,  /* an element of an array, as of cell_voltages */
};

/* How it is announced. */
enum entity_role {
	ROLE_NONE,
	ROLE_SENSOR,  /* read only */
	ROLE_COMMAND, /* can be set */
};

enum { COMPONENT_KEY_MAX = 80 };

/* The platform of an entity in this role. */
enum entity_platform component_platform(const struct entity *e, enum entity_role role);

/* The key of the component: that of the entity, followed by _set if it can be set. */
const char *component_key(const struct entity *e, enum entity_role role, char key[COMPONENT_KEY_MAX]);

#endif
