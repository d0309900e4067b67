/* SPDX-License-Identifier: MIT */
#include "lifecycle.h"

#include "addon_global.h"
#include "addon_health.h"
#include "addon_watch.h"
#include "availability.h"
#include "bridge_topics.h"
#include "discovery.h"
#include "discovery_retained.h"
#include "due.h"
#include "link_topics.h"
#include "slow_topics.h"
#include "state_topics.h"

void lifecycle_begin(struct publisher *p, const struct options *options, struct outbox *outbox, uint32_t seed)
{
	*p = (struct publisher){.options = options, .outbox = outbox, .bridge_due = true, .chance = seed | 1};
	discovery_begin(p);
	publisher_text(p, LAYOUT_STATUS, LAYOUT_NO_NAMES, "online");
	bridge_topics_publish(p, 0);
	if (!options->layout->addon)
		return;
	p->addon.authorized = options->fifo;
	addon_watch_begin(p);
	addon_global_begin(p);
}

void lifecycle_connected(struct publisher *p, unsigned connections, int64_t now_us)
{
	p->connections = connections;
	p->bridge_due = true;
	announcement_connected(&p->bridge.announcement, now_us);
	for (size_t i = 0; i < p->devices.count; i++)
		announcement_connected(&p->devices.list[i]->announcement, now_us);
	due_touch_all(&p->devices);
}

/* Home Assistant wants a short random delay, so that not all publish at once. */
void lifecycle_birth(struct publisher *p, int64_t now_us)
{
	for (size_t i = 0; i < p->devices.count; i++) {
		p->chance = p->chance * 1664525 + 1013904223;
		announcement_again(&p->devices.list[i]->announcement, now_us + 200000 + p->chance % 1500000);
	}
	announcement_again(&p->bridge.announcement, now_us + 200000);
	due_touch_all(&p->devices);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* All its sources have other names now, and that it is offline was published, if it ever was online. */
static bool is_gone(const struct device *d)
{
	return !d->sources && !d->online;
}

static int64_t device_due(const struct publisher *p, const struct device *d)
{
	int64_t next_us = INT64_MAX;
	if (is_gone(d))
		return INT64_MIN;
	if (d->shadowed)
		return next_us;
	for (size_t k = 0; k < ENTITY_STATES; k++)
		if (d->states[k].waits)
			next_us =
				earlier(next_us, pace_deadline(&d->states[k].pace, p->options->interval_us));
	next_us = earlier(next_us, slow_topics_deadline(d));
	next_us = earlier(next_us, availability_deadline(p, d));
	return earlier(next_us, announcement_due(&d->announcement));
}

static void settle(struct publisher *p)
{
	for (struct device *d; (d = due_touched(&p->devices));)
		due_set(&p->devices, d, device_due(p, d));
}

int64_t lifecycle_deadline(struct publisher *p)
{
	int64_t next_us = earlier(announcement_due(&p->bridge.announcement), bridge_topics_due(p));
	next_us = earlier(next_us, discovery_report_due(p));
	next_us = earlier(next_us, availability_adopted_deadline(p));
	settle(p);
	const struct device *first = due_first(&p->devices);
	if (first)
		next_us = earlier(next_us, first->due_us);
	for (const struct link *link = p->links.changed; link; link = link->next_changed)
		if (link->changed)
			next_us = earlier(next_us, link_topics_due(p, link));
	return next_us;
}

static void device_time(struct publisher *p, struct device *d, int64_t now_us)
{
	for (enum entity_source source = 0; source < ENTITY_STATES; source++)
		if (d->states[source].waits &&
		    pace_deadline(&d->states[source].pace, p->options->interval_us) <= now_us)
			state_topics_publish(p, d, source, now_us);
	slow_topics_time(p, d, now_us);
	availability_time(p, d, now_us);
	if (announcement_due(&d->announcement) <= now_us)
		discovery_send(p, d, now_us);
}

/* What the broker retains of it stays; nothing of it stays here. */
static void forget(struct publisher *p, struct device *d)
{
	char topic[TOPIC_MAX];
	discovery_retained_end(p, d);
	outbox_forget(p->outbox, naming_topic(topic, p->options, LAYOUT_VALUE,
					      LAYOUT_NAMES(.device = d->name, .key = "")));
	due_remove(&p->devices, d);
	devices_remove(&p->devices, d);
}

static void links_time(struct publisher *p, int64_t now_us)
{
	for (struct link **at = &p->links.changed, *link; (link = *at);) {
		if (link->changed && link_topics_due(p, link) <= now_us)
			link_topics_publish(p, link, now_us);
		if (link->changed) {
			at = &link->next_changed;
			continue;
		}
		link->listed = false;
		*at = link->next_changed;
	}
}

/* As often as the state of the bridge is published. */
static void addon_time(struct publisher *p, int64_t now_us)
{
	if (!p->options->layout->addon)
		return;
	addon_watch_time(p, now_us);
	addon_health_time(p, now_us);
}

void lifecycle_time(struct publisher *p, int64_t now_us)
{
	struct device *d;
	settle(p);
	while ((d = due_first(&p->devices)) && d->due_us <= now_us) {
		if (!d->shadowed)
			device_time(p, d, now_us);
		if (is_gone(d)) {
			forget(p, d);
			continue;
		}
		/* What is due still was put off: until the next call, at least. */
		due_set(&p->devices, d, INT64_MAX);
		devices_touch(&p->devices, d);
	}
	availability_adopted_time(p, now_us);
	links_time(p, now_us);
	if (bridge_topics_due(p) <= now_us) {
		bridge_topics_publish(p, now_us);
		addon_time(p, now_us);
	}
	if (announcement_due(&p->bridge.announcement) <= now_us)
		discovery_send(p, &p->bridge, now_us);
	discovery_report(p, now_us);
}

bool lifecycle_waits(const struct publisher *p)
{
	bool waits = announcement_waits(&p->bridge.announcement);
	for (size_t i = 0; i < p->devices.count; i++)
		waits = waits || (!p->devices.list[i]->shadowed &&
				  announcement_waits(&p->devices.list[i]->announcement));
	return waits;
}

void lifecycle_states(struct publisher *p, int64_t now_us)
{
	for (size_t i = 0; i < p->devices.count; i++) {
		struct device *d = p->devices.list[i];
		for (enum entity_source source = 0; source < ENTITY_STATES && !d->shadowed; source++)
			state_topics_publish(p, d, source, now_us);
		if (!d->shadowed)
			slow_topics_finish(p, d, now_us);
	}
}

void lifecycle_finish(struct publisher *p, int64_t now_us)
{
	lifecycle_states(p, now_us);
	for (size_t i = 0; i < p->devices.count; i++) {
		struct device *d = p->devices.list[i];
		if (!d->shadowed && announcement_waits(&d->announcement))
			discovery_send(p, d, now_us);
	}
	for (size_t i = 0; i < p->links.count; i++)
		if (p->links.list[i]->changed)
			link_topics_publish(p, p->links.list[i], now_us);
	bridge_topics_publish(p, now_us);
	for (size_t i = 0; i < p->devices.count; i++)
		if (p->devices.list[i]->online)
			publisher_text(p, LAYOUT_AVAILABILITY,
				       LAYOUT_NAMES(.device = p->devices.list[i]->name), "offline");
	availability_adopted_finish(p);
	publisher_text(p, LAYOUT_STATUS, LAYOUT_NO_NAMES, "offline");
	if (p->options->layout->addon)
		addon_global_end(p);
	log_left_out(&p->bad, "more lines that are no records");
}
