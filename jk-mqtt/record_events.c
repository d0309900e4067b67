/* SPDX-License-Identifier: MIT */
#include "record_events.h"

#include <string.h>

#include "addon_polls.h"
#include "age.h"
#include "availability.h"
#include "commands.h"
#include "link_topics.h"
#include "payload.h"
#include "record_source.h"
#include "slice.h"
#include "trust.h"

void record_events_rejected(struct publisher *p, struct json_record *r, int64_t now_us)
{
	(void)now_us;
	struct source *from = record_source(p, r);
	if (!from)
		return;
	from->device->rejected++;
	from->device->live_rejected += slice_is(r->value[RECORD_FRAME], "live");
}

void record_events_health(struct publisher *p, struct json_record *r, int64_t now_us)
{
	(void)now_us;
	struct source *from = record_source(p, r);
	if (r->bms < 0) {
		link_topics_health(p, r);
	} else if (from) {
		payload_strip(r->object);
		publisher_json(p, LAYOUT_HEALTH, LAYOUT_NAMES(.device = from->device->name), r->object);
	}
}

/* jk-bank: what it has noticed of a bank. */
static void take_bank_event(struct publisher *p, struct json_record *r)
{
	const struct source *from = record_source_bank(p, r);
	if (!from || !json_record_object(r))
		return;
	payload_strip(r->object);
	publisher_json(p, LAYOUT_EVENT, LAYOUT_NAMES(.device = from->device->name), r->object);
}

void record_events_event(struct publisher *p, struct json_record *r, int64_t now_us)
{
	if (!r->event || !r->words)
		return;
	if (r->bank) {
		take_bank_event(p, r);
		return;
	}
	bool conflict = strcmp(r->event, "conflict") == 0, write = strcmp(r->event, "write") == 0;
	struct source *from = conflict || write ? record_source(p, r) : NULL;
	if (from && conflict) {
		trust_conflict(from, r);
		availability_withhold(p, from);
	}
	if (write)
		commands_result(p, from ? from->device : NULL, r, r->words, now_us);
	else if (strcmp(r->event, "stats") == 0 && !age_take(p, r, now_us))
		return; /* others hold until the next */
	else if (p->options->layout->addon && strcmp(r->event, "stats") == 0 && r->bms >= 0)
		addon_polls_stats(p, r);
	else
		link_topics_event(p, r->channel, r->event, r->words, now_us);
}
