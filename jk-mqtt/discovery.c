/* SPDX-License-Identifier: MIT */
#include "discovery.h"

#include <string.h>

#include "component.h"
#include "compose.h"
#include "conduct.h"
#include "firmware.h"

static char buffer[DISCOVERY_MAX];

void discovery_wanted(struct device *d, int64_t now_us)
{
	int64_t earliest_us =
		d->discovered_us == INT64_MIN ? INT64_MIN : d->discovered_us + DISCOVERY_SPACE_US;
	int64_t at_us = now_us < earliest_us ? earliest_us : now_us;
	if (at_us < d->discovery_us)
		d->discovery_us = at_us;
}

static enum entity_shape shape_of(const struct entity *e, struct json_object *record, enum entity_shape before)
{
	struct json_object *member, *array;
	const char *key = e->member ? e->member : e->key;
	if (e->array && json_object_object_get_ex(record, e->array, &array))
		return json_object_is_type(array, json_type_array) &&
				       json_object_array_get_idx(array, e->cell - 1u)
			       ? SHAPE_ARRAY
			       : SHAPE_NONE;
	if (!json_object_object_get_ex(record, key, &member))
		return SHAPE_NONE;
	return member || !e->array ? SHAPE_MEMBER : before; /* null, of a cell: there is none, or its frame does not come now */
}

/* What the bridge itself puts into the message. */
static bool is_ours(const struct entity *e)
{
	return e->source == ENTITY_AVAILABILITY || strcmp(e->key, "last_update") == 0 ||
	       strcmp(e->key, "frame_error_count") == 0;
}

static bool take_text(char to[IDENTITY_MAX], struct json_object *record, const char *key)
{
	const char *text = json_text(record, key);
	if (!text || strlen(text) >= IDENTITY_MAX || strcmp(text, to) == 0)
		return false;
	memcpy(to, text, strlen(text) + 1);
	return true;
}

static bool take_identity(struct device *d, struct json_object *record)
{
	bool changed = take_text(d->model, record, "vendor_id");
	changed |= take_text(d->hardware, record, "hardware_version");
	changed |= take_text(d->software, record, "software_version");
	changed |= take_text(d->serial, record, "serial_number");
	return changed;
}

bool discovery_look(struct device *d, enum entity_source source, struct json_object *record, int64_t now_us)
{
	size_t count;
	const struct entity *e = entities(&count);
	bool changed = source == ENTITY_ABOUT && take_identity(d, record), gone = false;
	for (size_t i = 0; i < count; i++, e++) {
		if (e->source != source && !(source == ENTITY_LIVE && e->source == ENTITY_AVAILABILITY))
			continue;
		enum entity_shape shape = is_ours(e) ? SHAPE_MEMBER : shape_of(e, record, d->shape[i]);
		if (d->shape[i] == shape)
			continue;
		changed = true;
		gone |= shape == SHAPE_NONE && d->announced[i] != ROLE_NONE;
		d->shape[i] = (uint8_t)shape;
	}
	if (changed)
		discovery_wanted(d, now_us);
	return gone;
}

static enum entity_role role_of(const struct publisher *p, const struct device *d, const struct entity *e,
				enum entity_shape shape)
{
	const struct field *f = entity_field(e);
	/* What another firmware keeps there is another thing. */
	if (shape == SHAPE_NONE || e->source == ENTITY_BRIDGE ||
	    (f && !firmware_has(d->software, f->firmware)))
		return ROLE_NONE;
	return p->options->fifo && !d->listening && entity_settable(e) ? ROLE_COMMAND : ROLE_SENSOR;
}

/* One component of a device's message; nothing but its platform has it removed. */
static void put_component(struct text *t, const struct publisher *p, const struct device *d,
			  const struct entity *e, enum entity_shape shape, enum entity_role role,
			  bool removed)
{
	char key[80];
	compose_key(t, component_key(e, role, key));
	text_char(t, '{');
	compose_string(t, "platform", entity_platform_name(component_platform(e, role)));
	if (!removed)
		component_put(t, p->options, d, e, shape, role, false);
	text_char(t, '}');
}

