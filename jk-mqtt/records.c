/* SPDX-License-Identifier: MIT */
#include "records.h"

#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "discovery.h"
#include "link_topics.h"
#include "log.h"
#include "payload.h"
#include "topics.h"
#include "trust.h"

void records_begin(struct records *p, const struct options *options, struct outbox *outbox, uint32_t seed)
{
	*p = (struct records){
		.options = options, .outbox = outbox, .bridge_us = INT64_MIN, .chance = seed | 1};
	discovery_begin(p);
	topics_text(p, LAYOUT_STATUS, LAYOUT_NO_NAMES, "online");
	topics_bridge(p, 0);
}

static void shadowed(struct records *p, const struct source *from)
{
	const struct device *d = from->device, *first = devices_owner(&p->devices, d);
	if (strcmp(first->name, d->name) == 0)
		log_line("%s:%d and %s:%d would both be %s: the second is not published; name the packs with "
			 "jk-decode -m",
			 first->commands->channel, first->commands->bms, from->channel, from->bms, d->name);
	else
		log_line("%s:%d is not published: %s; change its name in the map of jk-decode -m",
			 from->channel, from->bms, names_clash(first->name, d->name));
	p->bridge_us = INT64_MIN;
}

static bool link_listens(struct records *p, const struct source *from)
{
	struct link *link = link_topics_get(p, from->channel);
	return link && link->listening;
}

static struct source *any_source(struct records *p, const char *channel, int bms, const char *pack)
{
	struct source *from = bms < 0 ? NULL : devices_source(&p->devices, channel, bms, pack);
	if (from && from == from->device->commands)
		from->device->listening = link_listens(p, from);
	return from;
}

static struct source *any_source_of(struct records *p, const struct json_record *r)
{
	return any_source(p, r->channel, r->bms, r->pack);
}

static struct source *source_of(struct records *p, const struct json_record *r)
{
	struct source *from = any_source_of(p, r);
	return from && !from->device->shadowed ? from : NULL;
}

/* The same, of a frame. */
static struct source *heard_source(struct records *p, const struct json_record *r)
{
	struct source *from = any_source_of(p, r);
	if (from && devices_heard(&p->devices, from->device) && from->device->shadowed)
		shadowed(p, from);
	return from && !from->device->shadowed ? from : NULL;
}

/* One source of a pack may have the label, and another none. */
static void take_label(struct device *d, const struct json_record *r, int64_t now_us)
{
	if (!r->pack || !r->label || strlen(r->label) > LABEL_MAX || strcmp(d->label, r->label) == 0)
		return;
	memcpy(d->label, r->label, strlen(r->label) + 1);
	discovery_wanted(d, now_us);
}

/*
 * Commands go to the source that settings were last received from: one that has none, as CAN, cannot take
 * them.  A channel that only listens does not take them from one that transmits.
 */
static void take_commands(struct records *p, struct source *from, int64_t now_us)
{
	struct device *d = from->device;
	bool listening = link_listens(p, from);
	if (d->commands == from) {
		d->settings_heard = true;
		return;
	}
	if (d->settings_heard && listening && !d->listening)
		return;
	d->commands = from;
	d->settings_heard = true;
	if (d->listening != listening && p->options->fifo)
		discovery_wanted(d, now_us);
	d->listening = listening;
}

static void back_online(struct records *p, struct device *d, int64_t now_us)
{
	for (enum entity_source source = 0; source < ENTITY_STATES; source++)
		topics_record(p, d, source, now_us);
	if (d->was_online)
		log_line("%s: heard again: online", d->name);
	d->online = d->was_online = true;
	topics_text(p, LAYOUT_AVAILABILITY, LAYOUT_NAMES(.device = d->name), "online");
}

/* What waits may be of either pack. */
static void withhold(struct records *p, const struct source *from)
{
	struct device *d = from->device;
	for (enum entity_source source = 0; source < ENTITY_STATES; source++)
		state_forget(&d->states[source]);
	if (!d->online)
		return;
	d->online = false;
	topics_text(p, LAYOUT_AVAILABILITY, LAYOUT_NAMES(.device = d->name), "offline");
	log_line("%s: two packs have the address %d of %s: their values are not published; give each its own "
		 "address",
		 d->name, from->bms, from->channel);
}

