/* SPDX-License-Identifier: MIT */
#include "discovery_message.h"

#include "discovery_entity.h"
#include "discovery_role.h"
#include "payload.h"
#include "retained.h"

static char buffer[DISCOVERY_MAX];

static void confirmed(struct device *d, const struct component *t)
{
	char key[COMPONENT_KEY_MAX];
	if (t->role != ROLE_NONE)
		retained_confirmed(&d->announcement, component_key(t->e, t->role, key));
}

/* Adds one component to the message of a device; the platform alone removes it. */
static void put_component(struct strbuf *t, const struct publisher *p, const struct device *d,
			  const struct component *component, enum entity_role role)
{
	char key[COMPONENT_KEY_MAX];
	if (role == ROLE_NONE)
		return;
	payload_key(t, component_key(component->e, role, key));
	strbuf_char(t, '{');
	payload_string(t, "p", entity_platform_name(component_platform(component->e, role)));
	if (role == component->role)
		discovery_entity_put(t, p->options, d, component->e, component->shape, role, false);
	strbuf_char(t, '}');
}

/* Returns whether it removes a component: then the message is sent once more without it. */
static bool put_components(struct strbuf *t, const struct publisher *p, struct device *d)
{
	size_t count;
	char root[TOPIC_MAX];
	const struct entity *e = entities(&count);
	bool removed = false;
	for (size_t i = 0; i < count; i++, e++) {
		struct component component = discovery_component(p, d, e, i);
		confirmed(d, &component);
		put_component(t, p, d, &component, component.role);
		put_component(t, p, d, &component, component.removed);
		removed |= component.removed != ROLE_NONE;
	}
	retained_put(t, &d->announcement, discovery_entity_root(root, p->options, d),
		     d->announcement.may_remove);
	if (d->announcement.retained && d->announcement.may_remove) {
		retained_forget(&d->announcement);
		removed = true;
	}
	return removed;
}

static bool send(struct publisher *p, const char *topic, struct strbuf *t)
{
	return t->overflow ? publisher_too_long(p, topic, DISCOVERY_MAX)
			   : outbox_repeat(p->outbox, topic, t->data, t->size, OUTBOX_ONCE);
}

/* The device block and the origin, which every message has. */
static void put_root(struct strbuf *t, const struct publisher *p, const struct device *d)
{
	if (publisher_is_bridge(p, d))
		discovery_entity_bridge(t, p->options);
	else
		discovery_entity_device(t, p->options, d);
}

static void put_availability(struct strbuf *t, const struct publisher *p, const struct device *d)
{
	discovery_entity_availability(t, p->options, publisher_is_bridge(p, d) ? NULL : d->name);
}

const char *discovery_topic(char topic[TOPIC_MAX], const struct publisher *p, const struct device *d,
			    const char *platform, const char *key)
{
	char id[ID_MAX];
	naming_device_id(id, p->options, d->name);
	return naming_topic(topic, p->options, platform ? LAYOUT_COMPONENT_CONFIG : LAYOUT_DEVICE_CONFIG,
			    LAYOUT_NAMES(.id = id, .platform = platform, .key = key));
}

void discovery_message_device(struct publisher *p, struct device *d, int64_t now_us)
{
	char topic[TOPIC_MAX];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	strbuf_char(&t, '{');
	put_root(&t, p, d);
	put_availability(&t, p, d);
	if (!publisher_is_bridge(p, d))
		discovery_entity_state_topic(&t, p->options, d);
	payload_key(&t, "cmps");
	strbuf_char(&t, '{');
	bool removed = put_components(&t, p, d);
	strbuf_string(&t, "}}");
	uint64_t hash = payload_hash(t.data, t.size);
	bool is_new = hash != d->announcement.hash || d->announcement.again;
	if (!is_new || send(p, discovery_topic(topic, p, d, NULL, NULL), &t))
		d->announcement.hash = hash;
	if (removed)
		announcement_wanted(&d->announcement, now_us);
}

static void send_component(struct publisher *p, const struct device *d, const struct component *component,
			   enum entity_role role)
{
	char topic[TOPIC_MAX], key[COMPONENT_KEY_MAX];
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
	     discovery_topic(topic, p, d, entity_platform_name(component_platform(e, role)),
			     component_key(e, role, key)),
	     &t);
}

/* Announces a component of an earlier run, which had it in the message of the device. */
static void send_retained(struct publisher *p, const struct device *d, const char *key,
			  struct json_object *component)
{
	char topic[TOPIC_MAX];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	strbuf_char(&t, '{');
	retained_put_component(&t, component, NULL);
	if (!json_member(component, "stat_t"))
		discovery_entity_state_topic(&t, p->options, d);
	if (!json_member(component, "avty"))
		put_availability(&t, p, d);
	put_root(&t, p, d);
	strbuf_char(&t, '}');
	send(p, discovery_topic(topic, p, d, json_text(component, "p"), key), &t);
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
			outbox_repeat(p->outbox, discovery_topic(topic, p, d, json_text(component, "p"), key),
				      "", 0, OUTBOX_ONCE);
		else if (d->announcement.old_topics && retained_is_whole(component))
			send_retained(p, d, key, component);
	}
	if (d->announcement.may_remove)
		retained_forget(&d->announcement);
}

void discovery_message_components(struct publisher *p, struct device *d)
{
	size_t count;
	const struct entity *e = entities(&count);
	for (size_t i = 0; i < count; i++, e++) {
		struct component component = discovery_component(p, d, e, i);
		confirmed(d, &component);
		send_component(p, d, &component, component.removed);
		send_component(p, d, &component, component.role);
	}
	send_retained_ones(p, d);
}
