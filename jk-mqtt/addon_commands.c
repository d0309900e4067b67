/* SPDX-License-Identifier: MIT */
#include "addon_commands.h"

#include <stdio.h>
#include <string.h>

#include "addon_packs.h"
#include "commands.h"

/* Settings that the add-on shows, but that are not what they seem. */
static const struct {
	const char *key, *why;
} refused[] = {
	{"bms_device_address", "it would change which pack is which: jk-set can do it"},
	{"connexion_wire_resistance_1",
	 "it is that of wire 5, and in ohms, not in milliohms: jk-set can set connection_wire_resistance_5"},
};

static const char *why_refused(struct slice key)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (slice_is(key, refused[i].key))
			return refused[i].why;
	return NULL;
}

static const struct addon_row *row_of(struct slice key)
{
	for (size_t i = 0; i < addon_row_count; i++)
		if (addon_rows[i].set && addon_rows[i].key && slice_is(key, addon_rows[i].set))
			return &addon_rows[i];
	return NULL;
}

/* NULL, or why no command is passed on. */
static const char *forbidden(const struct publisher *p, const struct addon_row *row, struct slice key)
{
	if (p->addon.foreign_us)
		return "another program publishes on the topics of the add-on";
	if (!p->options->fifo)
		return "jk-mqtt takes no commands: it was started without -c";
	if (!p->addon.authorized)
		return "Authorize Modify Settings is off";
	return row ? why_refused(key) : "the add-on has no such setting";
}

void addon_commands_message(struct publisher *p, struct slice number, struct slice key, const char *payload,
			    size_t size, bool retained, int64_t real_us, int64_t now_us)
{
	int n = addon_pack_find(number);
	struct device *d = n == ADDON_NO_PACK ? NULL : addon_device(p, n);
	const struct addon_row *row = row_of(key);
	char name[DEVICE_NAME_MAX + 1]; /* what a pack of this address would be called */
	snprintf(name, sizeof name, "bms_%.*s", (int)(number.n < 16 ? number.n : 16), number.p);
	commands_message(p, slice_of(d ? d->name : name), row ? slice_of(row->key) : key, payload, size,
			 retained, forbidden(p, row, key), real_us, now_us);
}
