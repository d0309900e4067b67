/* SPDX-License-Identifier: MIT */
#include "bank_engine.h"

#include <stdio.h>
#include <string.h>

#include "bank_balance.h"
#include "bank_energy.h"
#include "bank_score.h"
#include "bank_totals.h"
#include "cell_stats.h"
#include "number.h"

enum {
	ENERGY_EVERY_US = 60000000,
	ENERGY_FIRST_US = 10000000, /* the first after the start come earlier */
	BANK_EVERY_US = 1000000,
	FIRST_ROUND_US =
		10000000, /* after the start, when no pack has come twice: the other packs may come */
	CHECK_EVERY_US = 1000000,
	CAPACITY_PART = 20, /* a change of the capacity by this part is reported */
	BACK_US = 2000000,
};

void bank_engine_begin(struct bank_engine *e, struct members *keys, struct bank_sink sink)
{
	e->keys = keys;
	e->sink = sink;
	e->energy_begun = false;
	memset(e->trouble, 0, sizeof e->trouble);
}

static void complain(struct bank_engine *e, enum bank_trouble kind, const struct pack *pack, const char *what)
{
	char name[PACK_NAME_MAX + 1], line[256];
	if (!log_allowed(&e->trouble[kind]))
		return;
	if (pack)
		pack_shown_name(pack, name);
	snprintf(line, sizeof line, "%s%s%s", pack ? name : "", pack ? ": " : "", what);
	e->sink.complain(e->sink.context, line);
}

/* ---- two packs with one address, or with one name ---- */

static void set_sign(unsigned *present, int64_t values[TWINS_SIGNS], enum twins_sign sign, bool has,
		     int64_t value)
{
	if (!has)
		return;
	values[sign] = value;
	*present |= 1u << sign;
}

static void look_for_twins(struct bank_engine *e, struct bank_source *s, const struct reading *r)
{
	int64_t values[TWINS_SIGNS] = {0};
	unsigned present = 0;
	bool can = s->kind == PACK_SOURCE_CAN;
	if (r->serial.n > 0)
		set_sign(&present, values, TWINS_SERIAL, true, twins_hash(r->serial.p, r->serial.n));
	set_sign(&present, values, TWINS_CELLS, !can && r->cells, __builtin_popcount(r->cells));
	set_sign(&present, values, TWINS_RUNTIME, reading_has(r, READING_RUNTIME),
		 r->number[READING_RUNTIME] / 1000);
	set_sign(&present, values, TWINS_CYCLES, reading_has(r, READING_CYCLES),
		 r->number[READING_CYCLES] / 1000);
	set_sign(&present, values, TWINS_CAPACITY, reading_has(r, READING_FULL), r->number[READING_FULL]);
	set_sign(&present, values, TWINS_CHARGE, can && reading_has(r, READING_CHARGE),
		 r->number[READING_CHARGE] / 1000);
	if (can && reading_has(r, READING_CHARGE))
		twins_status(&s->twins, s->link->time.at_us);
	twins_frame(&s->twins, s->link->time.at_us, present, values);
	if (s->twins.two && !s->two_logged)
		complain(e, TROUBLE_ADDRESS, s->pack, "two packs have this address: not counted");
	s->two_logged = s->twins.two;
}

/* Do both have a value, and do these differ by more than that? */
static bool differ(const struct bank_model *m, const struct bank_source *a, const struct bank_source *b,
		   enum reading_number n, int64_t by)
{
	int64_t x, y;
	return bank_source_number(m, a, n, &x) && bank_source_number(m, b, n, &y) &&
	       (x - y > by || y - x > by);
}

/* Two sources of one pack show one pack: what a pack keeps for years is the same in both. */
static bool contradict(const struct bank_model *m, const struct bank_source *a, const struct bank_source *b)
{
	enum { CYCLE = 1000 };
	static const int64_t hour = INT64_C(3600) * 1000;
	if (!bank_source_fresh(m, a) || !bank_source_fresh(m, b))
		return false;
	return differ(m, a, b, READING_CYCLES, 2 * CYCLE) || differ(m, a, b, READING_RUNTIME, hour);
}

