/* SPDX-License-Identifier: MIT */
#include "record_source.h"

#include <string.h>

static void report_shadowed(struct publisher *p, const struct source *from)
{
	const struct device *d = from->device, *first = devices_owner(&p->devices, d);
	if (strcmp(first->name, d->name) == 0)
		log_line("%s:%d and %s:%d would both be %s: the second is not published; name the packs with "
			 "jk-decode -m",
			 first->commands->channel, first->commands->bms, from->channel, from->bms, d->name);
	else
		log_line("%s:%d is not published: %s; change its name in the map of jk-decode -m",
			 from->channel, from->bms, pack_name_clash(first->name, d->name));
	p->bridge_us = INT64_MIN;
}

bool record_source_listens(struct publisher *p, const struct source *from)
{
	struct link *link = links_get(&p->links, from->channel);
	return link && link->listening;
}

struct source *record_source_any(struct publisher *p, const char *channel, int bms,
				 enum pack_source_kind kind, const char *pack)
{
	struct source *from = bms < 0 ? NULL : devices_source(&p->devices, channel, bms, kind, pack);
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

struct source *record_source_heard(struct publisher *p, const struct json_record *r)
{
	struct source *from = source_of(p, r);
	if (from && devices_heard(&p->devices, from->device) && from->device->shadowed)
		report_shadowed(p, from);
	return from && !from->device->shadowed ? from : NULL;
}
