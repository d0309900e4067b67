/* SPDX-License-Identifier: MIT */
#include "addon_watch.h"

#include <stdio.h>
#include <string.h>

#include "addon_discovery.h"
#include "addon_echo.h"
#include "addon_global.h"

/* What a topic is. */
enum meaning {
	OTHER,
	STATE,
	CONFIG,
	AUTHORIZE, /* the command topic of the switch that allows commands */
};

struct found {
	enum meaning meaning;
	const struct addon_row *row; /* NULL: the topic of no entity */
	int n;
};

static struct found find(const struct options *o, const char *topic)
{
	struct found f = {.n = ADDON_NO_PACK};
	if (strcmp(topic, addon_module.topic) == 0)
		return (struct found){.meaning = STATE, .n = ADDON_NO_PACK};
	for (size_t i = 0; i < addon_row_count && f.meaning == OTHER; i++) {
		f.row = &addon_rows[i];
		if (addon_match(f.row->topic, topic, &f.n))
			f.meaning = STATE;
		else if (addon_discovery_is(o, f.row, topic, &f.n))
			f.meaning = CONFIG;
		else if (f.row->form == ADDON_OWN && strcmp(f.row->set, topic) == 0)
			f.meaning = AUTHORIZE;
	}
	return f;
}

/* ---- subscriptions ---- */

static void subscribe(struct publisher *p, const char *before, const char *format, const char *name)
{
	char filter[TOPIC_MAX], rest[TOPIC_MAX];
	snprintf(rest, sizeof rest, format, name);
	int n = snprintf(filter, sizeof filter, "%s%s", before, rest);
	if (n > 0 && (size_t)n < sizeof filter)
		outbox_subscribe(p->outbox, filter);
}

/* No two of them, and none of the broker's other subscriptions, have a topic in common. */
void addon_watch_begin(struct publisher *p)
{
	static const char *const of_pack[] = {"BMS_%s/+", "BMS_%s/alarm/+", "BMS_%s/state/+",
					      "BMS_%s/control/+/state"};
	static const char *const of_all[] = {"BMS_GLOBAL/+", "BMS_GLOBAL/+/+", "CANbus-1/+"};
	static const char *const config_of_pack[] = {"/number/BMS_%s_device/+/config",
						     "/switch/BMS_%s_device/+/config"};
	static const char *const config[] = {"/sensor/+/config", "/binary_sensor/+/config",
					     "/number/+/config", "/+/BMS_GLOBAL_device/+/config",
					     "/sensor/canbus1_device/+/config"};
	const char *discovery = p->options->discovery_prefix;
	for (int n = 0; n < ADDON_PACKS; n++) {
		for (size_t i = 0; i < sizeof of_pack / sizeof *of_pack; i++)
			subscribe(p, "", of_pack[i], addon_pack(n));
		for (size_t i = 0; i < sizeof config_of_pack / sizeof *config_of_pack; i++)
			subscribe(p, discovery, config_of_pack[i], addon_pack(n));
	}
	for (size_t i = 0; i < sizeof of_all / sizeof *of_all; i++)
		outbox_subscribe(p->outbox, of_all[i]);
	outbox_subscribe(p->outbox, addon_module.topic);
	for (size_t i = 0; i < sizeof config / sizeof *config; i++)
		subscribe(p, discovery, "%s", config[i]);
}

static bool is_discovery(const struct options *o, const char *topic)
{
	size_t n = strlen(o->discovery_prefix);
	return strncmp(topic, o->discovery_prefix, n) == 0 && topic[n] == '/' &&
	       strcmp(topic + n, "/status") != 0;
}

bool addon_watch_wants(const struct options *o, const char *topic, const void *payload, size_t size,
		       bool retained, int64_t now_us)
{
	if (!retained && addon_echo_take(topic, payload, size, now_us))
		return false;
	struct found f = find(o, topic);
	if (f.meaning == OTHER)
		return !is_discovery(o, topic); /* of other programs' devices */
	bool left = f.meaning == AUTHORIZE || (f.row && f.row->form == ADDON_OMIT);
	return size > 0 && (left || !retained);
}

/* ---- what is emptied at take-over ---- */

static void empty(struct publisher *p, const char *topic)
{
	outbox_repeat(p->outbox, topic, "", 0, OUTBOX_ONCE);
}

static void empty_config(struct publisher *p, const struct addon_row *row, int n)
{
	char topic[TOPIC_MAX];
	empty(p, addon_discovery_topic(topic, p->options, row, n));
}