static void look_for_namesakes(struct bank_engine *e, struct pack *pack)
{
	bool conflict = false;
	for (int i = 0; i < pack->sources; i++)
		for (int j = 0; j < i; j++)
			conflict |= contradict(&e->model, pack->source[i], pack->source[j]);
	if (conflict && !pack->conflict)
		complain(e, TROUBLE_NAME, pack, "two packs have this name: not counted");
	pack->conflict = conflict;
}

/* ---- values ---- */

static void keep_values(struct bank_model *m, struct bank_source *s, const struct reading *r)
{
	uint64_t own = r->has & ((UINT64_C(1) << BANK_VALUES) - 1);
	bool whole = s->kind == PACK_SOURCE_RS485;
	s->has = whole ? own : s->has | own;
	s->cells = whole ? r->cells : s->cells | r->cells;
	for (uint64_t left = own; left; left &= left - 1) {
		int n = __builtin_ctzll(left);
		s->number[n] = r->number[n];
		s->number_at_us[n] = m->now_us;
	}
	for (uint32_t left = r->cells; left; left &= left - 1) {
		int n = __builtin_ctz(left);
		s->cell_mv[n] = r->cell_mv[n];
		s->cell_at_us[n] = m->now_us;
	}
}

/* The capacity that a BMS has learned changes slowly; another one is another pack, or was set. */
static void look_at_capacity(struct bank_engine *e, struct pack *pack, const struct reading *r)
{
	int64_t full = r->number[READING_FULL], by = full - pack->full_mah;
	char what[96];
	if (!reading_has(r, READING_FULL) || full <= 0 || full == pack->full_mah)
		return;
	if (pack->full_mah > 0 && (by < 0 ? -by : by) * CAPACITY_PART > pack->full_mah) {
		snprintf(what, sizeof what, "the full capacity was %lld.%03d Ah, and is %lld.%03d Ah",
			 (long long)(pack->full_mah / 1000), (int)(pack->full_mah % 1000),
			 (long long)(full / 1000), (int)(full % 1000));
		complain(e, TROUBLE_CAPACITY, pack, what);
		if (pack->cells)
			cell_stats_gap(pack->cells);
	}
	pack->full_mah = full;
}

/* ---- energy ---- */

static void complain_of_sample(struct bank_engine *e, const struct pack *pack, enum energy_result result,
			       int64_t back_us)
{
	char what[96];
	if (result == ENERGY_ODD)
		complain(e, TROUBLE_ODD, pack, "voltage or current is out of all bounds: not counted");
	if (result != ENERGY_SET_BACK)
		return;
	snprintf(what, sizeof what, "the clock was set back by %lld s: nothing is counted over it",
		 (long long)(back_us / 1000000));
	complain(e, TROUBLE_SET_BACK, pack, what);
}

static void count(struct bank_engine *e, struct bank_source *s, const struct reading *r, int64_t limit_us,
		  int64_t usual_us)
{
	struct pack *pack = s->pack;
	int64_t back_us = pack->point_us - r->time_us, passed_us = -back_us;
	enum energy_result result = energy_sample(&e->model, pack, r->time_us, r->number[READING_VOLTAGE],
						  r->number[READING_CURRENT], limit_us, usual_us);
	complain_of_sample(e, pack, result, back_us);
	if (result != ENERGY_REPLAYED && result != ENERGY_LATE)
		pack->seen_us = r->time_us;
	if (result == ENERGY_COUNTED)
		balance_sample(&e->sink, &e->model, pack, s, r->time_us, passed_us);
	else if (result == ENERGY_BEGUN || result == ENERGY_SET_BACK)
		balance_sample(&e->sink, &e->model, pack, s, r->time_us, 0);
}