/* Whether something is removed with it, so that it has to be said once more without that. */
static bool put_components(struct text *t, const struct publisher *p, struct device *d)
{
	size_t count;
	const struct entity *e = entities(&count);
	bool removed = false;
	for (size_t i = 0; i < count; i++, e++) {
		enum entity_role role = role_of(p, d, e, d->shape[i]), before = d->announced[i];
		if (role != ROLE_NONE)
			put_component(t, p, d, e, d->shape[i], role, false);
		if (before != ROLE_NONE && before != role) {
			put_component(t, p, d, e, d->shape[i], before, true);
			removed = true;
		}
		d->announced[i] = (uint8_t)role;
	}
	return removed;
}

/* Components of an earlier run. */
static bool put_stale(struct text *t, struct device *d)
{
	if (!d->stale)
		return false;
	json_object_object_foreach(d->stale, key, platform)
	{
		compose_key(t, key);
		text_char(t, '{');
		compose_string(t, "platform", json_object_get_string(platform));
		text_char(t, '}');
	}
	json_object_put(d->stale);
	d->stale = NULL;
	return true;
}

static void send(struct publisher *p, const char *topic, struct text *t)
{
	if (t->overflow)
		conduct_log("%s: the discovery message is longer than %d bytes", topic, DISCOVERY_MAX);
	else
		outbox_repeat(p->outbox, topic, t->data, t->size, OUTBOX_ONCE);
}

static void send_device(struct publisher *p, struct device *d, int64_t now_us)
{
	char topic[TOPIC_MAX], id[128];
	struct text t = {.data = buffer, .capacity = sizeof buffer};
	text_char(&t, '{');
	component_device(&t, p->options, d);
	component_availability(&t, p->options, d->name);
	compose_string(&t, "state_topic", TOPIC(topic, p->options->prefix, d->name, "live"));
	compose_key(&t, "components");
	text_char(&t, '{');
	bool removed = put_components(&t, p, d);
	removed |= put_stale(&t, d);
	text_string(&t, "}}");
	send(p,
	     TOPIC(topic, p->options->discovery_prefix, "device", component_id(p->options, d->name, id),
		   "config"),
	     &t);
	if (removed)
		discovery_wanted(d, now_us);
}

static void send_component(struct publisher *p, const struct device *d, const struct entity *e,
			   enum entity_shape shape, enum entity_role role, bool removed)
{
	char topic[TOPIC_MAX], id[128], key[80];
	struct text t = {.data = buffer, .capacity = sizeof buffer};
	if (!removed) {
		text_char(&t, '{');
		component_put(&t, p->options, d, e, shape, role, true);
		if (e->source != ENTITY_AVAILABILITY)
			component_availability(&t, p->options, d->name);
		component_device(&t, p->options, d);
		text_char(&t, '}');
	}
	send(p,
	     TOPIC(topic, p->options->discovery_prefix, entity_platform_name(component_platform(e, role)),
		   component_id(p->options, d->name, id), component_key(e, role, key), "config"),
	     &t);
}

static void send_components(struct publisher *p, struct device *d)
{
	size_t count;
	const struct entity *e = entities(&count);
	for (size_t i = 0; i < count; i++, e++) {
		enum entity_role role = role_of(p, d, e, d->shape[i]), before = d->announced[i];
		if (before != ROLE_NONE && before != role)
			send_component(p, d, e, d->shape[i], before, true);
		if (role != ROLE_NONE)
			send_component(p, d, e, d->shape[i], role, false);
		d->announced[i] = (uint8_t)role;
	}
}

/* The old topics are emptied when ours have been sent once more, by which Home Assistant has taken the entities over. */
static void migrate(struct publisher *p, struct device *d, int64_t now_us)
{
	if (!d->old_topics)
		return;
	if (!d->migrated) {
		d->migrated = true;
		discovery_wanted(d, now_us);
		return;
	}
	for (size_t i = 0; i < json_object_array_length(d->old_topics); i++)
		outbox_repeat(p->outbox, json_object_get_string(json_object_array_get_idx(d->old_topics, i)),
			      "", 0, OUTBOX_ONCE);
	json_object_put(d->old_topics);
	d->old_topics = NULL;
	d->migrated = false;
}

