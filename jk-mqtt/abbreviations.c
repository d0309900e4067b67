/* SPDX-License-Identifier: MIT */
#include "abbreviations.h"

#include <stddef.h>

struct abbreviation {
	const char *key, *brief;
};

/* Of those that jk-mqtt writes or has written; of the root and of components. */
static const struct abbreviation of_components[] = {
	{"availability", "avty"},
	{"availability_mode", "avty_mode"},
	{"command_topic", "cmd_t"},
	{"components", "cmps"},
	{"default_entity_id", "def_ent_id"},
	{"device", "dev"},
	{"device_class", "dev_cla"},
	{"enabled_by_default", "en"},
	{"entity_category", "ent_cat"},
	{"event_types", "evt_typ"},
	{"icon", "ic"},
	{"json_attributes_topic", "json_attr_t"},
	{"options", "ops"},
	{"origin", "o"},
	{"payload_off", "pl_off"},
	{"payload_on", "pl_on"},
	{"platform", "p"},
	{"state_class", "stat_cla"},
	{"state_topic", "stat_t"},
	{"suggested_display_precision", "sug_dsp_prc"},
	{"topic", "t"},
	{"unique_id", "uniq_id"},
	{"unit_of_measurement", "unit_of_meas"},
	{"value_template", "val_tpl"},
	{NULL, NULL},
};

static const struct abbreviation of_device[] = {
	{"hw_version", "hw"},    {"identifiers", "ids"},   {"manufacturer", "mf"}, {"model", "mdl"},
	{"serial_number", "sn"}, {"suggested_area", "sa"}, {"sw_version", "sw"},   {NULL, NULL},
};

/* Of a member that has both keys the short one counts. */
static void abbreviate(struct json_object *object, const struct abbreviation *a)
{
	if (!json_object_is_type(object, json_type_object))
		return;
	for (; a->key; a++) {
		struct json_object *value;
		if (!json_object_object_get_ex(object, a->key, &value))
			continue;
		if (!json_object_object_get_ex(object, a->brief, NULL) &&
		    json_object_object_add(object, a->brief, json_object_get(value)) < 0)
			json_object_put(value);
		json_object_object_del(object, a->key);
	}
}

static void abbreviate_availability(struct json_object *list)
{
	if (!json_object_is_type(list, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(list); i++)
		abbreviate(json_object_array_get_idx(list, i), of_components);
}

/* The platform alone removes a component: it has no topic. */
static void inherit(struct json_object *component, struct json_object *topic)
{
	if (!json_object_is_type(component, json_type_object) || !topic || json_member(component, "stat_t") ||
	    json_object_object_length(component) < 2)
		return;
	if (json_object_object_add(component, "stat_t", json_object_get(topic)) < 0)
		json_object_put(topic);
}

void abbreviate_message(struct json_object *message)
{
	abbreviate(message, of_components);
	abbreviate(json_member(message, "dev"), of_device);
	abbreviate(json_member(message, "o"), of_device);
	abbreviate_availability(json_member(message, "avty"));
	struct json_object *components = json_member(message, "cmps"),
			   *topic = json_member(message, "stat_t");
	if (!json_object_is_type(components, json_type_object))
		return;
	json_object_object_foreach(components, key, component)
	{
		(void)key;
		abbreviate(component, of_components);
		abbreviate_availability(json_member(component, "avty"));
		inherit(component, topic);
	}
}