/* Its interval, unless the clock was set or the record is late. */
static void keep_interval(struct bank_source *s, int64_t time_us, int64_t now_us)
{
	int64_t passed_us = time_us - s->time_us;
	if (s->heard && passed_us > 0)
		spans_add(&s->spans, passed_us);
	if (!s->heard || passed_us > 0 || passed_us < -BACK_US)
		s->time_us = time_us;
	s->heard = true;
	s->at_us = now_us;
}

/* ---- banks ---- */

static void mark_round(struct bank_model *m, struct pack *pack)
{
	for (unsigned i = 0; i < m->banks; i++) {
		struct bank *b = &m->bank[i];
		uint32_t bit = UINT32_C(1) << i;
		if (!(pack->banks & bit))
			continue;
		if (pack->rounds & bit)
			b->round = true;
		else
			b->reported++;
		pack->rounds |= bit;
	}
}

static void count_heard(struct bank_model *m, struct pack *pack, bool heard)
{
	for (unsigned i = 0; i < m->banks; i++) {
		struct bank *b = &m->bank[i];
		if (!(pack->banks >> i & 1))
			continue;
		b->heard += heard ? 1u : -1u;
		b->changed |= !heard;
		if (!heard && (pack->rounds >> i & 1)) {
			pack->rounds &= ~(UINT32_C(1) << i);
			b->reported--;
		}
	}
	pack->heard = heard;
}

static void take_sample(struct bank_engine *e, struct bank_source *s, const struct reading *r)
{
	struct bank_model *m = &e->model;
	struct pack *pack = s->pack;
	int64_t limit_us = spans_limit_us(&s->spans), usual_us = spans_median_us(&s->spans);
	if (usual_us > 0)
		pack->usual_us = usual_us;
	else if (pack->usual_us > 0 && pack->usual_us <= SPANS_MOST_US)
		limit_us = SPANS_PATIENCE * pack->usual_us;
	keep_interval(s, r->time_us, m->now_us);
	pack->seen = true;
	if (pack_holder(m, pack) != s)
		return;
	if (!pack->conflict)
		count(e, s, r, limit_us, usual_us);
	if (!pack->heard)
		count_heard(m, pack, true);
	mark_round(m, pack);
}

/* The current of the last five minutes. */
static void flow(struct bank *b, int64_t now_us, const struct bank_totals *t)
{
	int64_t ms = (now_us - b->current_at_us) / 1000, at = now_us / BANK_WINDOW_US;
	for (int64_t i = b->window_at + 1; i <= at && i <= b->window_at + BANK_WINDOW; i++)
		b->window_mams[i % BANK_WINDOW] = b->window_ms[i % BANK_WINDOW] = 0;
	b->window_at = at;
	if (b->flowing && ms > 0 && ms < BANK_WINDOW * (BANK_WINDOW_US / 1000)) {
		b->window_mams[at % BANK_WINDOW] += b->current_ma * ms;
		b->window_ms[at % BANK_WINDOW] += ms;
	}
	b->flowing = t->heard > 0 && !t->current_ma.missing;
	b->current_ma = t->current_ma.value;
	b->current_at_us = now_us;
}

static void begin_round(struct bank_model *m, unsigned bank)
{
	struct bank *b = &m->bank[bank];
	for (size_t i = 0; i < m->packs; i++)
		m->pack[i]->rounds &= ~(UINT32_C(1) << bank);
	b->reported = 0;
	b->round = b->changed = false;
	b->emitted = true;
	b->emitted_at_us = m->now_us;
}

static bool is_due(const struct bank_model *m, const struct bank *b)
{
	if (!b->emitted)
		return b->round || (b->heard > 0 && m->now_us - b->begun_at_us >= FIRST_ROUND_US);
	if (m->now_us - b->emitted_at_us < BANK_EVERY_US)
		return false;
	return b->round || b->changed || (b->heard > 0 && b->reported >= b->heard);
}