/* Of pieces of a record, to see whether they are others than in the one before; never 0. */
static uint64_t pieces_hash(const struct json_record *r, const enum record_key *keys, size_t count)
{
	uint64_t hash = 1;
	for (size_t i = 0; i < count; i++)
		hash = hash * 31 + payload_hash(r->value[keys[i]].p, r->value[keys[i]].n) + r->kind[keys[i]];
	return hash ? hash : 1;
}

/* The list of jk-alarm.  Its tree is made only if the list is another one. */
static void take_listed(struct records *p, struct source *from, struct json_record *r)
{
	static const enum record_key keys[] = {RECORD_ALARMS};
	if (r->kind[RECORD_ALARMS] != JSON_LIST)
		return;
	uint64_t hash = pieces_hash(r, keys, 1);
	if (hash == from->alarms_hash)
		topics_totals(p, &from->device->totals, device_totals(from->device));
	else if (json_record_object(r))
		take_alarms(p, from, r->object);
	from->alarms_hash = hash;
}

/* The alarms of the BMS itself, likewise. */
static void take_own(struct records *p, struct device *d, struct json_record *r)
{
	static const enum record_key keys[] = {RECORD_ERRORS, RECORD_CAN_ERRORS, RECORD_CAN_LEVELS,
					       RECORD_ALARM_ACTIVE};
	uint64_t hash = pieces_hash(r, keys, sizeof keys / sizeof *keys);
	if (!d->alarms_known && hash != d->own_hash && json_record_object(r))
		take_own_alarms(p, d, r->object);
	d->own_hash = hash;
}

/*
 * Keeps the record until it is published.  With CAN beside RS485 a whole record is one part more, or the keys
 * of the other would come and go.  False: there is no memory.
 */
static bool keep(struct records *p, struct device *d, struct json_record *r, enum entity_source source,
		 int64_t now_us)
{
	struct state *s = &d->states[source];
	bool whole = strcmp(r->type, "can") != 0 && !(source == ENTITY_LIVE && d->can.newest);
	if (!whole && !json_record_object(r))
		return false;
	if (whole && !state_keep(s, r))
		return false;
	s->newest_us = r->time_us;
	if (whole && source == ENTITY_LIVE)
		take_own(p, d, r);
	if (whole)
		return true;
	payload_strip(r->object);
	state_keep_tree(s, can_merge_record(&d->can, r->object, now_us - d->heard_us));
	r->object = NULL;
	take_own_alarms(p, d, s->newest);
	return true;
}

static void take_state(struct records *p, struct json_record *r, enum entity_source source, int64_t now_us)
{
	struct source *from = heard_source(p, r);
	if (!from)
		return;
	struct device *d = from->device;
	period_heard(&d->period, now_us);
	if (source == ENTITY_LIVE)
		take_listed(p, from, r);
	if (!trust_record(from, r)) {
		d->heard_us = now_us;
		if (trust_is_lost(d))
			withhold(p, from);
		return;
	}
	take_label(d, r, now_us);
	if (source == ENTITY_SETTINGS)
		take_commands(p, from, now_us);
	if (!keep(p, d, r, source, now_us)) {
		records_bad_record(p, 0, "no memory");
		return;
	}
	struct state *s = &d->states[source];
	s->from = from;
	d->heard_us = now_us;
	bool at_once = pace_take(&s->pace, p->options->interval_us, now_us);
	if (!d->online)
		back_online(p, d, now_us);
	else if (at_once)
		topics_record(p, d, source, now_us);
}

static void take_live(struct records *p, struct json_record *r, int64_t now_us)
{
	take_state(p, r, ENTITY_LIVE, now_us);
}

static void take_settings(struct records *p, struct json_record *r, int64_t now_us)
{
	take_state(p, r, ENTITY_SETTINGS, now_us);
}

static void take_about(struct records *p, struct json_record *r, int64_t now_us)
{
	take_state(p, r, ENTITY_ABOUT, now_us);
}

