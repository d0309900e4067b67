/* SPDX-License-Identifier: MIT */
#include "availability.h"

#include <string.h>

#include "period.h"
#include "state_topics.h"

void availability_online(struct publisher *p, struct device *d, int64_t now_us)
{
	for (enum entity_source source = 0; source < ENTITY_STATES; source++)
		state_topics_publish(p, d, source, now_us);
	if (d->was_online)
		log_line("%s: received again: online", d->name);
	d->online = d->was_online = true;
	publisher_text(p, LAYOUT_AVAILABILITY, LAYOUT_NAMES(.device = d->name), "online");
}

static void set_offline(struct publisher *p, struct device *d)
{
	d->online = false;
	publisher_text(p, LAYOUT_AVAILABILITY, LAYOUT_NAMES(.device = d->name), "offline");
}

void availability_withhold(struct publisher *p, struct source *from)
{
	struct device *d = from->device;
	bool others = pack_sources_holder(&d->pack) != PACK_NOBODY;
	for (enum entity_source source = 0; source < ENTITY_STATES; source++)
		if (d->states[source].from == from && !(source == ENTITY_LIVE && others))
			d->states[source].waits = false;
	if (!from->withheld && (d->online || others))
		log_line("%s: two packs have the address %d of %s: their values are not published; give each "
			 "its own address",
			 d->name, from->bms, from->channel);
	from->withheld = true;
	if (d->online && !others)
		set_offline(p, d);
}

/* In the time of hearing. */
static int64_t silent_at_us(const struct publisher *p, const struct device *d)
{
	return d->heard_us + period_limit_us(&d->period, p->options->silent_us);
}

int64_t availability_deadline(const struct publisher *p, const struct device *d)
{
	return d->online ? hearing_deadline(&p->hearing, silent_at_us(p, d)) : INT64_MAX;
}

void availability_time(struct publisher *p, struct device *d, int64_t now_us)
{
	int64_t hearing = hearing_us(&p->hearing, now_us);
	if (!d->online || hearing < silent_at_us(p, d))
		return;
	set_offline(p, d);
	log_line("%s: silent for %lld s: offline", d->name, (long long)((hearing - d->heard_us) / 1000000));
}

void availability_message(struct publisher *p, struct slice name, bool online, bool retained)
{
	const struct device *d = devices_named(&p->devices, name.p, name.n);
	char topic[TOPIC_MAX], copy[DEVICE_NAME_MAX + 1];
	if (name.n > DEVICE_NAME_MAX)
		return;
	slice_copy(copy, sizeof copy, name);
	naming_topic(topic, p->options, LAYOUT_AVAILABILITY, LAYOUT_NAMES(.device = copy));
	if (!online && d && d->online)
		outbox_again(p->outbox, topic);
	else if (online && retained && !(d && d->online))
		outbox_repeat(p->outbox, topic, "offline", 7, OUTBOX_ONCE);
}
