/* SPDX-License-Identifier: MIT */
#include "record_alarms.h"

#include <string.h>

#include "alarm_topics.h"
#include "availability.h"
#include "link_topics.h"
#include "payload.h"
#include "record_source.h"
#include "trust.h"

void record_alarms_transition(struct publisher *p, struct json_record *r, int64_t now_us)
{
	(void)now_us;
	struct source *from = record_source(p, r);
	const char *key = json_text(r->object, "key");
	if (from) {
		from->device->alarms_hash = 0;
		alarm_topics_transition(p, from->device, r->object);
		if (key && strcmp(key, "address_conflict") == 0)
			trust_alarm(from, json_object_get_boolean(json_member(r->object, "active")));
		if (trust_is_lost(from))
			availability_withhold(p, from);
	} else if (r->bms < 0)
		link_topics_transition(p, r);
}

/* Takes the totals of a pack or a link from a member of a summary's list. */
static void take_where(struct publisher *p, struct json_object *where)
{
	const char *channel = json_text(where, "channel");
	int64_t bms = -1;
	if (!channel || !frame_line_channel_valid(channel) ||
	    (json_member(where, "bms") && !json_value_whole(json_member(where, "bms"), 15, &bms)))
		return;
	const char *pack = json_text(where, "pack");
	struct source *from = record_source_any(p, channel, (int)bms, PACK_SOURCE_NONE,
						pack && pack_name_valid(pack) ? pack : NULL);
	struct link *link = from ? NULL : publisher_link(p, channel);
	struct totals t = totals_of_summary(where);
	if (from && from->device->summary == p->summaries) /* another source of the pack is in this list */
		totals_merge(&t, from->device->totals);
	if (from)
		from->device->summary = p->summaries;
	if (from || link)
		publisher_totals(p, from ? &from->device->totals : &link->totals, t);
}

/* After a start only the summary shows which packs are silent and which links are down. */
static void take_totals(struct publisher *p, struct json_object *summary)
{
	struct json_object *where = json_member(summary, "where");
	if (!json_object_is_type(where, json_type_array))
		return;
	p->summaries++;
	for (size_t i = 0; i < p->devices.count && !json_member(summary, "more"); i++)
		publisher_totals(p, &p->devices.list[i]->totals, (struct totals){0});
	for (size_t i = 0; i < p->links.count && !json_member(summary, "more"); i++)
		publisher_totals(p, &p->links.list[i]->totals, (struct totals){0});
	for (size_t i = 0; i < json_object_array_length(where); i++)
		take_where(p, json_object_array_get_idx(where, i));
}

void record_alarms_summary(struct publisher *p, struct json_record *r, int64_t now_us)
{
	(void)now_us;
	take_totals(p, r->object);
	payload_strip(r->object);
	publisher_json(p, LAYOUT_SUMMARY, LAYOUT_NO_NAMES, r->object);
}
