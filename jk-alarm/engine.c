/* SPDX-License-Identifier: MIT */
#include "engine.h"

#include <string.h>

#include "evaluate.h"
#include "expect.h"
#include "health.h"
#include "packs.h"
#include "timers.h"

void engine_begin(struct engine *e, const struct rules *rules, struct record_view_keys *keys,
		  struct sink sink)
{
	model_begin(&e->model, rules);
	e->keys = keys;
	e->sink = sink;
	e->expected = NULL;
	e->anywhere = false;
	e->beyond_channels = e->beyond_packs = 0;
}

void engine_expect(struct engine *e, const struct pack_map *map)
{
	e->expected = map;
	expect_begin(&e->model, map);
}

/* ---- reports ---- */

/* What a record or a timer changed of a target. */
static void report_target(struct engine *e, struct target *target, int64_t time_us)
{
	report_changes(&e->sink, &e->model, target, time_us);
	if (health_update(&e->model, target, time_us))
		report_health(&e->sink, target, time_us);
}

/* A source has another name: what only it reported has ended in the pack that it was one of. */
static void report_left_packs(struct engine *e, int64_t time_us)
{
	struct model *m = &e->model;
	for (size_t i = 0; m->moved && i < m->packs; i++)
		if (m->pack[i]->changed > 0)
			report_target(e, m->pack[i], time_us);
	m->moved = false;
}

/* ---- summaries ---- */

static void summarize(struct engine *e, const struct link *link, int64_t at_us, int64_t time_us)
{
	struct model *m = &e->model;
	unsigned where = report_summary(&e->sink, m, link, time_us);
	m->summary = (struct summary){.at_us = at_us, .where = where};
	m->summary_due = false;
}

/* Something has changed, perhaps the totals. */
static void look_at_totals(struct engine *e, const struct link *link, int64_t at_us, int64_t time_us)
{
	struct summary *last = &e->model.summary;
	if (!e->model.summary_due)
		return;
	last->link = link;
	last->next_waits = last->where >= SUMMARY_FEW && last->records < last->where / SUMMARY_PART &&
			   at_us - last->at_us < SUMMARY_WAIT_US;
	if (!last->next_waits)
		summarize(e, link, at_us, time_us);
}

/* When a summary that waits is due at the latest. */
static int64_t summary_end_us(const struct model *m)
{
	return m->summary.next_waits ? m->summary.at_us + SUMMARY_WAIT_US : INT64_MAX;
}

void engine_summary(struct engine *e)
{
	struct model *m = &e->model;
	int64_t end_us = summary_end_us(m), at_us = end_us > m->now_us ? end_us : m->now_us;
	if (m->summary.next_waits)
		summarize(e, m->summary.link, at_us, at_us + m->offset_us);
}

void engine_end(struct engine *e)
{
	struct model *m = &e->model;
	if (m->summary.next_waits)
		summarize(e, m->summary.link, m->now_us, m->time_us);
}

/* ---- time ---- */

/* That of all its rules about silence, once. */
static void report_missing(struct engine *e, struct target *pack)
{
	if (!pack->expected || pack->seen || pack->missed)
		return;
	pack->missed = true;
	if (e->sink.missing)
		e->sink.missing(e->sink.context, pack);
}

static void run_timer(struct engine *e, const struct timer *timer, int64_t offset_us)
{
	struct model *m = &e->model;
	int64_t at_us = timer->at_us;
	if (at_us < m->now_us) /* a late request was unanswered: the silence before it counts now */
		at_us = m->now_us;
	timer_expire(m, timer, at_us + offset_us);
	report_missing(e, timer->target);
	report_target(e, timer->target, at_us + offset_us);
	look_at_totals(e, timer->target->link, at_us, at_us + offset_us);
}

/* Fires the timers that run out up to this stream time; with the offset it is record time. */
static void run_timers(struct engine *e, int64_t until_us, int64_t offset_us)
{
	struct model *m = &e->model;
	while (timers_least_us(m) <= until_us || summary_end_us(m) <= until_us) {
		struct timer timer = timers_next(m);
		int64_t summary_us = summary_end_us(m);
		if (summary_us <= timer.at_us && summary_us <= until_us)
			summarize(e, m->summary.link, summary_us, summary_us + offset_us);
		else if (timer.at_us <= until_us)
			run_timer(e, &timer, offset_us);
	}
}

