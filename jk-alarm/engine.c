/* SPDX-License-Identifier: MIT */
#include "engine.h"

#include <string.h>

void engine_begin(struct engine *e, const struct rules *rules, struct record_view_keys *keys,
		  struct sink sink, void (*complain)(void *context, const char *what))
{
	*e = (struct engine){.rules = rules, .keys = keys, .sink = sink, .complain = complain};
}

struct link *engine_link(struct engine *e, const char *channel, size_t size)
{
	for (size_t i = 0; i < e->links; i++)
		if (e->link[i].channel_size == size && memcmp(e->link[i].channel, channel, size) == 0)
			return &e->link[i];
	if (e->links == ALARM_CHANNELS_MAX)
		return NULL;
	struct link *link = &e->link[e->links++];
	memcpy(link->channel, channel, size);
	link->channel_size = size;
	link->self.link = link;
	link->self.bms = -1;
	return link;
}

struct subject *engine_pack(struct engine *e, struct link *link, int bms)
{
	if (bms < 0 || bms >= ADDRESSES)
		return NULL;
	if (!link->pack[bms] && e->packs < ALARM_PACKS_MAX) {
		struct subject *s = &e->pack[e->packs++];
		s->link = link;
		s->bms = bms;
		link->pack[bms] = s;
	}
	return link->pack[bms];
}

static void say(struct engine *e, const char *what)
{
	e->complain(e->sink.context, what);
}

/* ---- time ---- */

/* Where a link stands that has not been heard yet: as far behind the last record as its time is. */
static int64_t first_at(const struct engine *e, int64_t time_us)
{
	int64_t later_us = time_us - e->time_us;
	bool near = later_us > 0 && (!e->supervised || later_us <= STREAM_TIME_GAP_US);
	return e->started && near ? e->now_us + later_us : e->now_us;
}

/* The first record of all: before it stands what is known from a state file. */
static void start(struct engine *e, const struct link *link, int64_t time_us)
{
	e->started = true;
	e->time_us = time_us;
	e->offset_us = time_us - e->now_us;
	for (size_t i = 0; i < e->packs; i++)
		e->pack[i].heard_time_us = time_us;
	for (size_t i = 0; i < e->links; i++)
		e->link[i].self.heard_time_us = time_us;
	report_summary(e, link, time_us);
}

static void advance(struct engine *e, struct link *link, int64_t time_us)
{
	int64_t at_us = link->progress.at_us, offset_us = link->progress.time_us - at_us;
	if (at_us > e->now_us)
		judge_timers(e, at_us, offset_us);
	if (at_us >= e->now_us) {
		e->now_us = at_us;
		e->offset_us = offset_us;
	}
	e->time_us = time_us;
}

/* ---- records ---- */

static bool is_frame(enum record_view_type type)
{
	return type == RECORD_VIEW_LIVE || type == RECORD_VIEW_SETTINGS || type == RECORD_VIEW_ABOUT ||
	       type == RECORD_VIEW_CAN || type == RECORD_VIEW_REJECTED;
}

/* The BMS of a frame; NULL, and said, if it cannot be followed. */
static struct subject *pack_of(struct engine *e, struct link *link, const struct record_view *h)
{
	struct subject *s = engine_pack(e, link, h->bms);
	if (!s)
		say(e, h->bms < 0            ? "a frame of no BMS: passed on unjudged"
		       : h->bms >= ADDRESSES ? "an address above 15: passed on unjudged"
					     : "more than 128 BMS: passed on unjudged");
	return s;
}

static void remark(struct engine *e, const struct record_view *h)
{
	char what[RULE_KEY_MAX + 40];
	struct strbuf t = {.data = what, .capacity = sizeof what - 1};
	if (h->annotated && (h->type == RECORD_VIEW_LIVE || h->type == RECORD_VIEW_CAN))
		say(e, "has alarms already: passed on as it is");
	if (h->left_out) {
		strbuf_string(&t, h->left_out);
		strbuf_string(&t, ": no record has it without jk-decode --all");
		what[t.size] = '\0';
		say(e, what);
		t.size = 0;
	}
	if (!h->odd)
		return;
	strbuf_string(&t, h->odd);
	strbuf_string(&t, " is no number: takes no part");
	what[t.size] = '\0';
	say(e, what);
}

/*
 * Is this the opening of a link by a capture that was started again?  While one is only trying to open it anew, it says how
 * long it is up: a leap then is that of a clock.
 */
static bool is_new_capture(const struct link *link, const struct record_view *h)
{
	if (h->type != RECORD_VIEW_EVENT || !record_view_is(h->event, "open"))
		return false;
	return !link->closed || strcmp(link->closed_words, "told to stop") == 0 ||
	       strcmp(link->closed_words, "end of input") == 0;
}

static void take_record(struct engine *e, struct link *link, const struct record_view *h, const char *p,
			size_t n)
{
	if (!e->started)
		start(e, link, h->time_us);
	stream_time_record(&link->progress, h->time_us, e->supervised, is_new_capture(link, h),
			   first_at(e, h->time_us));
	advance(e, link, h->time_us);
	judge_link(e, link, h->time_us);
	if (is_frame(h->type) || record_view_is(h->event, "junk") || record_view_is(h->event, "orphan"))
		judge_bytes(e, link);
	struct subject *s = is_frame(h->type) ? pack_of(e, link, h) : NULL;
	if (s)
		judge_record(e, s, h);
	if (h->type == RECORD_VIEW_EVENT) {
		judge_event(e, link, h);
		health_event(e, link, h);
		s = h->bms >= 0 && h->bms < ADDRESSES ? link->pack[h->bms] : NULL;
	}
	report_line(e, s, h, p, n);
	judge_timers(e, e->now_us, e->offset_us);
	report_changes(e, &link->self, h->time_us);
	health_update(e, &link->self, h->time_us);
	if (s) {
		report_changes(e, s, h->time_us);
		health_update(e, s, h->time_us);
	}
	if (e->summary_due)
		report_summary(e, link, h->time_us);
}

bool engine_line(struct engine *e, const char *p, size_t n)
{
	struct record_view heard;
	const char *wrong = record_view_read(&heard, e->keys, p, n);
	struct link *link = wrong ? NULL : engine_link(e, heard.channel, heard.channel_size);
	if (wrong)
		say(e, wrong);
	else if (!link)
		say(e, "more than 16 channels: passed on unjudged");
	if (!link) {
		report_line(e, NULL, &heard, p, n);
	} else {
		remark(e, &heard);
		take_record(e, link, &heard, p, n);
	}
	return wrong == NULL;
}

/* ---- quiet ---- */

void engine_quiet(struct engine *e, int64_t quiet_us, int64_t real_us)
{
	if (!e->started)
		start(e, e->links > 0 ? &e->link[0] : NULL, real_us - quiet_us);
	judge_timers(e, e->now_us + quiet_us, e->offset_us);
}

int64_t engine_quiet_deadline(struct engine *e)
{
	int64_t timer_us = judge_next_timer(e);
	return timer_us == INT64_MAX ? -1 : timer_us - e->now_us;
}