/* What the broker retains of earlier runs is to come before what we tell. */
static void learn(struct publisher *p, const char *name)
{
	char topic[TOPIC_MAX], id[128];
	const char *prefix = p->options->discovery_prefix;
	component_id(p->options, name, id);
	outbox_subscribe(p->outbox, TOPIC(topic, prefix, "device", id, "config"));
	outbox_subscribe(p->outbox, TOPIC(topic, prefix, "+", id, "+", "config"));
}

void discovery_send(struct publisher *p, struct device *d, int64_t now_us)
{
	d->discovery_us = INT64_MAX;
	if (d->shadowed || d->states[ENTITY_LIVE].published_us == INT64_MIN)
		return; /* the first live record will have it sent */
	if (d->discovered_us == INT64_MIN)
		learn(p, d->name);
	d->discovered_us = now_us;
	migrate(p, d, now_us);
	if (p->options->by_component)
		send_components(p, d);
	else
		send_device(p, d, now_us);
}

static const struct entity *global_alarm(void)
{
	size_t count;
	const struct entity *e = entities(&count);
	while (e->source != ENTITY_BRIDGE)
		e++;
	return e;
}

/* The topic of the bridge's message, in one form or the other. */
static const char *bridge_topic(char topic[TOPIC_MAX], const struct options *o, bool by_component)
{
	const struct entity *e = global_alarm();
	char id[128];
	component_id(o, "bridge", id);
	if (by_component)
		return TOPIC(topic, o->discovery_prefix, entity_platform_name(e->platform), id, e->key,
			     "config");
	return TOPIC(topic, o->discovery_prefix, "device", id, "config");
}

/* As migrate() does for a device. */
static void migrate_bridge(struct publisher *p, int64_t now_us)
{
	char topic[TOPIC_MAX];
	if (p->bridge_form == OTHER_FORM_HEARD) {
		p->bridge_form = OTHER_FORM_MIGRATED;
		p->bridge_discovery_us = now_us + DISCOVERY_SPACE_US;
	} else if (p->bridge_form == OTHER_FORM_MIGRATED) {
		p->bridge_form = OTHER_FORM_NONE;
		outbox_repeat(p->outbox, bridge_topic(topic, p->options, !p->options->by_component), "", 0,
			      OUTBOX_ONCE);
	}
}

void discovery_bridge(struct publisher *p, int64_t now_us)
{
	char topic[TOPIC_MAX];
	const struct options *o = p->options;
	const struct entity *e = global_alarm();
	learn(p, "bridge");
	migrate_bridge(p, now_us);
	struct text t = {.data = buffer, .capacity = sizeof buffer};
	text_char(&t, '{');
	component_bridge(&t, o);
	component_availability(&t, o, NULL);
	if (o->by_component) {
		component_put(&t, o, NULL, e, SHAPE_MEMBER, ROLE_SENSOR, true);
		text_char(&t, '}');
	} else {
		compose_key(&t, "components");
		text_char(&t, '{');
		compose_key(&t, e->key);
		text_char(&t, '{');
		compose_string(&t, "platform", entity_platform_name(e->platform));
		component_put(&t, o, NULL, e, SHAPE_MEMBER, ROLE_SENSOR, false);
		text_string(&t, "}}}");
	}
	send(p, bridge_topic(topic, o, o->by_component), &t);
}

/* Is a component of that key and platform among what is told? */
static bool is_announced(const struct device *d, const char *key, const char *platform)
{
	size_t count;
	const struct entity *e = entities(&count);
	for (size_t i = 0; i < count; i++, e++) {
		char own[80];
		enum entity_role role = d->announced[i];
		if (role != ROLE_NONE && strcmp(component_key(e, role, own), key) == 0)
			return strcmp(entity_platform_name(component_platform(e, role)), platform) == 0;
	}
	return false;
}

/* Could a run of ours have told it?  Anything else would have Home Assistant refuse all of our message. */
static bool is_platform(const char *name)
{
	for (int i = 0; i < PLATFORMS; i++)
		if (strcmp(entity_platform_name((enum entity_platform)i), name) == 0)
			return true;
	return false;
}

