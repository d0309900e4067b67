/* SPDX-License-Identifier: MIT */
#include "bank_engine.h"

#include <string.h>

#include "bank_balance.h"
#include "bank_energy.h"
#include "bank_rounds.h"
#include "bank_samples.h"
#include "bank_score.h"
#include "bank_settings.h"
#include "number.h"

enum {
	ENERGY_EVERY_US = 60000000,
	ENERGY_FIRST_US = 10000000, /* the first after the start come earlier */
};

void bank_engine_begin(struct bank_engine *e, struct members *keys, struct bank_sink sink)
{
	e->keys = keys;
	e->sink = sink;
	e->energy_begun = false;
}

static void report_energy(struct bank_engine *e, int64_t time_us)
{
	struct bank_model *m = &e->model;
	for (size_t i = 0; i < m->packs; i++)
		energy_day(m, &m->pack[i]->ledger);
	for (unsigned i = 0; i < m->banks; i++)
		energy_day(m, &m->bank[i].ledger);
	settings_report(&e->sink, m, time_us);
	e->sink.save(e->sink.context); /* what is reported never has to be taken back */
	bank_report_energy(&e->sink, m, time_us);
	for (size_t i = 0; i < m->packs; i++)
		if (m->pack[i]->seen)
			score_report_pack(&e->sink, m, m->pack[i], time_us);
	e->energy_us = time_us;
}

static void look_at_energy(struct bank_engine *e, int64_t time_us)
{
	if (!e->energy_begun)
		e->energy_us = time_us - ENERGY_EVERY_US + ENERGY_FIRST_US;
	e->energy_begun = true;
	if (time_us < e->energy_us - ENERGY_EVERY_US) /* the clock was set back */
		e->energy_us = time_us;
	if (time_us - e->energy_us < ENERGY_EVERY_US)
		return;
	report_energy(e, time_us);
	if (!e->all_reported)
		balance_report_all(&e->sink, &e->model, time_us);
	e->all_reported = true;
}

/* ---- records ---- */

static struct pack *known_pack(const struct bank_link *link, int bms)
{
	if (bms < 0 || bms >= BANK_ADDRESSES)
		return NULL;
	const struct bank_source *s = link->rs485[bms] ? link->rs485[bms] : link->can[bms];
	return s ? s->pack : NULL;
}

static void take_settings(struct bank_engine *e, struct bank_link *link, const struct reading *r)
{
	settings_take(&e->model, link, r);
}

static void take_frame(struct bank_engine *e, struct bank_link *link, const struct reading *r)
{
	samples_frame(&e->sink, &e->model, link, r);
}

static void take_about(struct bank_engine *e, struct bank_link *link, const struct reading *r)
{
	samples_about(&e->sink, &e->model, link, r);
}

static void take_inverter(struct bank_engine *e, struct bank_link *link, const struct reading *r)
{
	struct bank_inverter *inverter = &e->model.inverter;
	(void)link;
	for (unsigned i = 0; i < READING_SETTING - BANK_VALUES; i++) {
		if (!reading_has(r, (enum reading_number)(BANK_VALUES + i)))
			continue;
		inverter->has |= UINT64_C(1) << i;
		inverter->number[i] = r->number[BANK_VALUES + i];
		inverter->at_us = e->model.now_us;
	}
}

/* The number behind "NAME=" among the words; -1: there is none. */
static int64_t word_number(struct slice words, const char *name)
{
	size_t size = strlen(name);
	int64_t value;
	for (struct slice word; (word = slice_word(&words)).n > 0;)
		if (word.n > size && memcmp(word.p, name, size) == 0 &&
		    number_parse(word.p + size, word.n - size, 0, INT64_MAX, &value))
			return value;
	return -1;
}

/* Of a pack, or of the link itself: that is reported every time. */
static void take_stats(struct bank_engine *e, struct bank_link *link, const struct reading *r)
{
	struct pack *pack = known_pack(link, r->bms);
	struct score *score = r->bms < 0 ? score_of(&link->score) : pack ? score_of(&pack->score) : NULL;
	if (!score)
		return;
	score_stats(score, r->words);
	if (r->bms < 0)
		score_report_link(&e->sink, &e->model, link, r->time_us);
}

