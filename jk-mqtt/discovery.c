/* SPDX-License-Identifier: MIT */
#include "discovery.h"

#include <string.h>

#include "discovery_entity.h"
#include "firmware.h"
#include "log.h"
#include "payload.h"
#include "retained.h"

static char buffer[DISCOVERY_MAX];

/* An entity whose state is not one of the records, but exists as the live record shows. */
static bool is_beside_live(const struct entity *e)
{
	return e->source == ENTITY_AVAILABILITY || e->source == ENTITY_ALARMS;
}

static enum entity_shape shape_of(const struct entity *e, struct json_object *record,
				  enum entity_shape before)
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
	return member || !e->array
		       ? SHAPE_MEMBER
		       : before; /* null for a cell: not fitted, or its frame does not come at the moment */
}

/* Members that jk-mqtt itself adds to the state. */
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
	bool changed = take_text(d->announcement.model, record, "vendor_id");
	changed |= take_text(d->announcement.hardware, record, "hardware_version");
	changed |= take_text(d->announcement.software, record, "software_version");
	changed |= take_text(d->announcement.serial, record, "serial_number");
	return changed;
}

static bool is_bridge(const struct publisher *p, const struct device *d)
{
	return d == &p->bridge;
}

void discovery_look(struct device *d, enum entity_source source, struct json_object *record, int64_t now_us)
{
	size_t count;
	const struct entity *e = entities(&count);
	bool changed = source == ENTITY_ABOUT && take_identity(d, record);
	changed |= !d->announcement.looked_at[source];
	d->announcement.looked_at[source] = true;
	for (size_t i = 0; i < count; i++, e++) {
		if (e->source != source && !(source == ENTITY_LIVE && is_beside_live(e)))
			continue;
		enum entity_shape shape =
			is_ours(e) ? SHAPE_MEMBER : shape_of(e, record, d->announcement.shape[i]);
		if (e->source == ENTITY_ALARMS && !d->alarms.published)
			shape = SHAPE_NONE; /* its state topic has no message yet */
		if (d->announcement.shape[i] == shape)
			continue;
		changed = true;
		d->announcement.shape[i] = (uint8_t)shape;
	}
	if (!changed)
		return;
	d->announcement.changed_us = now_us;
	announcement_wanted(&d->announcement, now_us);
}

/* Returns true if it is announced, but missing in the record. */
static bool is_missed(const struct device *d, const struct entity *e, size_t i)
{
	if (d->announcement.shape[i] != SHAPE_NONE)
		return false;
	return d->announcement.announced[i] != ROLE_NONE ||
	       (d->announcement.retained && json_member(d->announcement.retained, e->key));
}

static void add_null(struct json_object *record, const struct entity *e)
{
	struct json_object *array = e->array ? json_member(record, e->array) : NULL;
	const char *key = e->member ? e->member : e->key;
	if (json_object_is_type(array, json_type_array)) {
		while (json_object_array_length(array) < e->cell)
			json_object_array_add(array, NULL);
	} else if (!json_object_object_get_ex(record, key, NULL)) {
		json_object_object_add(record, key, NULL);
	}
}

void discovery_fill(const struct device *d, enum entity_source source, struct json_object *record)
{
	size_t count;
	const struct entity *e = entities(&count);
	for (size_t i = 0; i < count; i++, e++)
		if (e->source == source && is_missed(d, e, i))
			add_null(record, e);
}

static enum entity_role role_of(const struct publisher *p, const struct device *d, const struct entity *e,
				enum entity_shape shape)
{
	const struct field *f = entity_field(e);
	if (shape == SHAPE_NONE || is_bridge(p, d) != (e->source == ENTITY_BRIDGE))
		return ROLE_NONE;
	/* Other firmware keeps something else in this register. */
	if (f && !firmware_has(d->announcement.software, strlen(d->announcement.software), f->firmware))
		return ROLE_NONE;
	return p->options->fifo && !d->listening && entity_settable(e) ? ROLE_COMMAND : ROLE_SENSOR;
}

