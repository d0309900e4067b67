/* SPDX-License-Identifier: MIT */
#include "lifecycle.h"

#include "availability.h"
#include "bridge_topics.h"
#include "discovery.h"
#include "link_topics.h"
#include "state_topics.h"

void lifecycle_begin(struct publisher *p, const struct options *options, struct outbox *outbox, uint32_t seed)
{
	*p = (struct publisher){
		.options = options, .outbox = outbox, .bridge_us = INT64_MIN, .chance = seed | 1};
	discovery_begin(p);
	publisher_text(p, LAYOUT_STATUS, LAYOUT_NO_NAMES, "online");
	bridge_topics_publish(p, 0);
}

void lifecycle_connected(struct publisher *p, unsigned connections, int64_t now_us)
{
	p->connections = connections;
	p->bridge_us = INT64_MIN;
	announcement_connected(&p->bridge.announcement, now_us);
	for (size_t i = 0; i < p->devices.count; i++)
		announcement_connected(&p->devices.list[i]->announcement, now_us);
}

/* Home Assistant wants a short random delay, so that not all publish at once. */
void lifecycle_birth(struct publisher *p, int64_t now_us)
{
	for (size_t i = 0; i < p->devices.count; i++) {
		p->chance = p->chance * 1664525 + 1013904223;
		announcement_again(&p->devices.list[i]->announcement, now_us + 200000 + p->chance % 1500000);
	}
	announcement_again(&p->bridge.announcement, now_us + 200000);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t lifecycle_deadline(const struct publisher *p)
{
	int64_t next_us = earlier(announcement_due(&p->bridge.announcement), bridge_topics_due(p));
	for (size_t i = 0; i < p->devices.count; i++) {
		const struct device *d = p->devices.list[i];
		if (d->shadowed)
			continue;
		for (size_t k = 0; k < ENTITY_STATES; k++)
			if (d->states[k].waits)
				next_us = earlier(next_us,
						  pace_deadline(&d->states[k].pace, p->options->interval_us));
		next_us = earlier(next_us, availability_deadline(p, d));
		next_us = earlier(next_us, announcement_due(&d->announcement));
	}
	for (size_t i = 0; i < p->links.count; i++)
		if (p->links.list[i].changed)
			next_us = earlier(next_us, link_topics_due(p, &p->links.list[i]));
	return next_us;
}

static void device_time(struct publisher *p, struct device *d, int64_t now_us)
{
	for (enum entity_source source = 0; source < ENTITY_STATES; source++)
		if (d->states[source].waits &&
		    pace_deadline(&d->states[source].pace, p->options->interval_us) <= now_us)
			state_topics_publish(p, d, source, now_us);
	availability_time(p, d, now_us);
	if (announcement_due(&d->announcement) <= now_us)
		discovery_send(p, d, now_us);
}

void lifecycle_time(struct publisher *p, int64_t now_us)
{
	for (size_t i = 0; i < p->devices.count; i++)
		if (!p->devices.list[i]->shadowed)
			device_time(p, p->devices.list[i], now_us);
	for (size_t i = 0; i < p->links.count; i++)
		if (p->links.list[i].changed && link_topics_due(p, &p->links.list[i]) <= now_us)
			link_topics_publish(p, &p->links.list[i], now_us);
	if (bridge_topics_due(p) <= now_us)
		bridge_topics_publish(p, now_us);
	if (announcement_due(&p->bridge.announcement) <= now_us)
		discovery_send(p, &p->bridge, now_us);
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
	for (size_t i = 0; i < p->devices.count; i++)
		for (enum entity_source source = 0; source < ENTITY_STATES; source++)
			if (!p->devices.list[i]->shadowed)
				state_topics_publish(p, p->devices.list[i], source, now_us);
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
		if (p->links.list[i].changed)
			link_topics_publish(p, &p->links.list[i], now_us);
	bridge_topics_publish(p, now_us);
	for (size_t i = 0; i < p->devices.count; i++)
		if (p->devices.list[i]->online)
			publisher_text(p, LAYOUT_AVAILABILITY,
				       LAYOUT_NAMES(.device = p->devices.list[i]->name), "offline");
	publisher_text(p, LAYOUT_STATUS, LAYOUT_NO_NAMES, "offline");
	log_left_out(&p->bad, "more lines that are no records");
}
