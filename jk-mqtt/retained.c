/* SPDX-License-Identifier: MIT */
#include "retained.h"

#include <string.h>

#include "abbreviations.h"
#include "payload.h"

enum {
	RETAINED_MAX = 2 * ENTITIES_MAX, /* components of one device */
	COMPONENT_MAX = 4096,            /* bytes of one; ours have less than half as many */
};

/* Returns true if a run of ours can have sent it. */
static bool is_platform(const char *name)
{
	for (int i = 0; name && i < PLATFORMS; i++)
		if (strcmp(entity_platform_name((enum entity_platform)i), name) == 0)
			return true;
	return false;
}

bool retained_is_whole(struct json_object *component)
{
	return json_object_object_length(component) > 1;
}

static bool has_room(struct json_object *component)
{
	char json[COMPONENT_MAX];
	struct strbuf t = {.data = json, .capacity = sizeof json};
	payload_value(&t, component);
	return !t.overflow;
}

static bool is_valid(const char *key, struct json_object *component)
{
	if (!payload_is_key(key, strlen(key)) || !json_object_is_type(component, json_type_object) ||
	    !is_platform(json_text(component, "p")))
		return false;
	return !retained_is_whole(component) || (json_text(component, "uniq_id") && has_room(component));
}

/* Returns true if a component with this key is announced. */
static bool is_announced(const struct announcement *a, const char *key)
{
	size_t count;
	const struct entity *e = entities(&count);
	for (size_t i = 0; i < count; i++, e++) {
		char own[COMPONENT_KEY_MAX];
		if (a->announced[i] != ROLE_NONE && strcmp(component_key(e, a->announced[i], own), key) == 0)
			return true;
	}
	return false;
}

static void keep(struct announcement *a, const char *key, struct json_object *component)
{
	if (!is_valid(key, component) || is_announced(a, key))
		return;
	if (!a->retained)
		a->retained = json_object_new_object();
	if (!a->retained || json_object_object_length(a->retained) >= RETAINED_MAX)
		return;
	if (json_object_object_add(a->retained, key, json_object_get(component)) < 0)
		json_object_put(component);
}

/* NULL if the origin is jk-mqtt; else why the message is not ours. */
static const char *who(struct json_object *message)
{
	const char *name = json_text(json_member(message, "o"), "name");
	return !name                          ? "not by jk-mqtt: it has no origin"
	       : strcmp(name, "jk-mqtt") != 0 ? "not by jk-mqtt"
					      : NULL;
}

static void take_topic(struct announcement *a, struct json_object *message)
{
	json_object_put(a->retained_topic);
	a->retained_topic = json_object_get(json_member(message, "stat_t"));
}

static void take_block(struct announcement *a, struct json_object *message)
{
	struct json_object *block = json_member(message, "dev");
	if (!json_object_is_type(block, json_type_object))
		return;
	json_object_put(a->retained_block);
	a->retained_block = json_object_get(block);
}

const char *retained_device(struct announcement *a, struct json_object *message)
{
	struct json_object *components;
	if (!json_object_is_type(message, json_type_object))
		return "damaged";
	if (json_member(message, "migrate_discovery"))
		return NULL; /* left by an interrupted migration: it has no components */
	abbreviate_message(message);
	const char *wrong = who(message);
	if (wrong)
		return wrong;
	components = json_member(message, "cmps");
	if (!json_object_is_type(components, json_type_object))
		return "damaged";
	take_block(a, message);
	take_topic(a, message);
	json_object_object_foreach(components, key, component) keep(a, key, component);
	return NULL;
}

const char *retained_component(struct announcement *a, const char *key, const char *platform,
			       struct json_object *message)
{
	if (!json_object_is_type(message, json_type_object))
		return "damaged";
	if (json_member(message, "migrate_discovery"))
		return NULL;
	abbreviate_message(message);
	const char *wrong = who(message);
	if (wrong)
		return wrong;
	take_block(a, message);
	json_object_object_del(message, "dev");
	json_object_object_del(message, "o");
	json_object_object_add(message, "p", json_object_new_string(platform));
	keep(a, key, message);
	return NULL;
}

bool retained_stands_in_the_way(const struct announcement *a, const char *key, const char *platform,
				const char *unique_id)
{
	if (!a->retained)
		return false;
	json_object_object_foreach(a->retained, other, component)
	{
		bool same_platform = strcmp(json_text(component, "p"), platform) == 0;
		const char *id = json_text(component, "uniq_id");
		if (strcmp(other, key) == 0 ? !same_platform && id
					    : same_platform && id && strcmp(id, unique_id) == 0)
			return true;
	}
	return false;
}

void retained_confirmed(struct announcement *a, const char *key)
{
	if (a->retained)
		json_object_object_del(a->retained, key);
}

void retained_forget(struct announcement *a)
{
	json_object_put(a->retained);
	a->retained = NULL;
}

void retained_put_component(struct strbuf *t, struct json_object *component, const char *root)
{
	const char *topic = json_text(component, "stat_t");
	bool is_in_root = root && topic && strcmp(topic, root) == 0;
	json_object_object_foreach(component, key, value)
	{
		if (strcmp(key, "p") == 0 || (is_in_root && strcmp(key, "stat_t") == 0))
			continue;
		payload_key(t, key);
		payload_value(t, value);
	}
}

void retained_put(struct strbuf *t, const struct announcement *a, const char *root, bool removed)
{
	if (!a->retained)
		return;
	json_object_object_foreach(a->retained, key, component)
	{
		if (t->capacity - t->size < 2 * COMPONENT_MAX || (!removed && !retained_is_whole(component)))
			continue;
		payload_key(t, key);
		strbuf_char(t, '{');
		payload_string(t, "p", json_text(component, "p"));
		if (!removed)
			retained_put_component(t, component, root);
		strbuf_char(t, '}');
	}
}

const char *retained_identity(const struct announcement *a, const char *key)
{
	const char *text = a->retained_block ? json_text(a->retained_block, key) : NULL;
	return text ? text : "";
}