static void learned_device(struct device *d, struct json_object *message, int64_t now_us)
{
	struct json_object *components = json_member(message, "components");
	if (!json_object_is_type(components, json_type_object))
		return;
	json_object_object_foreach(components, key, component)
	{
		const char *platform = json_object_is_type(component, json_type_object)
					       ? json_text(component, "platform")
					       : NULL;
		if (!platform || !is_platform(platform) || !compose_is_key(key, strlen(key)) ||
		    is_announced(d, key, platform))
			continue;
		if (d->stale && json_object_object_length(d->stale) >= ENTITIES_MAX)
			return; /* no run of ours told more, and a message with more might be too long */
		if (!d->stale)
			d->stale = json_object_new_object();
		json_object_object_add(d->stale, key, json_object_new_string(platform));
		discovery_wanted(d, now_us);
	}
}

static void order_migration(struct publisher *p, const char *topic)
{
	static const char order[] = "{\"migrate_discovery\":true}";
	outbox_repeat(p->outbox, topic, order, sizeof order - 1, OUTBOX_ONCE);
}

/* Whether that is the bridge's message in the other form. */
static bool learned_bridge(struct publisher *p, const char *topic, int64_t now_us)
{
	char other[TOPIC_MAX];
	if (strcmp(topic, bridge_topic(other, p->options, !p->options->by_component)) != 0)
		return false;
	order_migration(p, topic);
	p->bridge_form = OTHER_FORM_HEARD;
	p->bridge_discovery_us = now_us + DISCOVERY_SPACE_US;
	return true;
}

static void learned_other_form(struct publisher *p, struct device *d, const char *topic, int64_t now_us)
{
	order_migration(p, topic);
	if (!d->old_topics)
		d->old_topics = json_object_new_array();
	json_object_array_add(d->old_topics, json_object_new_string(topic));
	d->migrated = false;
	discovery_wanted(d, now_us);
}

/* The device whose identifier that is. */
static struct device *device_of_id(struct publisher *p, const char *id, size_t n)
{
	char own[128];
	for (size_t i = 0; i < p->devices.count; i++) {
		struct device *d = p->devices.list[i];
		component_id(p->options, d->name, own);
		if (!d->shadowed && d->discovered_us != INT64_MIN && strlen(own) == n &&
		    memcmp(own, id, n) == 0)
			return d;
	}
	return NULL;
}

/* "PLATFORM/ID/KEY/config" */
static void learned_component(struct publisher *p, struct device *d, const char *topic, const char *rest,
			      const char *key, int64_t now_us)
{
	char one[80], platform[32];
	struct text k = {.data = one, .capacity = sizeof one - 1},
		    f = {.data = platform, .capacity = sizeof platform - 1};
	text_add(&k, key, strcspn(key, "/"));
	text_add(&f, rest, strcspn(rest, "/"));
	one[k.size] = platform[f.size] = '\0';
	if (!p->options->by_component)
		learned_other_form(p, d, topic, now_us);
	else if (!is_announced(d, one, platform))
		outbox_repeat(p->outbox, topic, "", 0, OUTBOX_ONCE);
}

void discovery_learned(struct publisher *p, const char *topic, const char *rest, const char *payload,
		       size_t size, int64_t now_us)
{
	const char *id = strchr(rest, '/');
	size_t n = id ? strcspn(id + 1, "/") : 0;
	if (size > 0 && learned_bridge(p, topic, now_us))
		return;
	struct device *d = n > 0 ? device_of_id(p, id + 1, n) : NULL;
	if (!d || size == 0)
		return;
	if (strncmp(rest, "device/", 7) != 0) {
		learned_component(p, d, topic, rest, id[1 + n] ? id + n + 2 : "", now_us);
		return;
	}
	if (p->options->by_component) {
		learned_other_form(p, d, topic, now_us);
		return;
	}
	struct json_object *message = json_tokener_parse(payload);
	if (json_object_is_type(message, json_type_object))
		learned_device(d, message, now_us);
	json_object_put(message);
}