/* The entities go first: else Home Assistant reads the empty state with their templates, and logs errors. */
static void empty_row(struct publisher *p, const struct addon_row *row, int n)
{
	char topic[TOPIC_MAX];
	struct strbuf t = {.data = topic, .capacity = sizeof topic - 1};
	addon_put(&t, row->topic, n);
	topic[t.size] = '\0';
	for (size_t i = 0; i < addon_row_count; i++)
		if (addon_rows[i].form == ADDON_OMIT && strcmp(addon_rows[i].topic, row->topic) == 0)
			empty_config(p, &addon_rows[i], n);
	empty(p, topic);
}

/* What the other program published while ours was silent. */
static void empty_noted(struct publisher *p)
{
	for (size_t i = 0; i < addon_row_count; i++) {
		const struct addon_row *row = &addon_rows[i];
		if (row->form != ADDON_OMIT)
			continue;
		if (row->frame == ADDON_PREMIUM && p->addon.premium)
			empty_row(p, row, ADDON_NO_PACK);
		for (int n = 0; n < ADDON_PACKS && row->frame != ADDON_PREMIUM; n++)
			if (p->addon.passcodes & 1u << n)
				empty_row(p, row, n);
	}
	p->addon.passcodes = 0;
	p->addon.premium = false;
}

static void note(struct publisher *p, const struct found *f)
{
	if (!f->row || f->row->form != ADDON_OMIT)
		return;
	if (f->n == ADDON_NO_PACK)
		p->addon.premium = true;
	else
		p->addon.passcodes |= (uint16_t)(1u << f->n);
}

/* ---- another program ---- */

/* Drops what waits for the broker, which would otherwise be sent again after the next connection. */
static void stop(struct publisher *p, const char *topic, int64_t now_us)
{
	log_line("%s: another program publishes there: is the flow of the add-on still running?  Nothing is "
		 "published on its topics until it has been silent for %d s",
		 topic, ADDON_QUIET_US / 1000000);
	p->addon.foreign_us = now_us;
	p->bridge_due = true;
	outbox_forget(p->outbox, "BMS_");
	outbox_forget(p->outbox, "CANbus-1/");
	outbox_forget(p->outbox, addon_module.topic);
}

static void foreign(struct publisher *p, const struct found *f, const char *topic, int64_t now_us)
{
	p->addon.foreign++;
	note(p, f);
	if (!p->addon.foreign_us)
		stop(p, topic, now_us);
	p->addon.foreign_us = now_us;
}

/* Home Assistant retains it on a command topic that the add-on announced with retain. */
static void authorize(struct publisher *p, const char *topic, const char *payload, size_t size, bool retained)
{
	empty(p, topic);
	if (!retained)
		addon_global_authorize(p, payload, size);
}

bool addon_watch_take(struct publisher *p, const char *topic, const char *payload, size_t size, bool retained,
		      int64_t now_us)
{
	struct found f = find(p->options, topic);
	if (f.meaning == OTHER || size == 0)
		return f.meaning != OTHER;
	if (f.meaning == AUTHORIZE)
		authorize(p, topic, payload, size, retained);
	else if (!retained)
		foreign(p, &f, topic, now_us);
	else if (f.row && f.row->form == ADDON_OMIT && p->addon.foreign_us)
		note(p, &f);
	else if (f.row && f.row->form == ADDON_OMIT && f.meaning == STATE)
		empty_row(p, f.row, f.n);
	else if (f.row && f.row->form == ADDON_OMIT)
		empty(p, topic);
	return true;
}

/* All that is known is published anew. */
static void resume(struct publisher *p, int64_t now_us)
{
	log_line("the other program is silent: publishing on the topics of the add-on again");
	p->addon.foreign_us = 0;
	p->bridge_due = true;
	empty_noted(p);
	addon_global_begin(p);
	announcement_again(&p->bridge.announcement, now_us);
	for (size_t i = 0; i < p->devices.count; i++) {
		struct device *d = p->devices.list[i];
		for (size_t k = 0; k < ENTITY_STATES; k++) {
			d->states[k].waits |= d->states[k].published_us != INT64_MIN;
			d->states[k].published_us = INT64_MIN;
		}
		announcement_again(&d->announcement, now_us + 1000000);
		devices_touch(&p->devices, d);
	}
}

void addon_watch_time(struct publisher *p, int64_t now_us)
{
	if (p->addon.foreign_us && now_us - p->addon.foreign_us >= ADDON_QUIET_US)
		resume(p, now_us);
}