static void report_banks(struct bank_engine *e, int64_t time_us)
{
	struct bank_model *m = &e->model;
	for (unsigned i = 0; i < m->banks; i++) {
		if (!is_due(m, &m->bank[i]))
			continue;
		struct bank_totals totals = bank_totals(m, i);
		flow(&m->bank[i], m->now_us, &totals);
		bank_report_live(&e->sink, m, i, time_us);
		begin_round(m, i);
	}
}

/* Who has fallen silent, once a second. */
static void check_silence(struct bank_model *m)
{
	if (m->now_us - m->checked_at_us < CHECK_EVERY_US)
		return;
	m->checked_at_us = m->now_us;
	for (size_t i = 0; i < m->packs; i++)
		if (m->pack[i]->heard && !pack_holder(m, m->pack[i]))
			count_heard(m, m->pack[i], false);
}

static void report_energy(struct bank_engine *e, int64_t time_us)
{
	struct bank_model *m = &e->model;
	for (size_t i = 0; i < m->packs; i++)
		energy_day(m, &m->pack[i]->ledger);
	for (unsigned i = 0; i < m->banks; i++)
		energy_day(m, &m->bank[i].ledger);
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

static void take_frame(struct bank_engine *e, struct bank_link *link, const struct reading *r)
{
	bool can = r->type == READING_CAN;
	struct bank_model *m = &e->model;
	if (r->bms < 0)
		return;
	struct bank_source *s = bank_model_source(m, link, r->bms, can ? PACK_SOURCE_CAN : PACK_SOURCE_RS485,
						  r->pack, r->label);
	if (!s) {
		complain(e, TROUBLE_ROOM, NULL, "a pack for which there is no room or memory: not counted");
		return;
	}
	int64_t passed_us = r->time_us - s->time_us;
	if (s->heard && passed_us < 0 && passed_us >= -BACK_US)
		return; /* out of order: there are newer values */
	struct score *score = score_of(&s->pack->score), *link_score = score_of(&link->score);
	if (score)
		score_frame(score, true);
	if (link_score)
		score_frame(link_score, true);
	look_for_twins(e, s, r);
	keep_values(m, s, r);
	if (s->pack->sources > 1)
		look_for_namesakes(e, s->pack);
	look_at_capacity(e, s->pack, r);
	if (reading_has(r, READING_VOLTAGE) && reading_has(r, READING_CURRENT))
		take_sample(e, s, r);
}

static struct pack *known_pack(const struct bank_link *link, int bms)
{
	if (bms < 0 || bms >= BANK_ADDRESSES)
		return NULL;
	const struct bank_source *s = link->rs485[bms] ? link->rs485[bms] : link->can[bms];
	return s ? s->pack : NULL;
}

static void take_settings(struct bank_engine *e, struct bank_link *link, const struct reading *r)
{
	struct bank_source *s =
		bank_model_source(&e->model, link, r->bms, PACK_SOURCE_RS485, r->pack, r->label);
	for (unsigned i = 0; s && i < READING_SETTINGS_COUNT; i++) {
		if (!reading_has(r, (enum reading_number)(READING_SETTING + i)))
			continue;
		s->pack->settings_has |= UINT64_C(1) << i;
		s->pack->setting[i] = r->number[READING_SETTING + i];
	}
}

static void take_about(struct bank_engine *e, struct bank_link *link, const struct reading *r)
{
	struct bank_source *s =
		bank_model_source(&e->model, link, r->bms, PACK_SOURCE_RS485, r->pack, r->label);
	if (s)
		look_for_twins(e, s, r);
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
		complain(e, TROUBLE_ROOM, NULL, "a channel for which there is no room or memory");
		return true;
	}
	advance(&e->model, link, &r);
	if (takes[r.type])
		takes[r.type](e, link, &r);
	check_silence(&e->model);
	report_banks(e, r.time_us);
	look_at_energy(e, r.time_us);
	return true;
}

void bank_engine_end(struct bank_engine *e)
{
	if (e->model.started && e->model.time_us > e->energy_us)
		report_energy(e, e->model.time_us);
	balance_report_all(&e->sink, &e->model, e->model.time_us);
}
