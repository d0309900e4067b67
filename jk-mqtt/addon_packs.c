/* SPDX-License-Identifier: MIT */
#include "addon_packs.h"

#include <string.h>

/* By address, then by channel. */
static bool is_before(const struct source *a, const struct source *b)
{
	return a->bms != b->bms ? a->bms < b->bms : strcmp(a->channel, b->channel) < 0;
}

static const struct source *lowest(const struct device *d, enum pack_source_kind kind)
{
	const struct source *first = NULL;
	for (const struct source *s = d->sources; s; s = s->next)
		if (s->kind == kind && (!first || is_before(s, first)))
			first = s;
	return first;
}

const struct source *addon_source(const struct device *d)
{
	return d->inverter || d->shadowed ? NULL : lowest(d, PACK_SOURCE_RS485);
}

static int number_of(const struct device *d)
{
	const struct source *s = addon_source(d);
	return s ? s->bms : ADDON_NO_PACK;
}

/* Two buses may each have a pack with this address: the one whose channel is first in the alphabet has it. */
struct device *addon_device(struct publisher *p, int n)
{
	struct device *first = NULL;
	for (size_t i = 0; i < p->devices.count; i++) {
		struct device *d = p->devices.list[i];
		if (number_of(d) == n && (!first || is_before(addon_source(d), addon_source(first))))
			first = d;
	}
	return first;
}

static void report_twins(struct publisher *p, const struct device *first, const struct device *d, int n)
{
	if (p->addon.twins & 1u << n)
		return;
	p->addon.twins |= (uint16_t)(1u << n);
	log_line("%s and %s would both be BMS_%s: %s is not published", first->name, d->name, addon_pack(n),
		 d->name);
}

int addon_number(struct publisher *p, const struct device *d)
{
	int n = number_of(d);
	if (n == ADDON_NO_PACK)
		return n;
	const struct device *first = addon_device(p, n);
	if (first == d)
		return n;
	report_twins(p, first, d, n);
	return ADDON_NO_PACK;
}

bool addon_listens(struct publisher *p, const struct device *d)
{
	const struct source *s = addon_source(d);
	const struct link *link = s ? publisher_link(p, s->channel) : NULL;
	return link && link->listening;
}

const struct source *addon_can(struct publisher *p)
{
	const struct source *first = NULL;
	for (size_t i = 0; i < p->devices.count; i++) {
		const struct device *d = p->devices.list[i];
		const struct source *s = d->inverter || d->shadowed ? NULL : lowest(d, PACK_SOURCE_CAN);
		if (s && (!first || is_before(s, first)))
			first = s;
	}
	return first;
}

bool addon_row_is_of(const struct addon_row *row, bool listening)
{
	return row->mode == (listening ? ADDON_LISTEN : ADDON_POLL) && row->form != ADDON_OMIT;
}