static void take_rejected(struct records *p, struct json_record *r, int64_t now_us)
{
	(void)now_us;
	struct source *from = source_of(p, r);
	if (from)
		from->device->rejected++;
}

static void take_alarm(struct records *p, struct json_record *r, int64_t now_us)
{
	(void)now_us;
	struct source *from = source_of(p, r);
	if (from) {
		from->alarms_hash = 0;
		topics_transition(p, from, r->object);
		if (trust_is_lost(from->device))
			withhold(p, from);
	} else if (r->bms < 0)
		link_topics_transition(p, r);
}

/* The totals of whatever a member of a summary's list is of. */
static void take_where(struct records *p, struct json_object *where)
{
	const char *channel = json_text(where, "channel");
	int64_t bms = -1;
	if (!channel || !frame_line_channel_valid(channel) ||
	    (json_member(where, "bms") && !json_value_whole(json_member(where, "bms"), 15, &bms)))
		return;
	const char *pack = json_text(where, "pack");
	struct source *from = any_source(p, channel, (int)bms, pack && names_valid(pack) ? pack : NULL);
	struct link *link = from ? NULL : link_topics_get(p, channel);
	struct totals t = totals_of_summary(where);
	if (from && from->device->summary == p->summaries) /* its other source was in the list, too */
		totals_merge(&t, from->device->totals);
	if (from)
		from->device->summary = p->summaries;
	if (from || link)
		topics_totals(p, from ? &from->device->totals : &link->totals, t);
}

/* It has what a start of jk-mqtt alone would not hear of: who is silent, whose link is down. */
static void take_totals(struct records *p, struct json_object *summary)
{
	struct json_object *where = json_member(summary, "where");
	if (!json_object_is_type(where, json_type_array))
		return;
	p->summaries++;
	for (size_t i = 0; i < p->devices.count && !json_member(summary, "more"); i++)
		topics_totals(p, &p->devices.list[i]->totals, (struct totals){0});
	for (size_t i = 0; i < p->link_count && !json_member(summary, "more"); i++)
		topics_totals(p, &p->links[i].totals, (struct totals){0});
	for (size_t i = 0; i < json_object_array_length(where); i++)
		take_where(p, json_object_array_get_idx(where, i));
}

static void take_summary(struct records *p, struct json_record *r, int64_t now_us)
{
	(void)now_us;
	take_totals(p, r->object);
	payload_strip(r->object);
	topics_json(p, LAYOUT_SUMMARY, LAYOUT_NO_NAMES, r->object);
}

static void take_health(struct records *p, struct json_record *r, int64_t now_us)
{
	(void)now_us;
	struct source *from = source_of(p, r);
	if (r->bms < 0) {
		link_topics_health(p, r);
	} else if (from) {
		payload_strip(r->object);
		topics_json(p, LAYOUT_HEALTH, LAYOUT_NAMES(.device = from->device->name), r->object);
	}
}

static void take_event(struct records *p, struct json_record *r, int64_t now_us)
{
	if (!r->event || !r->words)
		return;
	bool conflict = strcmp(r->event, "conflict") == 0, write = strcmp(r->event, "write") == 0;
	struct source *from = conflict || write ? source_of(p, r) : NULL;
	if (from && conflict) {
		trust_conflict(from, r);
		withhold(p, from);
	}
	if (write)
		commands_result(p, from ? from->device : NULL, r, r->words, now_us);
	else
		link_topics_event(p, r->channel, r->event, r->words, now_us);
}

/* Other types, acknowledgements say, are no state of anything. */
static const struct taker {
	const char *type;
	bool tree; /* all of it is published, or its lists are read */
	void (*take)(struct records *p, struct json_record *r, int64_t now_us);
} takers[] = {
	{"live", false, take_live},    {"can", false, take_live},    {"settings", false, take_settings},
	{"about", false, take_about},  {"alarm", true, take_alarm},  {"summary", true, take_summary},
	{"health", true, take_health}, {"event", false, take_event}, {"rejected", false, take_rejected},
};

static const struct taker *taker_of(const char *type)
{
	for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
		if (strcmp(takers[i].type, type) == 0)
			return &takers[i];
	return NULL;
}

