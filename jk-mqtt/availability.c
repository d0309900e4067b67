/* SPDX-License-Identifier: MIT */
#include "availability.h"

#include <stdio.h>
#include <string.h>

#include "number.h"
#include "period.h"
#include "state_topics.h"

/* ---- packs of earlier runs ---- */

static const char *topic_of(char topic[TOPIC_MAX], const struct publisher *p, enum layout_topic which,
			    const char *name)
{
	return naming_topic(topic, p->options, which, LAYOUT_NAMES(.device = name));
}

/* Nothing of it is kept here: it may not be a pack of ours. */
static void repeat_offline(struct publisher *p, const char *name)
{
	char topic[TOPIC_MAX];
	outbox_repeat(p->outbox, topic_of(topic, p, LAYOUT_AVAILABILITY, name), "offline", 7, OUTBOX_ONCE);
}

static void ask(struct publisher *p, struct adopted *one)
{
	char topic[TOPIC_MAX];
	if (one->asked || !p->options->layout->row[LAYOUT_LIVE].taken)
		return;
	one->asked = true;
	outbox_subscribe(p->outbox, topic_of(topic, p, LAYOUT_LIVE, one->name));
}

static void answered(struct publisher *p, struct adopted *one)
{
	char topic[TOPIC_MAX];
	if (one->asked)
		outbox_unsubscribe(p->outbox, topic_of(topic, p, LAYOUT_LIVE, one->name));
	one->asked = false;
}

static void adopt(struct publisher *p, const char *name, bool online, int64_t now_us)
{
	struct adopted *one = adopted_find(&p->adopted, name, strlen(name));
	if (!one)
		one = adopted_add(&p->adopted, name, strlen(name), hearing_us(&p->hearing, now_us),
				  p->options->silent_us);
	if (!online)
		return;
	if (!one || one->silent_us == INT64_MAX) {
		repeat_offline(p, name);
		return;
	}
	one->online = true;
	ask(p, one);
}

/* It was heard, or its values are withheld.  Returns whether the broker shows it as online. */
static bool adopted_no_more(struct publisher *p, const char *name)
{
	struct adopted *one = adopted_find(&p->adopted, name, strlen(name));
	if (!one)
		return false;
	bool online = one->online && one->silent_us != INT64_MAX;
	answered(p, one);
	adopted_remove(&p->adopted, one);
	return online;
}

void availability_forgotten(struct publisher *p, struct slice name)
{
	char copy[DEVICE_NAME_MAX + 1];
	if (name.n > DEVICE_NAME_MAX)
		return;
	slice_copy(copy, sizeof copy, name);
	adopted_no_more(p, copy);
}

/* The time of a live state, in us since 1970; -1: it has none. */
static int64_t time_of(const char *payload, size_t size)
{
	static const char key[] = "\"time\":";
	const char *at = memmem(payload, size, key, sizeof key - 1);
	int64_t time_us;
	if (!at)
		return -1;
	at += sizeof key - 1;
	size_t left = size - (size_t)(at - payload), n = 0;
	while (n < left && at[n] != ',' && at[n] != '}')
		n++;
	return number_decimal(at, n, 6, 0, INT64_MAX, &time_us) ? time_us : -1;
}

void availability_state(struct publisher *p, struct slice name, const char *payload, size_t size,
			int64_t now_us)
{
	struct adopted *one = adopted_find(&p->adopted, name.p, name.n);
	int64_t time_us = time_of(payload, size);
	if (!one)
		return;
	answered(p, one);
	if (time_us >= 0)
		adopted_age(&p->adopted, one, hearing_us(&p->hearing, now_us),
			    now_us + p->real_less_us - time_us, p->options->silent_us);
}

int64_t availability_adopted_deadline(const struct publisher *p)
{
	return p->adopted.count == 0 || p->adopted.next_us == INT64_MAX
		       ? INT64_MAX
		       : hearing_deadline(&p->hearing, p->adopted.next_us);
}

static void set_silent(struct publisher *p, struct adopted *one)
{
	answered(p, one);
	one->silent_us = INT64_MAX;
	if (!one->online)
		return;
	repeat_offline(p, one->name);
	if (log_allowed(&p->adopted_log))
		log_line("%s: not received since the start: offline", one->name);
}

/* Is it one that nobody hears?  A pack whose address another one has, too, is heard. */
static bool is_unheard(const struct publisher *p, const struct adopted *one)
{
	const struct device *d = devices_named(&p->devices, one->name, strlen(one->name));
	return !(d && d->there);
}

static void report(struct publisher *p, struct adopted *one, struct strbuf *names, size_t *more)
{
	one->reported = true;
	if (!is_unheard(p, one))
		return;
	if (*more > 0 || names->capacity - names->size < strlen(one->name) + 2) {
		(*more)++;
		return;
	}
	if (names->size > 0)
		strbuf_string(names, ", ");
	strbuf_string(names, one->name);
}

