/* SPDX-License-Identifier: MIT */
#include "discovery_role.h"

#include <string.h>

#include "firmware.h"
#include "retained.h"

enum entity_role discovery_role(const struct publisher *p, const struct device *d, const struct entity *e,
				enum entity_shape shape)
{
	const struct field *f = entity_field(e);
	if (!layout_has_state(p->options->layout, e->source))
		return ROLE_NONE;
	if (shape == SHAPE_NONE || publisher_is_bridge(p, d) != (e->source == ENTITY_BRIDGE))
		return ROLE_NONE;
	/* Other firmware keeps something else in this register. */
	if (f && !firmware_has(d->announcement.software, strlen(d->announcement.software), f->firmware))
		return ROLE_NONE;
	bool settable = p->options->fifo && !d->listening;
	if (e->source == ENTITY_RESULT)
		return settable ? ROLE_SENSOR : ROLE_NONE;
	return settable && entity_settable(e) ? ROLE_COMMAND : ROLE_SENSOR;
}

static bool in_the_way(const struct publisher *p, const struct device *d, const struct component *t)
{
	char key[COMPONENT_KEY_MAX], id[ID_MAX];
	return retained_stands_in_the_way(&d->announcement, component_key(t->e, t->role, key),
					  entity_platform_name(component_platform(t->e, t->role)),
					  naming_unique_id(id, p->options, d->name, t->e->key));
}

/*
 * Home Assistant loses what its user has changed in an entity that is removed.  So an entity stays announced
 * until all records rule it out.  A single record is not enough: a BMS that has just started may report no
 * cells yet, and two packs with one address report other cells in turn.
 */
struct component discovery_component(const struct publisher *p, struct device *d, const struct entity *e,
				     size_t i)
{
	struct component t = {.e = e,
			      .role = discovery_role(p, d, e, d->announcement.shape[i]),
			      .shape = d->announcement.shape[i]};
	enum entity_role before = d->announcement.announced[i];
	if (before != ROLE_NONE && before != t.role) {
		if (d->announcement.may_remove) {
			t.removed = before;
		} else {
			t.role = before;
			t.shape = t.shape == SHAPE_NONE ? d->announcement.announced_shape[i] : t.shape;
		}
	}
	if (before == ROLE_NONE && t.role != ROLE_NONE && in_the_way(p, d, &t))
		t.role = ROLE_NONE;
	d->announcement.announced[i] = (uint8_t)t.role;
	d->announcement.announced_shape[i] = (uint8_t)t.shape;
	return t;
}