void records_record(struct records *p, struct json_record *record, int64_t now_us)
{
	const struct taker *taker = taker_of(record->type);
	/* A summary is of all channels; where none was ever heard it has none. */
	if (!frame_line_channel_valid(record->channel) && strcmp(record->type, "summary") != 0)
		records_bad_record(p, 0, "its channel is none");
	else if (record->pack && !names_valid(record->pack))
		records_bad_record(p, 0, "its pack is no name of a device");
	else if (taker && taker->tree && !json_record_object(record))
		records_bad_record(p, 0, "no memory");
	else if (taker)
		taker->take(p, record, now_us);
	json_record_free(record);
}

void records_bad_record(struct records *p, unsigned long line, const char *why)
{
	p->bad_records++;
	if (!log_allowed(&p->bad))
		return;
	if (line > 0)
		log_line("stdin:%lu: no record: %s", line, why);
	else
		log_line("stdin: no record: %s", why);
}

void records_left_out(struct records *p, unsigned long line, const char *key)
{
	if (log_allowed(&p->bad))
		log_line("stdin:%lu: %s: a number that is too large: null", line, key);
}

void records_connected(struct records *p, unsigned connections, int64_t now_us)
{
	p->connections = connections;
	p->bridge_us = INT64_MIN;
	discovery_connected(&p->bridge, now_us);
	for (size_t i = 0; i < p->devices.count; i++)
		discovery_connected(p->devices.list[i], now_us);
}