void availability_adopted_time(struct publisher *p, int64_t now_us)
{
	int64_t hearing = hearing_us(&p->hearing, now_us), timeout_us = p->options->silent_us;
	char text[600] = "", others[32] = "";
	struct strbuf names = {.data = text, .capacity = sizeof text - 1};
	size_t more = 0;
	if (p->adopted.count == 0 || hearing < p->adopted.next_us)
		return;
	for (size_t i = 0; i < p->adopted.count; i++) {
		struct adopted *one = p->adopted.list[i];
		if (one->silent_us <= hearing)
			set_silent(p, one);
		if (!one->reported && one->since_us + timeout_us <= hearing)
			report(p, one, &names, &more);
	}
	adopted_settle(&p->adopted, timeout_us);
	text[names.size] = '\0';
	if (more > 0)
		snprintf(others, sizeof others, " and %zu more", more);
	if (names.size > 0)
		log_line("known to the broker, but not received for %lld s: %s%s; if they are gone: jk-mqtt "
			 "--forget",
			 (long long)(timeout_us / 1000000), text, others);
}

void availability_adopted_finish(struct publisher *p)
{
	for (size_t i = 0; i < p->adopted.count; i++)
		if (p->adopted.list[i]->online && p->adopted.list[i]->silent_us != INT64_MAX)
			repeat_offline(p, p->adopted.list[i]->name);
}

/* ---- packs that are heard ---- */

void availability_online(struct publisher *p, struct device *d, int64_t now_us)
{
	for (enum entity_source source = 0; source < ENTITY_STATES; source++)
		state_topics_publish(p, d, source, now_us);
	if (d->was_online)
		log_line("%s: received again: online", d->name);
	d->online = d->was_online = true;
	adopted_no_more(p, d->name);
	publisher_text(p, LAYOUT_AVAILABILITY, LAYOUT_NAMES(.device = d->name), "online");
}

static void set_offline(struct publisher *p, struct device *d)
{
	d->online = false;
	publisher_text(p, LAYOUT_AVAILABILITY, LAYOUT_NAMES(.device = d->name), "offline");
}

void availability_withhold(struct publisher *p, struct source *from)
{
	struct device *d = from->device;
	bool others = pack_sources_holder(&d->pack) != PACK_NOBODY;
	for (enum entity_source source = 0; source < ENTITY_STATES; source++)
		if (d->states[source].from == from && !(source == ENTITY_LIVE && others))
			d->states[source].waits = false;
	if (!from->withheld && (d->online || others))
		log_line("%s: two packs have the address %d of %s: their values are not published; give each "
			 "its own address",
			 d->name, from->bms, from->channel);
	from->withheld = true;
	if (!others && (d->online || adopted_no_more(p, d->name)))
		set_offline(p, d);
}

/* Its score comes with the counts of jk-capture, that often at best; packs may be silent, or none there. */
static int64_t link_silent_at_us(const struct publisher *p, const struct device *d)
{
	enum { COUNTS_US = 10000000 };
	const struct link *link = publisher_link_known(p, d->commands->channel);
	int64_t heard_us = link && link->heard_us > d->heard_us ? link->heard_us : d->heard_us;
	int64_t limit_us = PERIOD_PATIENCE * (int64_t)COUNTS_US;
	if (limit_us < p->options->silent_us)
		limit_us = p->options->silent_us;
	return heard_us + period_limit_us(&d->period, limit_us);
}

/* In the time of hearing. */
static int64_t silent_at_us(const struct publisher *p, const struct device *d)
{
	if (d->link)
		return link_silent_at_us(p, d);
	return d->heard_us + period_limit_us(&d->period, p->options->silent_us);
}

int64_t availability_deadline(const struct publisher *p, const struct device *d)
{
	return d->online ? hearing_deadline(&p->hearing, silent_at_us(p, d)) : INT64_MAX;
}

void availability_time(struct publisher *p, struct device *d, int64_t now_us)
{
	int64_t hearing = hearing_us(&p->hearing, now_us);
	if (!d->online || hearing < silent_at_us(p, d))
		return;
	set_offline(p, d);
	if (d->period.heard_us > d->heard_us)
		log_line("%s: its frames may be of two packs, for %lld s: offline", d->name,
			 (long long)((hearing - d->certain_us) / 1000000));
	else
		log_line("%s: silent for %lld s: offline", d->name,
			 (long long)((hearing - d->heard_us) / 1000000));
}

void availability_message(struct publisher *p, struct slice name, bool online, bool retained, int64_t now_us)
{
	const struct device *d = devices_named(&p->devices, name.p, name.n);
	char topic[TOPIC_MAX], copy[DEVICE_NAME_MAX + 1];
	if (name.n > DEVICE_NAME_MAX)
		return;
	slice_copy(copy, sizeof copy, name);
	if (!online && d && d->online)
		outbox_again(p->outbox, topic_of(topic, p, LAYOUT_AVAILABILITY, copy));
	else if (retained && !(d && d->was_online))
		adopt(p, copy, online, now_us);
	else if (retained && online && !d->online)
		repeat_offline(p, copy);
}