/* Start time for a new link: offset from the last record by the difference of their timestamps. */
static int64_t start_of_link(const struct model *m, int64_t time_us)
{
	int64_t later_us = time_us - m->time_us;
	bool near = later_us > 0 && (!m->supervised || later_us <= STREAM_TIME_GAP_US);
	return m->started && near ? m->now_us + later_us : m->now_us;
}

/* With the first record of all.  The summary before it shows what the state file has. */
static void start(struct engine *e, const struct link *link, int64_t time_us)
{
	struct model *m = &e->model;
	m->started = true;
	m->time_us = time_us;
	m->offset_us = time_us - m->now_us;
	for (size_t i = 0; i < m->packs; i++)
		m->pack[i]->seen_time_us = time_us;
	for (size_t i = 0; i < m->links; i++)
		m->link[i]->self.seen_time_us = time_us;
	summarize(e, link, m->now_us, time_us);
}

static void advance(struct engine *e, struct link *link, int64_t time_us)
{
	struct model *m = &e->model;
	int64_t at_us = link->time.at_us, offset_us = link->time.time_us - at_us;
	if (at_us > m->now_us)
		run_timers(e, at_us, offset_us);
	if (at_us >= m->now_us) {
		m->now_us = at_us;
		m->offset_us = offset_us;
	}
	m->time_us = time_us;
}

/*
 * True for the open event of a capture that was restarted.  A capture that only reconnects keeps sending
 * !stats up=, so a jump of the time then is a clock step.
 */
static bool is_new_capture(const struct link *link, const struct record_view *record)
{
	if (record->type != RECORD_VIEW_EVENT || !slice_is(record->event, "open"))
		return false;
	return !link->closed || strcmp(link->closed_words, "told to stop") == 0 ||
	       strcmp(link->closed_words, "terminated") == 0 ||
	       strcmp(link->closed_words, "end of input") == 0;
}

/* ---- records ---- */

static bool is_frame(enum record_view_type type)
{
	return type == RECORD_VIEW_LIVE || type == RECORD_VIEW_SETTINGS || type == RECORD_VIEW_ABOUT ||
	       type == RECORD_VIEW_CAN || type == RECORD_VIEW_REJECTED;
}

static bool shows_bytes(const struct record_view *record)
{
	return is_frame(record->type) || record->type == RECORD_VIEW_INVERTER ||
	       slice_is(record->event, "junk") || slice_is(record->event, "orphan");
}

static void complain_about(struct engine *e, const char *begin, unsigned number, const char *end)
{
	char text[RULE_KEY_MAX + 64];
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	strbuf_string(&t, begin);
	if (number > 0)
		strbuf_unsigned(&t, number);
	strbuf_string(&t, end);
	text[t.size] = '\0';
	sink_complain(&e->sink, text);
}

/* Reported once. */
static void leave_out(struct engine *e, uint64_t *records, bool full, unsigned most, const char *what)
{
	if ((*records)++ == 0)
		complain_about(e, full ? "more than " : "no memory for more than ", most, what);
}

static void complain_about_source(struct engine *e, const struct record_view *record)
{
	const struct model *m = &e->model;
	if (record->bms < 0 && record->type == RECORD_VIEW_CAN) /* CAN has frames of no BMS */
		return;
	if (record->bms < 0)
		sink_complain(&e->sink, "a frame of no BMS: passed through, not evaluated");
	else if (record->bms >= ADDRESSES)
		sink_complain(&e->sink, "an address above 15: passed through, not evaluated");
	else
		leave_out(e, &e->beyond_packs, m->packs == PACKS_MAX, (unsigned)m->packs,
			  " BMS: passed through, not evaluated");
}

/* The source of a frame; NULL, and a complaint, if it cannot be followed. */
static struct source *source_of_frame(struct engine *e, struct link *link, const struct record_view *record)
{
	enum pack_source_kind kind = record->type == RECORD_VIEW_CAN ? PACK_SOURCE_CAN : PACK_SOURCE_RS485;
	if (kind == PACK_SOURCE_CAN)
		link_is_can(link, record->bms);
	struct source *source = pack_source(&e->model, link, record->bms, kind, record->pack);
	if (!source)
		complain_about_source(e, record);
	if (source && !pack_name(&e->model, source, record->pack, record->label)) {
		sink_complain(&e->sink, "more than 4 sources of one pack: passed through, not evaluated");
		return NULL;
	}
	return source;
}