/* Home Assistant asks for a short random delay, so that not everybody answers at once. */
void records_birth(struct records *p, int64_t now_us)
{
	for (size_t i = 0; i < p->devices.count; i++) {
		p->chance = p->chance * 1664525 + 1013904223;
		discovery_again(p->devices.list[i], now_us + 200000 + p->chance % 1500000);
	}
	discovery_again(&p->bridge, now_us + 200000);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* It counts much that nobody waits for. */
static int64_t bridge_due(const struct records *p)
{
	enum { BRIDGE_US = 5000000 };
	return p->bridge_us == INT64_MIN ? INT64_MIN : p->bridge_us + BRIDGE_US;
}

int64_t records_deadline(const struct records *p)
{
	int64_t next_us = earlier(discovery_due(&p->bridge), bridge_due(p));
	for (size_t i = 0; i < p->devices.count; i++) {
		const struct device *d = p->devices.list[i];
		if (d->shadowed)
			continue;
		for (size_t k = 0; k < ENTITY_STATES; k++)
			if (state_waits(&d->states[k]))
				next_us = earlier(next_us,
						  pace_deadline(&d->states[k].pace, p->options->interval_us));
		if (d->online)
			next_us = earlier(next_us,
					  d->heard_us + period_limit_us(&d->period, p->options->silent_us));
		next_us = earlier(next_us, discovery_due(d));
	}
	for (size_t i = 0; i < p->link_count; i++)
		if (p->links[i].changed)
			next_us = earlier(next_us, link_topics_due(p, &p->links[i]));
	return next_us;
}

static void device_time(struct records *p, struct device *d, int64_t now_us)
{
	for (enum entity_source source = 0; source < ENTITY_STATES; source++)
		if (state_waits(&d->states[source]) &&
		    pace_deadline(&d->states[source].pace, p->options->interval_us) <= now_us)
			topics_record(p, d, source, now_us);
	if (d->online && now_us - d->heard_us >= period_limit_us(&d->period, p->options->silent_us)) {
		d->online = false;
		topics_text(p, LAYOUT_AVAILABILITY, LAYOUT_NAMES(.device = d->name), "offline");
		log_line("%s: silent for %lld s: offline", d->name,
			 (long long)((now_us - d->heard_us) / 1000000));
	}
	if (discovery_due(d) <= now_us)
		discovery_send(p, d, now_us);
}

void records_time(struct records *p, int64_t now_us)
{
	for (size_t i = 0; i < p->devices.count; i++)
		if (!p->devices.list[i]->shadowed)
			device_time(p, p->devices.list[i], now_us);
	for (size_t i = 0; i < p->link_count; i++)
		if (p->links[i].changed && link_topics_due(p, &p->links[i]) <= now_us)
			link_topics_publish(p, &p->links[i], now_us);
	if (bridge_due(p) <= now_us)
		topics_bridge(p, now_us);
	if (discovery_due(&p->bridge) <= now_us)
		discovery_send(p, &p->bridge, now_us);
}

bool records_waits(const struct records *p)
{
	bool waits = discovery_waits(&p->bridge);
	for (size_t i = 0; i < p->devices.count; i++)
		waits = waits || discovery_waits(p->devices.list[i]);
	return waits;
}

void records_finish(struct records *p, int64_t now_us)
{
	for (size_t i = 0; i < p->devices.count; i++) {
		struct device *d = p->devices.list[i];
		for (enum entity_source source = 0; !d->shadowed && source < ENTITY_STATES; source++)
			topics_record(p, d, source, now_us);
		if (discovery_waits(d))
			discovery_send(p, d, now_us);
	}
	for (size_t i = 0; i < p->link_count; i++)
		if (p->links[i].changed)
			link_topics_publish(p, &p->links[i], now_us);
	topics_bridge(p, now_us);
	for (size_t i = 0; i < p->devices.count; i++)
		if (p->devices.list[i]->online)
			topics_text(p, LAYOUT_AVAILABILITY, LAYOUT_NAMES(.device = p->devices.list[i]->name),
				    "offline");
	topics_text(p, LAYOUT_STATUS, LAYOUT_NO_NAMES, "offline");
	log_left_out(&p->bad, "more lines that are no records");
}

/* Returns true if the topic is PREFIX/rest, and what the rest is. */
static const char *behind(const char *topic, const char *prefix)
{
	size_t n = strlen(prefix);
	return strncmp(topic, prefix, n) == 0 && topic[n] == '/' ? topic + n + 1 : NULL;
}

static bool is(const char *payload, size_t size, const char *text)
{
	return size == strlen(text) && memcmp(payload, text, size) == 0;
}

/*
 * A pack that an earlier run left online, and that is not heard any more, would show its last values forever.
 * And what an old connection's will, or somebody else, says of us is set right.
 */
static void other_availability(struct records *p, const char *name, size_t n, bool online, bool retained)
{
	const struct device *d = devices_named(&p->devices, name, n);
	char topic[TOPIC_MAX], copy[DEVICE_NAME_MAX + 1];
	if (n > DEVICE_NAME_MAX)
		return;
	memcpy(copy, name, n);
	copy[n] = '\0';
	layout_topic(topic, p->options, LAYOUT_AVAILABILITY, LAYOUT_NAMES(.device = copy));
	if (!online && d && d->online)
		outbox_again(p->outbox, topic);
	else if (online && retained && !(d && d->online))
		outbox_repeat(p->outbox, topic, "offline", 7, OUTBOX_ONCE);
}

void records_subscribed(struct records *p, const char *filter, int64_t now_us)
{
	discovery_answered(p, filter, now_us);
}

void records_message(struct records *p, const char *topic, const char *payload, size_t size, bool retained,
		     int64_t real_us, int64_t now_us)
{
	const char *rest = behind(topic, p->options->discovery_prefix),
		   *own = behind(topic, p->options->prefix);
	/* One prefix may be inside the other: the topic is that of the longer one. */
	if (own && strlen(p->options->prefix) > strlen(p->options->discovery_prefix))
		rest = NULL;
	if (rest && strcmp(rest, "status") == 0) {
		if (is(payload, size, "online"))
			records_birth(p, now_us);
		return;
	}
	if (rest) {
		discovery_message(p, topic, rest, payload, size, retained, now_us);
		return;
	}
	if (!own)
		return;
	if (strcmp(own, "status") == 0) {
		if (!is(payload, size, "online"))
			outbox_again(p->outbox, topic);
		return;
	}
	const char *slash = strchr(own, '/');
	if (!slash)
		return;
	if (strcmp(slash, "/availability") == 0)
		other_availability(p, own, (size_t)(slash - own), is(payload, size, "online"), retained);
	else if (strncmp(slash, "/set/", 5) == 0)
		commands_message(p, own, (size_t)(slash - own), slash + 5, payload, size, retained, real_us);
}
