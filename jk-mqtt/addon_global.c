/* SPDX-License-Identifier: MIT */
#include "addon_global.h"

#include <string.h>
#include <strings.h>

#include "addon_states.h"

static const struct addon_row *row_of(enum addon_form form)
{
	for (size_t i = 0; i < addon_row_count; i++)
		if (addon_rows[i].form == form)
			return &addon_rows[i];
	return NULL;
}

static void put(struct publisher *p, const char *topic, const char *text)
{
	outbox_state(p->outbox, topic, text, strlen(text), OUTBOX_ALWAYS);
}

static void publish_authorized(struct publisher *p)
{
	put(p, row_of(ADDON_OWN)->topic, p->addon.authorized ? "true" : "false");
}

void addon_global_begin(struct publisher *p)
{
	p->addon.health_us = 0;
	put(p, addon_module.topic, addon_module.online);
	publish_authorized(p);
	addon_states_global_alarm(p);
}

void addon_global_end(struct publisher *p)
{
	if (!p->addon.foreign_us)
		put(p, addon_module.topic, addon_module.offline);
}

static bool is(const char *payload, size_t size, const char *word)
{
	return size == strlen(word) && strncasecmp(payload, word, size) == 0;
}

void addon_global_authorize(struct publisher *p, const char *payload, size_t size)
{
	bool on = is(payload, size, "true"), known = on || is(payload, size, "false");
	if (p->addon.foreign_us)
		return;
	if (!known || (on && !p->options->fifo)) {
		if (log_allowed(&p->addon.odd))
			log_line("%s: ignored: %s", row_of(ADDON_OWN)->set,
				 known ? "without -c no commands are taken" : "it is true or false");
	} else if (on != p->addon.authorized) {
		p->addon.authorized = on;
		log_line("Authorize Modify Settings: commands are %s", on ? "taken" : "refused");
	}
	publish_authorized(p);
	outbox_again(p->outbox, row_of(ADDON_OWN)->topic);
}