/* Complaints about a record that do not keep it from being evaluated. */
static void complain_about_record(struct engine *e, const struct record_view *record)
{
	if (record->annotated && (record->type == RECORD_VIEW_LIVE || record->type == RECORD_VIEW_CAN))
		sink_complain(&e->sink, "has alarms already: passed through unchanged");
	if (record->left_out)
		complain_about(e, record->left_out, 0, ": no record has it without jk-decode --all");
	if (record->not_numeric)
		complain_about(e, record->not_numeric, 0, " is not a number: ignored");
}

/* The source that an event is about, under its name; NULL: none is known. */
static struct source *source_of_event(struct model *m, const struct link *link,
				      const struct record_view *record)
{
	struct source *source = link_source(link, record->bms);
	if (source)
		pack_name(m, source, record->pack, record->label);
	return source;
}

static struct target *evaluate_event_record(struct engine *e, struct link *link,
					    const struct record_view *record)
{
	struct model *m = &e->model;
	if (slice_is(record->event, "conflict")) /* may be the first that is heard of the address */
		model_source(m, link, record->bms, PACK_SOURCE_RS485, NULL);
	source_of_event(m, link, record); /* its alarms are raised under its name */
	evaluate_event(m, link, record);
	health_event(m, link, record);
	struct source *source = source_of_event(m, link, record);
	return source ? source->pack : NULL;
}

/* What the record changes.  Returns the BMS that it is about; NULL if it is about none. */
static struct target *evaluate_record(struct engine *e, struct link *link, const struct record_view *record)
{
	struct model *m = &e->model;
	struct source *source = is_frame(record->type) ? source_of_frame(e, link, record) : NULL;
	evaluate_link(m, link, record->time_us);
	if (shows_bytes(record))
		evaluate_bytes(m, link);
	if (source)
		evaluate_frame(m, source, record);
	if (record->type == RECORD_VIEW_EVENT)
		return evaluate_event_record(e, link, record);
	return source ? source->pack : NULL;
}

static void take_record(struct engine *e, struct link *link, const struct record_view *record, const char *p,
			size_t n)
{
	struct model *m = &e->model;
	if (!m->started)
		start(e, link, record->time_us);
	if (record->type == RECORD_VIEW_INVERTER ||
	    (is_frame(record->type) && record->type != RECORD_VIEW_REJECTED))
		link->frame_time_us = record->time_us;
	stream_time_record(&link->time, record->time_us, m->supervised, is_new_capture(link, record),
			   start_of_link(m, record->time_us));
	advance(e, link, record->time_us);
	struct target *pack = evaluate_record(e, link, record);
	report_line(&e->sink, m, pack, record, p, n);
	run_timers(e, m->now_us, m->offset_us);
	report_target(e, &link->self, record->time_us);
	if (pack)
		report_target(e, pack, record->time_us);
	report_left_packs(e, record->time_us);
	m->summary.records++;
	look_at_totals(e, link, m->now_us, record->time_us);
}

bool engine_line(struct engine *e, const char *p, size_t n)
{
	struct record_view record;
	const char *wrong = record_view_read(&record, e->keys, p, n);
	struct link *link = wrong ? NULL : model_link(&e->model, record.channel, record.channel_size);
	if (wrong)
		sink_complain(&e->sink, wrong);
	else if (!link)
		leave_out(e, &e->beyond_channels, e->model.links == CHANNELS_MAX, (unsigned)e->model.links,
			  " channels: passed through, not evaluated");
	if (!link) {
		report_line(&e->sink, &e->model, NULL, &record, p, n);
	} else {
		if (e->expected && !e->anywhere) {
			e->anywhere = true;
			expect_anywhere(&e->model, e->expected, link);
		}
		complain_about_record(e, &record);
		take_record(e, link, &record, p, n);
	}
	return wrong == NULL;
}

/* ---- quiet ---- */

void engine_quiet(struct engine *e, int64_t quiet_us, int64_t real_us)
{
	struct model *m = &e->model;
	if (!m->started)
		start(e, m->links > 0 ? m->link[0] : NULL, real_us - quiet_us);
	run_timers(e, m->now_us + quiet_us, m->offset_us);
}

int64_t engine_quiet_deadline(struct engine *e)
{
	int64_t timer_us = timers_next(&e->model).at_us;
	return timer_us == INT64_MAX ? -1 : timer_us - e->model.now_us;
}
