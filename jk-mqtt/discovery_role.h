/* SPDX-License-Identifier: MIT */
#ifndef DISCOVERY_ROLE_H
#define DISCOVERY_ROLE_H

#include "publisher.h"

/* How an entity of a device is announced now. */

/* As records show it: whether it is there, and whether it can be set. */
enum entity_role discovery_role(const struct publisher *p, const struct device *d, const struct entity *e,
				enum entity_shape shape);

struct component {
	const struct entity *e;
	enum entity_role role, removed; /* its role, and the former one that is removed */
	enum entity_shape shape;
};

/* Decides it for the i-th entity, and notes it in the announcement. */
struct component discovery_component(const struct publisher *p, struct device *d, const struct entity *e,
				     size_t i);

#endif
