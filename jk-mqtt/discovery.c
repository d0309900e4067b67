/* SPDX-License-Identifier: MIT */
#include "discovery.h"

#include <string.h>

#include "addon_discovery.h"
#include "discovery_message.h"
#include "discovery_retained.h"
#include "discovery_role.h"

enum { SETTLED_US = 10000000 }; /* without a further announcement */

/* Returns true if an announced entity is to be removed as soon as the hold time is over. */
static bool is_to_go(const struct publisher *p, const struct device *d)
{
	size_t count;
	const struct entity *e = entities(&count);
	for (size_t i = 0; i < count; i++)
		if (d->announcement.announced[i] != ROLE_NONE &&
		    discovery_role(p, d, &e[i], d->announcement.shape[i]) != d->announcement.announced[i])
			return true;
	return d->announcement.retained;
}

/*
 * Is there an entity of an earlier run that only CAN has, and no CAN in this run yet?  Records of RS485 do
 * not rule it out.
 */
static bool can_is_awaited(const struct device *d)
{
	size_t count;
	const struct entity *e = entities(&count);
	bool heard = false, kept = false;
	for (const struct source *s = d->sources; s; s = s->next)
		heard |= s->kind == PACK_SOURCE_CAN;
	for (size_t i = 0; i < count && d->announcement.retained; i++)
		kept |= e[i].can_only && json_member(d->announcement.retained, e[i].key);
	return kept && !heard;
}

/* Have the records shown all entities that there are? */
static bool is_complete(const struct device *d)
{
	return announcement_is_complete(&d->announcement) && !can_is_awaited(d);
}

/* What earlier runs announced is not read: no entity of this layout is ever removed. */
static void send_addon(struct publisher *p, struct device *d, int64_t now_us)
{
	d->announcement.due_us = INT64_MAX;
	d->announcement.sent_us = now_us;
	addon_discovery_send(p, d);
	d->announcement.again = false;
	if (!publisher_is_bridge(p, d))
		p->announced_us = now_us + SETTLED_US;
}

void discovery_send(struct publisher *p, struct device *d, int64_t now_us)
{
	enum entity_source first = d->link ? ENTITY_SCORE : ENTITY_LIVE;
	if (d->shadowed || (!publisher_is_bridge(p, d) && d->states[first].published_us == INT64_MIN)) {
		d->announcement.due_us = INT64_MAX;
		return; /* the first of these records schedules it */
	}
	if (p->options->layout->addon) {
		send_addon(p, d, now_us);
		return;
	}
	if (!discovery_retained_known(p, d, now_us)) {
		announcement_wanted(&d->announcement, now_us);
		return;
	}
	d->announcement.due_us = INT64_MAX;
	d->announcement.sent_us = now_us;
	d->announcement.may_remove =
		is_complete(d) &&
		(publisher_is_bridge(p, d) || now_us - d->announcement.changed_us >= DISCOVERY_HOLD_US);
	discovery_retained_migrate(p, d, now_us);
	if (p->options->by_component)
		discovery_message_components(p, d);
	else
		discovery_message_device(p, d, now_us);
	d->announcement.again = false;
	if (!publisher_is_bridge(p, d))
		p->announced_us = now_us + SETTLED_US;
	if (is_complete(d) && !d->announcement.may_remove && is_to_go(p, d))
		announcement_wanted(&d->announcement, d->announcement.changed_us + DISCOVERY_HOLD_US);
}

int64_t discovery_report_due(const struct publisher *p)
{
	return p->announced_us > 0 ? p->announced_us : INT64_MAX;
}

static size_t entities_of(const struct device *d)
{
	size_t count = d->announcement.rows;
	for (size_t i = 0; i < ENTITIES_MAX; i++)
		count += d->announcement.announced[i] != ROLE_NONE;
	return count;
}

void discovery_report(struct publisher *p, int64_t now_us)
{
	size_t packs = 0, all = 0;
	if (discovery_report_due(p) > now_us)
		return;
	p->announced_us = 0;
	for (size_t i = 0; i < p->devices.count; i++) {
		const struct device *d = p->devices.list[i];
		packs += d->announcement.sent_us != INT64_MIN && !d->inverter && !d->bank && !d->link;
		all += entities_of(p->devices.list[i]);
	}
	if ((packs == p->announced_packs && all == p->announced_entities) || !log_allowed(&p->announced))
		return;
	p->announced_packs = packs;
	p->announced_entities = all;
	log_line("announced to Home Assistant: %zu %s with %zu entities", packs,
		 packs == 1 ? "pack" : "packs", all);
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