/* How one component is announced now. */
struct component {
	const struct entity *e;
	enum entity_role role, removed; /* its role, and the former one that is removed */
	enum entity_shape shape;
};

static bool in_the_way(const struct publisher *p, const struct device *d, const struct component *t)
{
	char key[80], id[256];
	struct strbuf u = {.data = id, .capacity = sizeof id - 1};
	if (!d->announcement.retained)
		return false;
	discovery_entity_unique_id(&u, p->options, d, t->e);
	id[u.size] = '\0';
	return retained_stands_in_the_way(d, discovery_entity_key(t->e, t->role, key),
					  entity_platform_name(discovery_entity_platform(t->e, t->role)), id);
}

/*
 * Home Assistant loses what its user has changed in an entity that is removed.  So an entity stays announced
 * until all records rule it out.  A single record is not enough: a BMS that has just started may report no
 * cells yet, and two packs with one address report other cells in turn.
 */
static struct component component_of(const struct publisher *p, struct device *d, const struct entity *e,
				     size_t i)
{
	struct component t = {.e = e,
			      .role = role_of(p, d, e, d->announcement.shape[i]),
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

static void confirmed(struct device *d, const struct component *t)
{
	char key[80];
	if (t->role != ROLE_NONE)
		retained_confirmed(d, discovery_entity_key(t->e, t->role, key));
}

/* Adds one component to the message of a device; the platform alone removes it. */
static void put_component(struct strbuf *t, const struct publisher *p, const struct device *d,
			  const struct component *component, enum entity_role role)
{
	char key[80];
	if (role == ROLE_NONE)
		return;
	payload_key(t, discovery_entity_key(component->e, role, key));
	strbuf_char(t, '{');
	payload_string(t, "platform", entity_platform_name(discovery_entity_platform(component->e, role)));
	if (role == component->role)
		discovery_entity_put(t, p->options, d, component->e, component->shape, role, false);
	strbuf_char(t, '}');
}

/* Returns whether it removes a component: then the message is sent once more without it. */
static bool put_components(struct strbuf *t, const struct publisher *p, struct device *d)
{
	size_t count;
	const struct entity *e = entities(&count);
	bool removed = false;
	for (size_t i = 0; i < count; i++, e++) {
		struct component component = component_of(p, d, e, i);
		confirmed(d, &component);
		put_component(t, p, d, &component, component.role);
		put_component(t, p, d, &component, component.removed);
		removed |= component.removed != ROLE_NONE;
	}
	retained_put(t, d, d->announcement.may_remove);
	if (d->announcement.retained && d->announcement.may_remove) {
		retained_forget(d);
		removed = true;
	}
	return removed;
}

static void send(struct publisher *p, const char *topic, struct strbuf *t)
{
	if (t->overflow)
		log_line("%s: the discovery message is longer than %d bytes", topic, DISCOVERY_MAX);
	else
		outbox_repeat(p->outbox, topic, t->data, t->size, OUTBOX_ONCE);
}

/* The device block and the origin, which every message has. */
static void put_root(struct strbuf *t, const struct publisher *p, const struct device *d)
{
	if (is_bridge(p, d))
		discovery_entity_bridge(t, p->options);
	else
		discovery_entity_device(t, p->options, d);
}

static void put_availability(struct strbuf *t, const struct publisher *p, const struct device *d)
{
	discovery_entity_availability(t, p->options, is_bridge(p, d) ? NULL : d->name);
}

/* The topic of the message of a device, or of one component if there is a platform. */
static const char *topic_of(char topic[TOPIC_MAX], const struct publisher *p, const struct device *d,
			    const char *platform, const char *key)
{
	char id[128];
	discovery_entity_id(p->options, d->name, id);
	return layout_topic(topic, p->options, platform ? LAYOUT_COMPONENT_CONFIG : LAYOUT_DEVICE_CONFIG,
			    LAYOUT_NAMES(.id = id, .platform = platform, .key = key));
}

static void send_device(struct publisher *p, struct device *d, int64_t now_us)
{
	char topic[TOPIC_MAX];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	strbuf_char(&t, '{');
	put_root(&t, p, d);
	put_availability(&t, p, d);
	if (!is_bridge(p, d))
		discovery_entity_state_topic(&t, p->options, d, ENTITY_LIVE);
	payload_key(&t, "components");
	strbuf_char(&t, '{');
	bool removed = put_components(&t, p, d);
	strbuf_string(&t, "}}");
	uint64_t hash = payload_hash(t.data, t.size);
	if (hash != d->announcement.hash || d->announcement.again)
		send(p, topic_of(topic, p, d, NULL, NULL), &t);
	d->announcement.hash = hash;
	if (removed)
		announcement_wanted(&d->announcement, now_us);
}

static void send_component(struct publisher *p, const struct device *d, const struct component *component,
			   enum entity_role role)
{
	char topic[TOPIC_MAX], key[80];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	const struct entity *e = component->e;
	if (role == ROLE_NONE)
		return;
	if (role == component->role) {
		strbuf_char(&t, '{');
		discovery_entity_put(&t, p->options, d, e, component->shape, role, true);
		if (e->source != ENTITY_AVAILABILITY)
			put_availability(&t, p, d);
		put_root(&t, p, d);
		strbuf_char(&t, '}');
	}
	send(p,
	     topic_of(topic, p, d, entity_platform_name(discovery_entity_platform(e, role)),
		      discovery_entity_key(e, role, key)),
	     &t);
}

/* Announces a component of an earlier run, which had it in the message of the device. */
static void send_retained(struct publisher *p, const struct device *d, const char *key,
			  struct json_object *component)
{
	char topic[TOPIC_MAX];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	bool live = !json_member(component, "state_topic"),
	     available = json_member(component, "availability");
	strbuf_char(&t, '{');
	retained_put_component(&t, component);
	if (live)
		discovery_entity_state_topic(&t, p->options, d, ENTITY_LIVE);
	if (!available)
		put_availability(&t, p, d);
	put_root(&t, p, d);
	strbuf_char(&t, '}');
	send(p, topic_of(topic, p, d, json_text(component, "platform"), key), &t);
}

/* Components of earlier runs have topics of their own, except those of the other form. */
static void send_retained_ones(struct publisher *p, struct device *d)
{
	char topic[TOPIC_MAX];
	if (!d->announcement.retained)
		return;
	json_object_object_foreach(d->announcement.retained, key, component)
	{
		if (d->announcement.may_remove)
			outbox_repeat(p->outbox, topic_of(topic, p, d, json_text(component, "platform"), key),
				      "", 0, OUTBOX_ONCE);
		else if (d->announcement.old_topics && retained_is_whole(component))
			send_retained(p, d, key, component);
	}
	if (d->announcement.may_remove)
		retained_forget(d);
}

static void send_components(struct publisher *p, struct device *d)
{
	size_t count;
	const struct entity *e = entities(&count);
	for (size_t i = 0; i < count; i++, e++) {
		struct component component = component_of(p, d, e, i);
		confirmed(d, &component);
		send_component(p, d, &component, component.removed);
		send_component(p, d, &component, component.role);
	}
	send_retained_ones(p, d);
}

/*
 * Empties the old topics after ours have been sent once more: by then Home Assistant has taken the entities
 * over.
 */
static void migrate(struct publisher *p, struct device *d, int64_t now_us)
{
	if (!d->announcement.old_topics)
		return;
	d->announcement.again = true;
	if (!d->announcement.migrated) {
		d->announcement.migrated = true;
		announcement_wanted(&d->announcement, now_us);
		return;
	}
	for (size_t i = 0; i < json_object_array_length(d->announcement.old_topics); i++)
		outbox_repeat(
			p->outbox,
			json_object_get_string(json_object_array_get_idx(d->announcement.old_topics, i)), "",
			0, OUTBOX_ONCE);
	json_object_put(d->announcement.old_topics);
	d->announcement.old_topics = NULL;
	d->announcement.migrated = false;
}

/* ---- retained messages ---- */

/* Subscribes first, so that retained discovery of earlier runs arrives before ours goes out. */
static void ask(struct publisher *p, struct device *d, int64_t now_us)
{
	char topic[TOPIC_MAX];
	announcement_asked(&d->announcement, now_us);
	outbox_subscribe(p->outbox, topic_of(topic, p, d, NULL, NULL));
	outbox_subscribe(p->outbox, topic_of(topic, p, d, "+", "+"));
}

static bool has_learned(struct publisher *p, struct device *d, int64_t now_us)
{
	if (!d->announcement.asked)
		ask(p, d, now_us);
	if (now_us < d->announcement.learned_us)
		return false;
	if (d->announcement.answered || outbox_status(p->outbox).online)
		return true;
	d->announcement.learned_us = now_us + ANNOUNCEMENT_GRACE_US; /* offline: no broker can answer */
	return false;
}

/* Returns true if an announced entity is to be removed as soon as the hold time is over. */
static bool is_to_go(const struct publisher *p, const struct device *d)
{
	size_t count;
	const struct entity *e = entities(&count);
	for (size_t i = 0; i < count; i++)
		if (d->announcement.announced[i] != ROLE_NONE &&
		    role_of(p, d, &e[i], d->announcement.shape[i]) != d->announcement.announced[i])
			return true;
	return d->announcement.retained;
}

void discovery_send(struct publisher *p, struct device *d, int64_t now_us)
{
	if (d->shadowed || (!is_bridge(p, d) && d->states[ENTITY_LIVE].published_us == INT64_MIN)) {
		d->announcement.due_us = INT64_MAX;
		return; /* the first live record schedules it */
	}
	if (!has_learned(p, d, now_us)) {
		announcement_wanted(&d->announcement, now_us);
		return;
	}
	d->announcement.due_us = INT64_MAX;
	d->announcement.sent_us = now_us;
	d->announcement.may_remove =
		announcement_is_complete(&d->announcement) &&
		(is_bridge(p, d) || now_us - d->announcement.changed_us >= DISCOVERY_HOLD_US);
	migrate(p, d, now_us);
	if (p->options->by_component)
		send_components(p, d);
	else
		send_device(p, d, now_us);
	d->announcement.again = false;
	if (announcement_is_complete(&d->announcement) && !d->announcement.may_remove && is_to_go(p, d))
		announcement_wanted(&d->announcement, d->announcement.changed_us + DISCOVERY_HOLD_US);
}

void discovery_begin(struct publisher *p)
{
	static const char name[] = "bridge";
	struct device *d = &p->bridge;
	size_t count;
	const struct entity *e = entities(&count);
	memcpy(d->name, name, sizeof name);
	d->announcement = ANNOUNCEMENT_NEW;
	for (size_t i = 0; i < count; i++)
		d->announcement.shape[i] = e[i].source == ENTITY_BRIDGE ? SHAPE_MEMBER : SHAPE_NONE;
	for (size_t i = 0; i < ENTITY_STATES; i++)
		d->announcement.looked_at[i] = true; /* its entities need no record */
}

static void order_migration(struct publisher *p, const char *topic)
{
	static const char order[] = "{\"migrate_discovery\":true}";
	outbox_repeat(p->outbox, topic, order, sizeof order - 1, OUTBOX_ONCE);
}

static void learned_other_form(struct publisher *p, struct device *d, const char *topic, int64_t now_us)
{
	order_migration(p, topic);
	if (!d->announcement.old_topics)
		d->announcement.old_topics = json_object_new_array();
	json_object_array_add(d->announcement.old_topics, json_object_new_string(topic));
	d->announcement.migrated = false;
	announcement_wanted(&d->announcement, now_us);
}

/* The device with this identifier. */
static struct device *device_of_id(struct publisher *p, const char *id, size_t n)
{
	char own[128];
	for (size_t i = 0; i <= p->devices.count; i++) {
		struct device *d = i < p->devices.count ? p->devices.list[i] : &p->bridge;
		discovery_entity_id(p->options, d->name, own);
		if (!d->shadowed && d->announcement.asked && strlen(own) == n && memcmp(own, id, n) == 0)
			return d;
	}
	return NULL;
}

/* What a topic behind Home Assistant's prefix names: device/ID/config, PLATFORM/ID/KEY/config. */
struct place {
	struct device *d;
	bool by_component;
	char platform[32], key[80];
};

static bool part(char *to, size_t size, const char *p, size_t n)
{
	if (n >= size)
		return false;
	memcpy(to, p, n);
	to[n] = '\0';
	return true;
}

static bool place_of(struct publisher *p, const char *rest, struct place *place)
{
	size_t platform = strcspn(rest, "/");
	const char *id = rest[platform] ? rest + platform + 1 : "";
	size_t n = strcspn(id, "/");
	const char *key = id[n] ? id + n + 1 : "";
	*place = (struct place){.d = n > 0 ? device_of_id(p, id, n) : NULL};
	if (!place->d)
		return false;
	place->by_component = !(platform == 6 && memcmp(rest, "device", 6) == 0);
	return !place->by_component || (part(place->platform, sizeof place->platform, rest, platform) &&
					part(place->key, sizeof place->key, key, strcspn(key, "/")));
}

static const char *take_message(const struct place *place, const char *payload, size_t size)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *message = NULL;
	const char *wrong = tokener ? json_parse_object(tokener, payload, size, &message) : "no memory";
	if (!wrong)
		wrong = place->by_component
				? retained_component(place->d, place->key, place->platform, message)
				: retained_device(place->d, message);
	json_object_put(message);
	if (tokener)
		json_tokener_free(tokener);
	return wrong;
}

/*
 * The message was emptied, as when a user deletes the device in Home Assistant: forgets retained components,
 * announces the rest again.
 */
static void cleared(struct publisher *p, const struct place *place, int64_t now_us)
{
	if (place->by_component || p->options->by_component)
		return;
	retained_forget(place->d);
	announcement_again(&place->d->announcement, now_us);
}

void discovery_message(struct publisher *p, const char *topic, const char *rest, const char *payload,
		       size_t size, bool retained, int64_t now_us)
{
	struct place place;
	if (!place_of(p, rest, &place))
		return;
	struct device *d = place.d;
	if (!retained) {
		if (size == 0)
			cleared(p, &place, now_us);
		return;
	}
	const char *wrong = take_message(&place, payload, size);
	if (wrong && log_allowed(&p->odd_discovery))
		log_line("%s: ignoring the retained discovery message: %s", topic, wrong);
	if (place.by_component == p->options->by_component)
		d->announcement.retained_heard |= !place.by_component;
	else if (!wrong) /* a foreign message at a topic that we do not use stays */
		learned_other_form(p, d, topic, now_us);
	announcement_learn_until(&d->announcement, d->announcement.retained_heard && d->announcement.answered
							   ? now_us
							   : now_us + ANNOUNCEMENT_GRACE_US);
	if (d->announcement.retained)
		announcement_wanted(&d->announcement, now_us);
}

void discovery_answered(struct publisher *p, const char *filter, int64_t now_us)
{
	char own[TOPIC_MAX];
	for (size_t i = 0; i <= p->devices.count; i++) {
		struct device *d = i < p->devices.count ? p->devices.list[i] : &p->bridge;
		/* The second of the two subscriptions. */
		if (!d->announcement.asked || d->shadowed ||
		    strcmp(topic_of(own, p, d, "+", "+"), filter) != 0)
			continue;
		d->announcement.answered = true;
		announcement_learn_until(&d->announcement, d->announcement.retained_heard
								   ? now_us
								   : now_us + ANNOUNCEMENT_GRACE_US);
	}
}
