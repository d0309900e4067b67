/* SPDX-License-Identifier: MIT */
#include "record_source.h"

#include <stdio.h>
#include <string.h>

/* CHANNEL:ADDRESS; frames for an inverter and a link have no address. */
static const char *where(char text[CHANNEL_MAX + 16], const struct source *from)
{
	if (from->device->inverter || from->device->link)
		snprintf(text, CHANNEL_MAX + 16, "%s %s", from->channel,
			 from->device->link ? "link" : "inverter");
	else
		snprintf(text, CHANNEL_MAX + 16, "%s:%d", from->channel, from->bms);
	return text;
}

static void report_shadowed(struct publisher *p, const struct source *from)
{
	char one[CHANNEL_MAX + 16], other[CHANNEL_MAX + 16];
	const struct device *d = from->device, *first = devices_owner(&p->devices, d);
	if (strcmp(first->name, d->name) == 0)
		log_line("%s and %s would both be %s: the second is not published; name the packs with "
			 "jk-decode -m, or lines pack in jk.conf",
			 where(one, first->commands), where(other, from), d->name);
	else
		log_line("%s is not published: %s; change its name in the map of jk-decode -m, or in jk.conf",
			 where(other, from), pack_name_clash(first->name, d->name));
	p->bridge_due = true;
}

bool record_source_listens(struct publisher *p, const struct source *from)
{
	struct link *link = publisher_link(p, from->channel);
	return link && link->listening;
}

struct source *record_source_any(struct publisher *p, const char *channel, int bms,
				 enum pack_source_kind kind, const char *pack)
{
	struct source *from = bms < 0 ? NULL : devices_source(&p->devices, channel, bms, kind, pack);
	if (from)
		devices_touch(&p->devices, from->device);
	if (from && from == from->device->commands)
		from->device->listening = record_source_listens(p, from);
	return from;
}

/* Of an event it is unknown. */
static enum pack_source_kind kind_of(const char *type)
{
	static const char *const rs485[] = {"live", "settings", "about", "rejected"};
	for (size_t i = 0; i < sizeof rs485 / sizeof *rs485; i++)
		if (strcmp(type, rs485[i]) == 0)
			return PACK_SOURCE_RS485;
	return strcmp(type, "can") == 0 ? PACK_SOURCE_CAN : PACK_SOURCE_NONE;
}

static struct source *source_of(struct publisher *p, const struct json_record *r)
{
	return record_source_any(p, r->channel, r->bms, kind_of(r->type), r->pack);
}

struct source *record_source(struct publisher *p, const struct json_record *r)
{
	struct source *from = source_of(p, r);
	return from && !from->device->shadowed ? from : NULL;
}

static struct source *heard(struct publisher *p, struct source *from)
{
	if (from)
		devices_touch(&p->devices, from->device);
	if (from && devices_heard(&p->devices, from->device) && from->device->shadowed)
		report_shadowed(p, from);
	return from && !from->device->shadowed ? from : NULL;
}

struct source *record_source_heard(struct publisher *p, const struct json_record *r)
{
	return heard(p, source_of(p, r));
}

struct source *record_source_inverter(struct publisher *p, const struct json_record *r)
{
	return heard(p, devices_inverter(&p->devices, r->channel));
}

/* The bank's name is part of that of its device. */
struct source *record_source_bank(struct publisher *p, const struct json_record *r)
{
	char name[PACK_NAME_MAX + 1];
	if (!r->bank || pack_name_bad_character(slice_of(r->bank)) || !r->bank[0] ||
	    snprintf(name, sizeof name, "%s%s", PACK_BANK_PREFIX, r->bank) >= (int)sizeof name) {
		publisher_bad_record(p, 0, "its bank is no name of a device");
		return NULL;
	}
	return heard(p, devices_bank(&p->devices, name));
}

struct source *record_source_link(struct publisher *p, const struct json_record *r)
{
	return heard(p, devices_link(&p->devices, r->channel));
}
