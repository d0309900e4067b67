/* SPDX-License-Identifier: MIT */
#include "discovery_retained.h"

#include <string.h>

#include "discovery_message.h"
#include "payload.h"
#include "retained.h"

/* Subscribes first, so that retained discovery of earlier runs arrives before ours goes out. */
static void subscribe(struct publisher *p, struct device *d, int64_t now_us)
{
	char topic[TOPIC_MAX];
	announcement_subscribed(&d->announcement, now_us);
	outbox_subscribe(p->outbox, discovery_topic(topic, p, d, NULL, NULL));
	outbox_subscribe(p->outbox, discovery_topic(topic, p, d, "+", "+"));
}

void discovery_retained_end(struct publisher *p, const struct device *d)
{
	char topic[TOPIC_MAX];
	if (!d->announcement.subscribed)
		return;
	outbox_unsubscribe(p->outbox, discovery_topic(topic, p, d, NULL, NULL));
	outbox_unsubscribe(p->outbox, discovery_topic(topic, p, d, "+", "+"));
}

bool discovery_retained_known(struct publisher *p, struct device *d, int64_t now_us)
{
	if (!d->announcement.subscribed)
		subscribe(p, d, now_us);
	if (now_us < d->announcement.learned_us)
		return false;
	if (d->announcement.acknowledged || outbox_status(p->outbox).online)
		return true;
	d->announcement.learned_us = now_us + ANNOUNCEMENT_GRACE_US; /* offline: no broker can answer */
	return false;
}

/* The time of its message changes.  The bridge is not among the devices. */
static void touch(struct publisher *p, struct device *d)
{
	if (!publisher_is_bridge(p, d))
		devices_touch(&p->devices, d);
}

static bool has_id(const struct publisher *p, const struct device *d, struct slice id)
{
	char own[ID_MAX];
	return !d->shadowed && d->announcement.subscribed &&
	       slice_is(id, naming_device_id(own, p->options, d->name));
}

/* The device with this identifier, which mostly ends with its name. */
static struct device *device_of_id(struct publisher *p, struct slice id)
{
	char before[ID_MAX];
	size_t n = strlen(naming_device_id(before, p->options, ""));
	struct device *d = n < id.n ? devices_named(&p->devices, id.p + n, id.n - n) : NULL;
	if (d && has_id(p, d, id))
		return d;
	for (size_t i = 0; i <= p->devices.count; i++) {
		d = i == 0 ? &p->bridge : p->devices.list[i - 1];
		if (has_id(p, d, id))
			return d;
	}
	return NULL;
}

/* The component or device that a retained message is of. */
struct place {
	struct device *d;
	bool by_component;
	char platform[32], key[COMPONENT_KEY_MAX];
};

static bool copy(char *to, size_t size, struct slice text)
{
	if (text.n >= size)
		return false;
	slice_copy(to, size, text);
	return true;
}

static bool place_of(struct publisher *p, const struct naming_read *topic, struct place *place)
{
	*place = (struct place){.d = device_of_id(p, topic->name[LAYOUT_NAME_ID]),
				.by_component = topic->topic == LAYOUT_COMPONENT_CONFIG};
	if (!place->d)
		return false;
	return !place->by_component ||
	       (copy(place->platform, sizeof place->platform, topic->name[LAYOUT_NAME_PLATFORM]) &&
		copy(place->key, sizeof place->key, topic->name[LAYOUT_NAME_KEY]));
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
	struct json_object *old = json_object_new_string(topic);
	if (!old || !d->announcement.old_topics || json_object_array_add(d->announcement.old_topics, old) < 0)
		json_object_put(old); /* it is heard again after the next connection */
	d->announcement.migrated = false;
	announcement_wanted(&d->announcement, now_us);
}

static const char *take_message(const struct place *place, const char *payload, size_t size)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *message = NULL;
	const char *wrong = tokener ? json_parse_object(tokener, payload, size, &message) : "no memory";
	if (!wrong)
		wrong = place->by_component ? retained_component(&place->d->announcement, place->key,
								 place->platform, message)
					    : retained_device(&place->d->announcement, message);
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
	retained_forget(&place->d->announcement);
	announcement_again(&place->d->announcement, now_us);
}

void discovery_retained_message(struct publisher *p, const char *topic, const struct naming_read *names,
				const char *payload, size_t size, bool retained, int64_t now_us)
{
	struct place place;
	if (!place_of(p, names, &place))
		return;
	struct device *d = place.d;
	touch(p, d);
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
	announcement_learn_until(&d->announcement,
				 d->announcement.retained_heard && d->announcement.acknowledged
					 ? now_us
					 : now_us + ANNOUNCEMENT_GRACE_US);
	if (d->announcement.retained)
		announcement_wanted(&d->announcement, now_us);
}

void discovery_retained_answered(struct publisher *p, const char *filter, int64_t now_us)
{
	struct naming_read read;
	/* The second of the two subscriptions. */
	if (!naming_read(p->options, filter, &read) || read.topic != LAYOUT_COMPONENT_CONFIG)
		return;
	struct device *d = device_of_id(p, read.name[LAYOUT_NAME_ID]);
	if (!d)
		return;
	d->announcement.acknowledged = true;
	announcement_learn_until(&d->announcement,
				 d->announcement.retained_heard ? now_us : now_us + ANNOUNCEMENT_GRACE_US);
	touch(p, d);
}

void discovery_retained_migrate(struct publisher *p, struct device *d, int64_t now_us)
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