static void take_event(struct bank_engine *e, struct bank_link *link, const struct reading *r)
{
	if (slice_is(r->event, "close"))
		link->closed = true;
	if (slice_is(r->event, "open"))
		link->closed = false;
	int64_t up_s = slice_is(r->event, "stats") && r->bms < 0 ? word_number(r->words, "up=") : -1;
	if (up_s >= 0) {
		stream_time_up(&link->time, up_s & 0xFFFFFFFF);
		e->model.supervised = true;
	}
	if (slice_is(r->event, "stats"))
		take_stats(e, link, r);
}

/* A damaged frame. */
static void take_rejected(struct bank_engine *e, struct bank_link *link, const struct reading *r)
{
	struct pack *pack = known_pack(link, r->bms);
	struct score *score = pack ? score_of(&pack->score) : NULL, *of_link = score_of(&link->score);
	(void)e;
	if (score)
		score_frame(score, false);
	if (of_link)
		score_frame(of_link, false);
}

/* jk-alarm's health of a pack or a link: another one is reported at once. */
static void take_health(struct bank_engine *e, struct bank_link *link, const struct reading *r)
{
	struct pack *pack = known_pack(link, r->bms);
	if (r->bms >= 0 && !pack)
		return;
	struct score *score = score_of(pack ? &pack->score : &link->score);
	if (!score || !score_health(score, r->state, r->reason))
		return;
	e->model.dirty = true;
	if (pack)
		score_report_pack(&e->sink, &e->model, pack, r->time_us);
	else
		score_report_link(&e->sink, &e->model, link, r->time_us);
}

static void (*const takes[READING_TYPES])(struct bank_engine *, struct bank_link *,
					  const struct reading *) = {
	[READING_LIVE] = take_frame,        [READING_CAN] = take_frame,
	[READING_SETTINGS] = take_settings, [READING_INVERTER] = take_inverter,
	[READING_EVENT] = take_event,       [READING_ABOUT] = take_about,
	[READING_REJECTED] = take_rejected, [READING_HEALTH] = take_health,
};

/* ---- time ---- */

/* Where a new link begins: behind the last record by the difference of their times. */
static int64_t start_of_link(const struct bank_model *m, int64_t time_us)
{
	int64_t later_us = time_us - m->time_us;
	bool near = later_us > 0 && (!m->supervised || later_us <= STREAM_TIME_GAP_US);
	return m->started && near ? m->now_us + later_us : m->now_us;
}

static void advance(struct bank_model *m, struct bank_link *link, const struct reading *r)
{
	bool opened = r->type == READING_EVENT && slice_is(r->event, "open") && !link->closed;
	stream_time_record(&link->time, r->time_us, m->supervised, opened, start_of_link(m, r->time_us));
	for (unsigned i = 0; !m->started && i < m->banks; i++)
		m->bank[i].begun_at_us = link->time.at_us;
	m->started = true;
	m->time_us = r->time_us;
	if (link->time.at_us > m->now_us)
		m->now_us = link->time.at_us;
	local_day_find(&m->day, r->time_us);
}

static void pass(struct bank_engine *e, const char *p, size_t n)
{
	struct strbuf t = e->sink.begin(e->sink.context);
	strbuf_add(&t, p, n);
	strbuf_char(&t, '\n');
	if (!e->sink.end(e->sink.context, &t))
		e->sink.complain(e->sink.context, "too long");
}

bool bank_engine_line(struct bank_engine *e, const char *p, size_t n)
{
	struct reading r;
	const char *wrong = reading_read(&r, e->keys, p, n);
	pass(e, p, n);
	if (wrong) {
		e->sink.complain(e->sink.context, wrong);
		return false;
	}
	struct bank_link *link = bank_model_link(&e->model, r.channel, r.channel_size);
	if (!link) {
		bank_complain(&e->sink, TROUBLE_ROOM, NULL, "a channel for which there is no room or memory");
		return true;
	}
	advance(&e->model, link, &r);
	if (takes[r.type])
		takes[r.type](e, link, &r);
	rounds_check_silence(&e->model);
	rounds_report(&e->sink, &e->model, r.time_us);
	look_at_energy(e, r.time_us);
	return true;
}

void bank_engine_end(struct bank_engine *e)
{
	for (size_t i = 0; i < e->model.packs; i++)
		energy_settle(&e->model, e->model.pack[i]);
	if (e->model.started && e->model.time_us > e->energy_us)
		report_energy(e, e->model.time_us);
	balance_report_all(&e->sink, &e->model, e->model.time_us);
}
